"""Tables of a FlatBuffers buffer whose structure was verified before.

Of the format only what .nb files have. Positions are from the start of the buffer. What does not fit raises
struct.error, IndexError or ValueError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

__all__ = ["Table"]

_U16 = struct.Struct("<H").unpack_from
_I32 = struct.Struct("<i").unpack_from
_U32 = struct.Struct("<I").unpack_from


class Table:
    """A table at a position; fields are named by their number in the schema, counted from 0."""

    __slots__ = ("_buffer", "_position", "_vtable", "_vtable_size")

    def __init__(self, buffer: memoryview, position: int) -> None:
        self._buffer = buffer
        self._position = position
        self._vtable = position - _I32(buffer, position)[0]
        self._vtable_size = _U16(buffer, self._vtable)[0]

    @classmethod
    def root(cls, buffer: memoryview) -> Table:
        """The table with which a buffer begins."""
        return cls(buffer, _U32(buffer, 0)[0])

    def has(self, field: int) -> bool:
        """Whether a field is stored; one that is not has its default."""
        return self._at(field) is not None

    def scalar(self, field: int, code: str, default: Any = 0) -> Any:
        """A number by its code in ``struct``: "i", "q", "f", "?"."""
        position = self._at(field)
        return default if position is None else struct.unpack_from(f"<{code}", self._buffer, position)[0]

    def string(self, field: int) -> str:
        """A string, "" where there is none; bytes that are no UTF-8 are replaced."""
        position = self._at(field)
        return "" if position is None else self._text(position)

    def table(self, field: int) -> Table | None:
        """A table within this one."""
        position = self._at(field)
        return None if position is None else Table(self._buffer, self._follow(position))

    def tables(self, field: int) -> Iterator[Table]:
        """The tables of a vector."""
        return (Table(self._buffer, self._follow(position)) for position in self._elements(field))

    def strings(self, field: int) -> tuple[str, ...]:
        """The strings of a vector."""
        return tuple(map(self._text, self._elements(field)))

    def scalars(self, field: int, code: str) -> tuple[Any, ...]:
        """The numbers of a vector."""
        start, count = self.span(field)
        return struct.unpack_from(f"<{count}{code}", self._buffer, start)

    def span(self, field: int) -> tuple[int, int]:
        """Where the elements of a vector begin, and how many they are."""
        position = self._at(field)
        if position is None:
            return 0, 0
        start = self._follow(position)
        return start + 4, _U32(self._buffer, start)[0]

    def _elements(self, field: int) -> range:
        """The positions of a vector's offsets."""
        start, count = self.span(field)
        return range(start, start + 4 * count, 4)

    def _at(self, field: int) -> int | None:
        slot = 4 + 2 * field
        if slot >= self._vtable_size:
            return None
        offset = _U16(self._buffer, self._vtable + slot)[0]
        return self._position + offset if offset else None

    def _follow(self, position: int) -> int:
        return position + int(_U32(self._buffer, position)[0])

    def _text(self, position: int) -> str:
        start = self._follow(position)
        size = _U32(self._buffer, start)[0]
        return bytes(self._buffer[start + 4 : start + 4 + size]).decode("utf-8", "replace")
