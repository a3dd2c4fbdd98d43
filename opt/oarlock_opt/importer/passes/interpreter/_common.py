"""What interpreted operators share: the types of their arguments, and attributes that they refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Array",
    "Function",
    "NotInterpretedError",
    "Operands",
    "axis_of",
    "bounded",
    "listed",
    "number",
    "refuse",
    "x_of",
]

Array: TypeAlias = "NDArray[Any]"
Operands: TypeAlias = Mapping[str, Sequence[Array]]
Function: TypeAlias = "Callable[[Node, Operands], Array | Sequence[Array]]"


MOST_ELEMENTS = 1 << 26
"""More elements than this, in any tensor on the way, are left to whoever runs the model."""


class NotInterpretedError(Exception):
    """An operator, or one of its attributes, is not interpreted."""


def x_of(operands: Operands) -> Array:
    """The only input."""
    return operands["X"][0]


def bounded(shape: Sequence[int]) -> Sequence[int]:
    """The shape. Raises NotInterpretedError for one of which too much memory would be taken."""
    if min(shape, default=0) < 0 or prod(shape) > MOST_ELEMENTS:
        raise NotInterpretedError("shape")
    return shape


def number(node: Node, name: str, default: float) -> float:
    """An attribute that is a number. Raises NotInterpretedError for another."""
    value = node.get(name, default)
    if not isinstance(value, (int, float)):
        raise NotInterpretedError(name)
    return value


def axis_of(node: Node, name: str = "axis", default: int = 0) -> int:
    """An attribute that is a whole number."""
    return (integers(node, name) or (default,))[0]


def refuse(operands: Operands, *slots: str) -> None:
    """Raise NotInterpretedError when one of the slots is used."""
    if any(operands.get(slot) for slot in slots):
        raise NotInterpretedError(slots[0])


def listed(operands: Operands, *slots: str) -> tuple[int, ...] | None:
    """The elements of the first slot that is used, as whole numbers; None where none is."""
    for slot in slots:
        if operands.get(slot):
            return tuple(int(each) for array in operands[slot] for each in array.reshape(-1))
    return None
