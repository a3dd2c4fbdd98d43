"""Attributes of nodes. A legacy program distinguishes INT from LONG, and an empty list has a type: hence the kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

__all__ = ["Attr", "AttrKind", "AttrValue", "attr"]

Scalar: TypeAlias = "bool | int | float | str"
AttrValue: TypeAlias = "Scalar | tuple[Scalar, ...]"


class AttrKind(Enum):
    """The kinds of attribute that a graph may have; the values are the numbers of the legacy format."""

    INT = 0
    FLOAT = 1
    STRING = 2
    INTS = 3
    FLOATS = 4
    STRINGS = 5
    BOOLEAN = 6
    BOOLEANS = 7
    LONG = 9
    LONGS = 11
    FLOAT64S = 12
    FLOAT64 = 15
    SCALAR = 16
    SCALARS = 17


@dataclass(frozen=True, slots=True)
class Attr:
    """An attribute: its kind, and its value as Python has it, lists as tuples.

    SCALAR and SCALARS, whose elements know their own type, hold bool, int or float. Paddle Lite cannot read them: a
    pass replaces them.
    """

    kind: AttrKind
    value: AttrValue


def attr(value: AttrValue) -> Attr:
    """The attribute for a value of Python: int is INT, float is FLOAT, a tuple takes the kind of its first element.

    Raises TypeError for an empty tuple, whose kind must be given with Attr.
    """
    if isinstance(value, tuple):
        if not value:
            raise TypeError("an empty tuple does not tell its kind")
        return Attr(_LISTS[_kind(value[0])], value)
    return Attr(_kind(value), value)


def _kind(value: Scalar) -> AttrKind:
    if isinstance(value, bool):
        return AttrKind.BOOLEAN
    if isinstance(value, int):
        return AttrKind.INT
    return AttrKind.FLOAT if isinstance(value, float) else AttrKind.STRING


_LISTS = {
    AttrKind.BOOLEAN: AttrKind.BOOLEANS,
    AttrKind.INT: AttrKind.INTS,
    AttrKind.FLOAT: AttrKind.FLOATS,
    AttrKind.STRING: AttrKind.STRINGS,
}
