"""Pickles read without running anything in them.

Two gates: the opcodes are scanned before anything is built, and the names that a pickle may refer to are those of a
table whose values are harmless stand-ins of ours, never the real functions.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from oarlock_opt.zoo.errors import BadWeightsError

__all__ = ["Globals", "Sealed", "StateDict", "are_sizes", "is_size", "load", "type_name"]

Globals = Mapping[tuple[str, str], object]
"""What a pickle may name: (module, name) to the stand-in that it gets."""

_ALLOWED = """
    PROTO FRAME STOP MARK GLOBAL STACK_GLOBAL REDUCE BUILD BINPERSID
    NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT
    SHORT_BINSTRING BINSTRING SHORT_BINUNICODE BINUNICODE BINUNICODE8 SHORT_BINBYTES BINBYTES BINBYTES8
    EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS
    BINGET LONG_BINGET BINPUT LONG_BINPUT MEMOIZE
"""
_OPCODES = frozenset(_ALLOWED.split())
# A state dict of a thousand entries has some twenty thousand.
_MAX_OPCODES = 1_000_000
_MAX_DIMENSIONS = 8


class StateDict(dict[Any, Any]):
    """Stands in for collections.OrderedDict; attributes that a pickle would set on it are dropped."""

    def __setstate__(self, state: object) -> None:
        del state


class Sealed:
    """A base of stand-ins that were checked when they were made: a pickle cannot change their attributes afterwards."""

    def __setstate__(self, state: object) -> None:
        raise ValueError(f"an attribute set on {type_name(self)}")


def load(
    stream: io.BytesIO, allowed: Globals, source: str, persistent: Callable[[object], object] | None = None
) -> Any:
    """Read the pickle at the stream's position and leave the position behind it.

    ``persistent`` maps persistent ids, which are refused without it. ``source`` is named in errors.
    Raises BadWeightsError whatever the bytes are.
    """
    start = stream.tell()
    _scan(stream, source, persistent is not None)
    end = stream.tell()
    stream.seek(start)
    try:
        return _Unpickler(stream, allowed, source, persistent).load()
    except BadWeightsError:
        raise
    except Exception as error:  # the pickle module documents that damaged data may raise anything
        raise BadWeightsError(f"{source}: damaged pickle at byte {start} ({type(error).__name__}: {error})") from error
    finally:
        stream.seek(end)


def type_name(value: object) -> str:
    """What an error says of a value that came from a file; the value itself may be endless."""
    if value is None:
        return "nothing"
    name = type(value).__name__.lstrip("_").lower()
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def is_size(value: object) -> TypeGuard[int]:
    """Whether a value from a pickle can be a number of elements."""
    return type(value) is int and 0 <= value < 2**40


def are_sizes(value: object) -> TypeGuard[tuple[int, ...]]:
    """Whether a value from a pickle can be a shape."""
    return isinstance(value, tuple) and len(value) <= _MAX_DIMENSIONS and all(map(is_size, value))


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, stream: io.BytesIO, allowed: Globals, source: str, persistent: Callable[[object], object] | None
    ) -> None:
        # Strings that Python 2 wrote are bytes, which latin1 keeps.
        super().__init__(stream, encoding="latin1")
        self._allowed = allowed
        self._source = source
        self._persistent = persistent

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise BadWeightsError(
                f"{self._source}: names {f'{module}.{name}'[:80]!r}, which no weights file needs; nothing of it was run"
            ) from None

    def persistent_load(self, pid: object) -> Any:
        if self._persistent is None:
            raise BadWeightsError(f"{self._source}: holds a persistent id, which no such file needs")
        return self._persistent(pid)


def _scan(stream: io.BytesIO, source: str, allows_persistent: bool) -> None:
    """Go through the opcodes up to STOP. Every length is checked against what is there before anything is allocated."""
    start = stream.tell()
    count = 0
    if stream.read(1) != b"\x80":  # PROTO, with which every pickle begins since protocol 2
        raise BadWeightsError(f"{source}: no pickle at byte {start}; expected a file of weights")
    stream.seek(start)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            count += 1
            fault = ""
            if opcode.name not in _OPCODES or (opcode.name == "BINPERSID" and not allows_persistent):
                fault = f"the opcode {opcode.name}"
            elif count > _MAX_OPCODES:
                fault = f"more than {_MAX_OPCODES} opcodes"
            elif opcode.name == "LONG_BINPUT" and isinstance(argument, int) and argument > count:
                # The unpickler would make a table up to that index.
                fault = f"memo index {argument} at opcode {count}"
            if fault:
                raise BadWeightsError(f"{source}: the pickle at byte {start} has {fault}, which no weights file needs")
    except (ValueError, UnicodeDecodeError, OverflowError) as error:
        raise BadWeightsError(f"{source}: damaged or truncated pickle at byte {start} ({error})") from error
