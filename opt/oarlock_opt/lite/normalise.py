"""Equal bytes for equal models: what Paddle Lite's optimiser leaves undefined is given a value.

A .nb file begins with a uint16 and the optimiser's version, NUL-ended in 16 bytes; the rest of them is uninitialised
memory. The size of the program (uint64) follows, and the program in FlatBuffers, in which the numbers of the blocks
that it made for an accelerator, and of their parents, are uninitialised as well. Nothing else differs between runs.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from oarlock_opt.errors import OptimizerOutputError

__all__ = ["normalise"]

_VERSION = slice(2, 18)
_PROGRAM_SIZE = struct.Struct("<Q")
_PROGRAM = _VERSION.stop + _PROGRAM_SIZE.size
_UINT16, _UINT32, _INT32 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<i")

# Of the schema: the places of fields in the tables ProgramDesc and BlockDesc.
_BLOCKS = 0
_INDEX, _PARENT, _FORWARD = 0, 1, 4
_NO_BLOCK = -1


def normalise(path: Path) -> None:
    """Zero what follows the NUL of the version field, and number the blocks behind the first, in place.

    A block whose parent is none becomes a child of block 0.

    Raises OptimizerOutputError when the file is too short or not laid out so, and OSError.
    """
    with path.open("r+b") as file:
        head = file.read(_VERSION.stop)
        version, nul, _ = head[_VERSION].partition(b"\0")
        if len(head) < _VERSION.stop or not nul:
            raise OptimizerOutputError(
                f"{path.name}: no version in the first {_VERSION.stop} bytes of the optimiser's result; it is truncated"
            )
        file.seek(_VERSION.start)
        file.write(version.ljust(_VERSION.stop - _VERSION.start, b"\0"))
        file.flush()
        with mmap.mmap(file.fileno(), 0) as data:
            try:
                for position, number in _block_numbers(data):
                    _INT32.pack_into(data, position, number)
            except struct.error as error:
                raise OptimizerOutputError(f"{path.name}: the optimiser's result is truncated") from error


def _block_numbers(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Where numbers of blocks lie, and what they should be."""
    if len(data) <= _PROGRAM:
        return
    root = _PROGRAM + _UINT32.unpack_from(data, _PROGRAM)[0]
    if (field := _field(data, root, _BLOCKS)) is None:
        return
    vector = field + _UINT32.unpack_from(data, field)[0]
    for number in range(1, _UINT32.unpack_from(data, vector)[0]):
        element = vector + _UINT32.size * (number + 1)
        block = element + _UINT32.unpack_from(data, element)[0]
        for field_number, right in ((_INDEX, number), (_FORWARD, _NO_BLOCK)):
            if (position := _field(data, block, field_number)) is not None:
                yield position, right
        parent = _field(data, block, _PARENT)
        if parent is not None and not 0 <= _INT32.unpack_from(data, parent)[0] < number:
            yield parent, 0


def _field(data: mmap.mmap, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffers table lies; None when it has its default and is not there."""
    layout = table - _INT32.unpack_from(data, table)[0]
    entry = _UINT16.size * (number + 2)
    if entry >= _UINT16.unpack_from(data, layout)[0]:
        return None
    offset: int = _UINT16.unpack_from(data, layout + entry)[0]
    return table + offset if offset else None
