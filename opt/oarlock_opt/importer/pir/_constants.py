"""Tensors whose elements the program states (``full``, ``full_int_array``, ``assign_value``)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oarlock_opt.importer.graph import Attr, AttrKind, Node, Value

__all__ = ["DTYPE_NUMBERS", "Constant", "constant_attributes", "constant_node", "float32", "typed_values"]

DTYPE_NUMBERS = {
    "bool": 0, "int16": 1, "int32": 2, "int64": 3, "float16": 4, "float32": 5, "float64": 6, "uint8": 20, "int8": 21,
    "bfloat16": 22,
}  # fmt: skip
"""The legacy format's numbers for types of elements, as attributes such as cast's ``out_dtype`` have them."""

_MAX_LISTED = 1 << 16


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """A tensor of known elements: all equal to the only one of ``elements``, or all of them in C order.

    Elements of bool are bool, of integers int, of others float. Constants are compared by identity.
    """

    dtype: str
    shape: tuple[int, ...]
    elements: tuple[bool | int | float, ...]

    def listed(self) -> tuple[bool | int | float, ...] | None:
        """Every element; None where there are very many."""
        count = math.prod(self.shape)
        if count > _MAX_LISTED:
            return None
        return self.elements * count if len(self.elements) == 1 else self.elements


def constant_node(constant: Constant, value: Value, origin: str) -> Node:
    """The node that gives a constant: ``fill_constant``, or ``assign_value`` where elements differ."""
    kind = "fill_constant" if len(constant.elements) == 1 else "assign_value"
    return Node(kind, {}, {"Out": [value]}, constant_attributes(constant), origin)


def constant_attributes(constant: Constant) -> dict[str, Attr]:
    """The attributes of that node."""
    dtype = Attr(AttrKind.INT, DTYPE_NUMBERS[constant.dtype])
    if len(constant.elements) == 1:
        return {**_fill(constant), "dtype": dtype}
    name, values = typed_values(constant.dtype, constant.elements)
    return {"shape": Attr(AttrKind.INTS, constant.shape), name: values, "dtype": dtype}


def typed_values(dtype: str, elements: Sequence[bool | int | float]) -> tuple[str, Attr]:
    """Elements as the attribute that ``assign_value`` and ``set_value`` have for their type, and its name."""
    name, kind = _VALUES.get(dtype, ("fp32_values", AttrKind.FLOATS))
    convert = _CONVERT[kind]
    return name, Attr(kind, tuple(convert(each) for each in elements))


def float32(value: bool | int | float) -> float:
    """The nearest float32; what is beyond all of them is infinite."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


_CONVERT: dict[AttrKind, Callable[[bool | int | float], int | float]] = {
    AttrKind.INTS: int,
    AttrKind.LONGS: int,
    AttrKind.FLOATS: float32,
    AttrKind.FLOAT64S: float,
}
_VALUES = {
    "bool": ("bool_values", AttrKind.INTS),
    "int32": ("int32_values", AttrKind.INTS),
    "int64": ("int64_values", AttrKind.LONGS),
    "float64": ("fp64_values", AttrKind.FLOAT64S),
}


def _fill(constant: Constant) -> dict[str, Attr]:
    (element,) = constant.elements
    value = float32(element)
    # The text takes the place of the number where that cannot hold it.
    exact = value == element or value != value or constant.dtype in ("float32", "float16", "bfloat16")
    return {
        "shape": Attr(AttrKind.LONGS, constant.shape),
        "value": Attr(AttrKind.FLOAT, value),
        "str_value": Attr(AttrKind.STRING, "" if exact else repr(element)),
        "force_cpu": Attr(AttrKind.BOOLEAN, False),
        "place_type": Attr(AttrKind.INT, -1),
    }
