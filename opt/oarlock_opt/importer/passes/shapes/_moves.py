"""Shapes of what operators give that move, repeat, join and part elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._sizes import Size, add, multiply, negate, product, quotient
from oarlock_opt.importer.passes.shapes._common import (
    Elements,
    Shape,
    ShapeOf,
    ShapeRule,
    axis_of,
    bounds_of,
    reshaped,
    slice_length,
    target_of,
)

__all__ = ["MOVES"]


def _reshape(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    target: Sequence[Size] | None = integers(node, "shape")
    if node.inputs.get("Shape"):
        target = elements.get(node.input("Shape"))
    elif node.inputs.get("ShapeTensor"):
        parts = [elements.get(each) for each in node.inputs["ShapeTensor"]]
        target = [part[0] for part in parts if part] if all(parts) else None
    shape = None if target is None else reshaped(shape_of(node.input("X")), target)
    return None if shape is None else {"Out": [shape]}


def _flatten(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x = shape_of(node.input("X"))
    start, stop = (axis_of(node, name, len(x), 1) for name in ("start_axis", "stop_axis"))
    return {"Out": [(*x[:start], product(x[start : stop + 1]), *x[stop + 1 :])]}


def _transpose(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x = shape_of(node.input("X"))
    return {"Out": [tuple(x[axis] for axis in integers(node, "axis"))]}


def _squeeze(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, axes = shape_of(node.input("X")), integers(node, "axes")
    gone = {axis % max(len(x), 1) for axis in axes}
    if not axes and not all(isinstance(size, int) for size in x):
        return None
    kept = [size for axis, size in enumerate(x) if not ((axis in gone or not axes) and size == 1)]
    return {"Out": [tuple(kept)]}


def _unsqueeze(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    shape = list(shape_of(node.input("X")))
    if node.inputs.get("AxesTensor") or node.inputs.get("AxesTensorList"):
        return None
    for axis in integers(node, "axes"):
        shape.insert(axis + len(shape) + 1 if axis < 0 else axis, 1)
    return {"Out": [tuple(shape)]}


def _concat(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    shapes = [shape_of(value) for value in node.inputs["X"]]
    if node.inputs.get("AxisTensor") or not shapes[0]:
        return None
    axis = axis_of(node, "axis", len(shapes[0]))
    total: Size = 0
    for shape in shapes:
        total = add(total, shape[axis])
    # Other axes are equal, so that one input that tells their size is enough.
    merged = [
        next((shape[i] for shape in shapes if isinstance(shape[i], int)), shapes[0][i]) for i in range(len(shapes[0]))
    ]
    merged[axis] = total
    return {"Out": [tuple(merged)]}


def _stack(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    first = shape_of(node.inputs["X"][0])
    axis = axis_of(node, "axis", len(first) + 1)
    return {"Y": [(*first[:axis], len(node.inputs["X"]), *first[axis:])]}


def _split(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, outs = shape_of(node.input("X")), node.outputs["Out"]
    if node.inputs.get("AxisTensor") or node.inputs.get("SectionsTensorList"):
        return None
    axis = axis_of(node, "axis", len(x))
    sections: list[Size] = list(integers(node, "sections"))
    if not sections:
        part = quotient(x[axis], len(outs))
        if part is None:
            return None
        sections = [part] * len(outs)
    elif -1 in sections:
        index = sections.index(-1)
        rest = x[axis]
        for other in sections[:index] + sections[index + 1 :]:
            rest = add(rest, negate(other))
        sections[index] = rest
    return {"Out": [(*x[:axis], size, *x[axis + 1 :]) for size in sections]}


def _slice(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x = list(shape_of(node.input("Input")))
    axes, dropped = integers(node, "axes"), integers(node, "decrease_axis")
    starts, ends = (bounds_of(node, name, elements) for name in ("starts", "ends"))
    if starts is None or ends is None or any(stride != 1 for stride in integers(node, "strides")):
        return None
    for axis, start, end in zip(axes, starts, ends, strict=True):
        length = 1 if axis in dropped else slice_length(x[axis], start, end)
        if length is None:
            return None
        x[axis] = length
    return {"Out": [tuple(size for axis, size in enumerate(x) if axis not in dropped)]}


def _expand(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, target = shape_of(node.input("X")), target_of(node, elements)
    if target is None or len(target) < len(x):
        return None
    padded = (1,) * (len(target) - len(x)) + x
    return {"Out": [tuple(own if size == -1 else size for size, own in zip(target, padded, strict=True))]}


def _fill(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    target = target_of(node, elements)
    return None if target is None or -1 in target else {"Out": [tuple(target)]}


def _fill_like_batch(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    shape: list[Size] = list(integers(node, "shape"))
    index, source = (integers(node, name) or (0,) for name in ("output_dim_idx", "input_dim_idx"))
    shape[index[0]] = shape_of(node.input("Input"))[source[0]]
    return {"Out": [tuple(shape)]}


def _tile(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, times = shape_of(node.input("X")), integers(node, "repeat_times")
    if node.inputs.get("RepeatTimes") or node.inputs.get("repeat_times_tensor"):
        return None
    rank = max(len(x), len(times))
    padded, factors = (1,) * (rank - len(x)) + x, (1,) * (rank - len(times)) + times
    return {"Out": [tuple(multiply(size, factor) for size, factor in zip(padded, factors, strict=True))]}


def _gather(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, index = shape_of(node.input("X")), shape_of(node.input("Index"))
    if node.inputs.get("Axis") or not x:
        return None
    axis = axis_of(node, "dim" if node.type == "index_select" else "axis", len(x))
    return {"Out": [(*x[:axis], *index, *x[axis + 1 :])]}


MOVES: dict[str, ShapeRule] = {
    "reshape": _reshape,
    "reshape2": _reshape,
    "flatten_contiguous_range": _flatten,
    "transpose": _transpose,
    "transpose2": _transpose,
    "squeeze": _squeeze,
    "squeeze2": _squeeze,
    "unsqueeze": _unsqueeze,
    "unsqueeze2": _unsqueeze,
    "concat": _concat,
    "stack": _stack,
    "split": _split,
    "slice": _slice,
    "strided_slice": _slice,
    "expand_v2": _expand,
    "tile": _tile,
    "fill_constant": _fill,
    "fill_constant_batch_size_like": _fill_like_batch,
    "gather": _gather,
    "index_select": _gather,
}
