"""Elements of small tensors of integers, as shapes are computed with, operator by operator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeGuard

from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._sizes import Size, add, divide, multiply, negate, product, quotient
from oarlock_opt.importer.passes.shapes._common import Elements, Shape, ShapeOf

__all__ = ["MOST_ELEMENTS", "elements_of"]

ElementRule: TypeAlias = "Callable[[Node, ShapeOf, Elements], Shape | None]"
MOST_ELEMENTS = 64
"""Tensors with more elements are no shapes."""
_WHOLE = ("int32", "int64")
_COUNTED = (*_WHOLE, "float32")
"""Numbers of elements may be divided by as floats; their elements are whole where they are known."""


def elements_of(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    """The elements of the operator's result, flat; None where it is no shape or they are not known."""
    rule = _RULES.get(node.type)
    return None if rule is None else rule(node, shape_of, elements)


def _shape(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    return shape_of(node.input("Input"))


def _count(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    return (product(shape_of(node.input("Input"))),)


def _kept(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    return elements.get(node.inputs["X"][0])


def _cast(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    return elements.get(node.input("X")) if node.output("Out").dtype in _COUNTED else None


def _slice(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    source, shape = elements.get(node.input("Input")), shape_of(node.input("Input"))
    tensors = ("StartsTensor", "EndsTensor", "StartsTensorList", "EndsTensorList", "StridesTensor", "StridesTensorList")
    if source is None or len(shape) != 1 or any(node.inputs.get(slot) for slot in tensors):
        return None
    (start,), (end,) = integers(node, "starts"), integers(node, "ends")
    stride = (integers(node, "strides") or (1,))[0]
    return source[start:end:stride] if stride > 0 else None


def _gather(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    source, index = elements.get(node.input("X")), elements.get(node.input("Index"))
    if source is None or index is None or len(shape_of(node.input("X"))) != 1:
        return None
    whole = [each for each in index if isinstance(each, int) and -len(source) <= each < len(source)]
    return tuple(source[each] for each in whole) if len(whole) == len(index) else None


def _joined(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    """Concat and stack of tensors of at most one axis, along the first."""
    if integers(node, "axis") not in ((), (0,), (-1,)) or node.inputs.get("AxisTensor"):
        return None
    result: list[Size] = []
    for value in node.inputs["X"]:
        part = elements.get(value)
        if part is None or len(value.shape) > 1 or (node.type == "stack" and value.shape not in ((), (1,))):
            return None
        result.extend(part)
    return tuple(result)


def _constant(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    out = node.output("Out")
    shape = shape_of(out)
    if out.dtype not in _COUNTED or not all(isinstance(size, int) for size in shape):
        return None
    count = product(shape)
    text = node.get("str_value", "")
    value = float(str(text)) if text else node.get("value", 0.0)
    if not isinstance(count, int) or count > MOST_ELEMENTS or not _is_whole(value):
        return None
    return (int(value),) * count


def _is_whole(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and math.isfinite(value) and value == int(value)


def _assigned(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    if node.output("Out").dtype not in _WHOLE:
        return None
    return next((integers(node, name) for name in ("int64_values", "int32_values", "values") if node.get(name)), None)


def _scale(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    x, scale, bias = elements.get(node.input("X")), node.get("scale", 1.0), node.get("bias", 0.0)
    if x is None or node.inputs.get("ScaleTensor") or not _is_whole(scale) or not _is_whole(bias):
        return None
    if node.get("bias_after_scale", True):
        return tuple(add(multiply(each, int(scale)), int(bias)) for each in x)
    return tuple(multiply(add(each, int(bias)), int(scale)) for each in x)


def _arithmetic(function: Callable[[Size, Size], Size | None]) -> ElementRule:
    """Of each pair of elements; as floats, quotients that are whole for sure only."""

    def rule(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
        x, y = elements.get(node.input("X")), elements.get(node.input("Y"))
        dtype = node.output("Out").dtype
        if x is None or y is None or dtype not in _COUNTED or len(shape_of(node.output("Out"))) > 1:
            return None
        if len(x) != len(y) and 1 not in (len(x), len(y)):
            return None
        length = max(len(x), len(y))
        pairs = zip(x * (length // len(x)) if x else x, y * (length // len(y)) if y else y, strict=True)
        exact = quotient if function is divide and dtype == "float32" else function
        found = [exact(a, b) for a, b in pairs]
        return None if None in found else tuple(each for each in found if each is not None)

    return rule


def _largest(left: Size, right: Size) -> Size | None:
    return max(left, right) if isinstance(left, int) and isinstance(right, int) else None


def _smallest(left: Size, right: Size) -> Size | None:
    return min(left, right) if isinstance(left, int) and isinstance(right, int) else None


def _filled(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    count, value = product(shape_of(node.output("Out"))), node.get("value", 0.0)
    if node.output("Out").dtype not in _COUNTED or not isinstance(count, int) or not _is_whole(value):
        return None
    return (int(value),) * count if count <= MOST_ELEMENTS else None


def _subtract(left: Size, right: Size) -> Size:
    return add(left, negate(right))


def _reduced(function: Callable[[Shape], Size]) -> ElementRule:
    def rule(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
        x = elements.get(node.input("X"))
        if x is None or len(shape_of(node.input("X"))) > 1 or node.output("Out").dtype not in _WHOLE:
            return None
        return (function(x),)

    return rule


def _sum(values: Shape) -> Size:
    total: Size = 0
    for value in values:
        total = add(total, value)
    return total


def _expanded(node: Node, shape_of: ShapeOf, elements: Elements) -> Shape | None:
    x, shape = elements.get(node.input("X")), shape_of(node.output("Out"))
    count = product(shape)
    if x is None or len(x) != 1 or not isinstance(count, int) or count > MOST_ELEMENTS:
        return None
    return x * count


_RULES: Mapping[str, ElementRule] = {
    "shape": _shape,
    "size": _count,
    **dict.fromkeys(("assign", "share_data", "reshape2", "squeeze2", "unsqueeze2", "flatten_contiguous_range"), _kept),
    "cast": _cast,
    "slice": _slice,
    "strided_slice": _slice,
    "gather": _gather,
    "index_select": _gather,
    "concat": _joined,
    "stack": _joined,
    "fill_constant": _constant,
    "assign_value": _assigned,
    "scale": _scale,
    "elementwise_add": _arithmetic(add),
    "elementwise_sub": _arithmetic(_subtract),
    "elementwise_mul": _arithmetic(multiply),
    "elementwise_floordiv": _arithmetic(divide),
    "elementwise_div": _arithmetic(divide),
    "elementwise_max": _arithmetic(_largest),
    "elementwise_min": _arithmetic(_smallest),
    "fill_any_like": _filled,
    "reduce_prod": _reduced(product),
    "reduce_sum": _reduced(_sum),
    "expand_v2": _expanded,
}
