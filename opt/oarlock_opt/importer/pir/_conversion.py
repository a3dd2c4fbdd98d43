"""Values of PIR's attributes as attributes of the legacy format, which has kinds of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from oarlock_opt.importer.graph import AttrKind
from oarlock_opt.importer.pir._constants import DTYPE_NUMBERS, float32
from oarlock_opt.importer.pir._program import AttributeValue

__all__ = ["converted"]

Scalar: TypeAlias = "bool | int | float | str"


def converted(value: AttributeValue, kind: AttrKind) -> Scalar | tuple[Scalar, ...]:
    """The value for an attribute of ``kind``; names of element types become their numbers.

    A list of one counts as its element where one is wanted, and the other way round. Raises ValueError, which names
    what was found and what was expected.
    """
    listed = _LISTS.get(kind)
    if listed is not None:
        elements = value if isinstance(value, tuple) else (value,)
        return tuple(_CONVERT[listed](each) for each in elements)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    return _CONVERT[kind](value)


_LISTS = {
    AttrKind.INTS: AttrKind.INT, AttrKind.LONGS: AttrKind.LONG, AttrKind.FLOATS: AttrKind.FLOAT,
    AttrKind.FLOAT64S: AttrKind.FLOAT64, AttrKind.BOOLEANS: AttrKind.BOOLEAN, AttrKind.STRINGS: AttrKind.STRING,
    AttrKind.SCALARS: AttrKind.SCALAR,
}  # fmt: skip


def _integer(bits: int) -> Callable[[AttributeValue], Scalar]:
    def convert(value: AttributeValue) -> Scalar:
        if isinstance(value, str):
            number = -1 if value.startswith("Undefined") else DTYPE_NUMBERS.get(value)
            if number is None:
                raise ValueError(f"{value!r}, expected one of {', '.join(DTYPE_NUMBERS)}")
            return number
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
            raise ValueError(f"{value!r}, expected an integer of {bits + 1} bits")
        return int(value)

    return convert


def _double(value: AttributeValue) -> float:
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r}, expected a number")
    return float(value)


def _float(value: AttributeValue) -> Scalar:
    return float32(_double(value))


def _boolean(value: AttributeValue) -> Scalar:
    if value not in (0, 1):
        raise ValueError(f"{value!r}, expected true or false")
    return bool(value)


def _string(value: AttributeValue) -> Scalar:
    if not isinstance(value, str):
        raise ValueError(f"{value!r}, expected a string")
    return value


def _scalar(value: AttributeValue) -> Scalar:
    if not isinstance(value, bool | int | float):
        raise ValueError(f"{value!r}, expected a number")
    return value


_CONVERT: dict[AttrKind, Callable[[AttributeValue], Scalar]] = {
    AttrKind.INT: _integer(31), AttrKind.LONG: _integer(63), AttrKind.FLOAT: _float, AttrKind.FLOAT64: _double,
    AttrKind.BOOLEAN: _boolean, AttrKind.STRING: _string, AttrKind.SCALAR: _scalar,
}  # fmt: skip
