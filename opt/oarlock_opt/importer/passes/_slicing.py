"""Slices, indices and assignments to parts of tensors."""

from __future__ import annotations

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value, attr
from oarlock_opt.importer.passes._builder import MOST_MADE, REST, Builder, integers, ints, rewrite
from oarlock_opt.importer.passes.shapes import Knowledge, infer

__all__ = ["decompose_slices", "normalise_axes", "replace_set_value", "split_unbind"]

_AXIS_ATTRIBUTES = {
    "gather": ("axis", "X"),
    "slice": ("axes", "Input"),
    "strided_slice": ("axes", "Input"),
    "index_select": ("dim", "X"),
    "transpose": ("axis", "X"),
    "transpose2": ("axis", "X"),
}


def normalise_axes(graph: Graph) -> int:
    """Count axes from the front where Paddle Lite takes those from the back for others, or crashes."""
    count = 0
    for node in graph.nodes:
        name, slot = _AXIS_ATTRIBUTES.get(node.type, ("", ""))
        if not name or name not in node.attrs:
            continue
        axes, rank = integers(node, name), len(node.input(slot).shape)
        if any(axis < 0 for axis in axes):
            counted = tuple(axis + rank if axis < 0 else axis for axis in axes)
            many = isinstance(node.get(name), tuple)
            node.set(name, counted if many else counted[0], AttrKind.INTS if many else AttrKind.INT)
            count += 1
    return count


def split_unbind(graph: Graph) -> int:
    """Replace unbind and unstack, which crash beyond four axes, by split and squeeze."""
    return rewrite(graph, {"unbind": _unbind, "unstack": _unbind})


def replace_set_value(graph: Graph) -> int:
    """Replace assignments to a part of a tensor by a concatenation of what is before, in and behind that part."""
    if all(node.type != "set_value" for node in graph.nodes):
        return 0
    known = infer(graph)
    return rewrite(graph, {"set_value": lambda build, node: _set_value(build, node, known)})


def decompose_slices(graph: Graph) -> int:
    """Replace slices with negative strides, and index operators of which Paddle Lite has no right kernel."""
    return rewrite(
        graph,
        {
            "strided_slice": _strided_slice,
            "roll": _roll,
            "arg_max": _arg_max,
            "arg_min": _arg_min,
            "top_k_v2": _top_k,
        },
    )


def _unbind(build: Builder, node: Node) -> bool:
    x = node.input("X")
    slot = "Y" if node.type == "unstack" else "Out"
    results = node.outputs[slot]
    axis = (integers(node, "axis") or (0,))[0] % len(x.shape)
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    flat = len(x.shape) == 1
    parts = results if flat else [Value("part", x.dtype, shape) for _ in results]
    if len(results) == 1:
        parts = [x]
    else:
        attrs = {"axis": axis, "num": len(results), "sections": ints(())}
        build.add("split", {"X": x}, {"Out": parts}, attrs)
    for part, out in zip(parts, results, strict=True):
        if flat and part is x:
            build.reshape(part, (1,), out=out)
        elif not flat:
            build.op("squeeze2", {"X": part}, {"axes": ints([axis])}, shape=out.shape, dtype=out.dtype, out=out)
    return True


def _set_value(build: Builder, node: Node, known: Knowledge) -> bool:
    x, out = node.input("Input"), node.output("Out")
    tensors = ("StartsTensorList", "EndsTensorList", "StepsTensorList")
    if any(node.inputs.get(slot) for slot in tensors) or integers(node, "none_axes"):
        return False
    axes = tuple(axis % len(x.shape) for axis in integers(node, "axes"))
    steps = integers(node, "steps")
    bounds = []
    for axis, start, end in zip(axes, integers(node, "starts"), integers(node, "ends"), strict=True):
        size = x.shape[axis]
        bound = _bounds(start, end, size)
        if bound is None:
            return False
        bounds.append((axis, *bound))
    if any(step != 1 for step in steps) or any(begin >= end for _, begin, end in bounds):
        return False
    source: Value | float
    fits = False
    if node.inputs.get("ValueTensor"):
        value = node.input("ValueTensor")
        source = _insert_axes(build, value, integers(node, "decrease_axes"), len(x.shape))
        part = list(known.shape(x))
        for axis, begin, end in bounds:
            part[axis] = end - begin
        fits = known.shape(value) == tuple(part)
    else:
        values = _values(node)
        shape = integers(node, "shape") or (1,)
        if values.size == 0:
            return False
        if values.size == 1:
            source = float(values.reshape(-1)[0])
        else:
            constant = build.constant("assigned", values.reshape(shape).astype(x.dtype))
            source = _insert_axes(build, constant, integers(node, "decrease_axes"), len(x.shape))
    _assign(build, x, bounds, source, fits, out)
    return True


def _values(node: Node) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    for name in ("fp32_values", "fp64_values", "int64_values", "int32_values", "bool_values", "values"):
        value = node.get(name)
        if isinstance(value, tuple) and value:
            return np.array(value, np.float64)
    return np.zeros(0)


def _insert_axes(build: Builder, value: Value, dropped: tuple[int, ...], rank: int) -> Value:
    """The value with the axes that indexing by a number drops, as ones, where it has all of the others."""
    if not dropped or len(value.shape) + len(dropped) > rank:
        return value
    missing = sorted(axis % rank for axis in dropped)
    # Broadcasting goes by the last axes, so those that come before all of its own need not be there.
    first = rank - len(value.shape) - len(missing)
    axes = [axis - first for axis in missing if axis >= first]
    if not axes:
        return value
    shape = list(value.shape)
    for axis in axes:
        shape.insert(axis, 1)
    return build.op("unsqueeze2", {"X": value}, {"axes": ints(axes)}, shape=tuple(shape), dtype=value.dtype)


def _assign(
    build: Builder,
    x: Value,
    bounds: list[tuple[int, int, int]],
    source: Value | float,
    fits: bool,
    out: Value | None = None,
) -> Value:
    """``x`` with the part between the bounds replaced by the source, which is broadcast unless it ``fits`` for sure."""
    while bounds and bounds[0][1] == 0 and bounds[0][2] == x.shape[bounds[0][0]]:
        bounds = bounds[1:]
    if not bounds:
        return _filled(build, x, source, fits, out)
    axis, begin, end = bounds[0]
    if len(bounds) == 1 and fits and isinstance(source, Value):
        pieces = [source]
    else:
        pieces = [_assign(build, build.slice(x, axis, begin, end), bounds[1:], source, fits)]
    if begin > 0:
        pieces.insert(0, build.slice(x, axis, 0, begin))
    if end != x.shape[axis]:
        pieces.append(build.slice(x, axis, end, REST))
    return build.concat(pieces, axis, out)


def _filled(build: Builder, like: Value, source: Value | float, fits: bool, out: Value | None) -> Value:
    if isinstance(source, Value):
        if fits:
            return build.unary("assign", source, out=out)
        zeros = build.unary("fill_any_like", like, {"value": 0.0, "dtype": -1})
        return build.binary("add", zeros, source, out=out)
    return build.unary("fill_any_like", like, {"value": source, "dtype": -1}, out)


def _bounds(start: int, end: int, size: int) -> tuple[int, int] | None:
    """A slice's bounds counted from the front; None where that takes a size that is not known."""
    if size < 0:
        return (start, end) if start >= 0 and 0 <= end < REST else None
    begin, finish = (min(max(each + size if each < 0 else each, 0), size) for each in (start, end))
    return begin, finish


def _strided_slice(build: Builder, node: Node) -> bool:
    x, out = node.input("Input"), node.output("Out")
    strides = integers(node, "strides")
    names = ("StartsTensor", "EndsTensor", "StridesTensor", "StartsTensorList", "EndsTensorList", "StridesTensorList")
    if all(stride > 0 for stride in strides) or any(node.inputs.get(name) for name in names):
        return False
    axes = integers(node, "axes")
    if any(not 0 <= x.shape[axis] <= MOST_MADE for axis in axes):
        return False
    current = x
    for axis, start, end, stride in zip(axes, integers(node, "starts"), integers(node, "ends"), strides, strict=True):
        picked = np.arange(x.shape[axis], dtype=np.int32)[_python_slice(start, end, stride, x.shape[axis])]
        shape = (*current.shape[:axis], len(picked), *current.shape[axis + 1 :])
        index = build.constant("indices", picked)
        current = build.op("gather", {"X": current, "Index": index}, {"axis": axis}, shape=shape, dtype=x.dtype)
    dropped = integers(node, "decrease_axis")
    if dropped:
        build.op("squeeze2", {"X": current}, {"axes": ints(dropped)}, shape=out.shape, dtype=out.dtype, out=out)
    else:
        build.nodes[-1].outputs["Out"] = [out]
    return True


def _python_slice(start: int, end: int, stride: int, size: int) -> slice:
    """PaddlePaddle's ends below -size mean "to the very beginning", as None does in Python."""
    if stride > 0 or end >= -size:
        return slice(start, end, stride)
    return slice(start, None, stride)


def _roll(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    if integers(node, "axis") or node.inputs.get("ShiftsTensor") or out.shape.count(-1) > 1:
        return False
    attrs = {"shifts": node.attrs["shifts"], "axis": _longs(0)}
    rolled = build.unary("roll", build.reshape(x, (-1,)), attrs)
    build.reshape(rolled, out.shape, out=out)
    return True


def _longs(*values: int) -> Attr:
    return Attr(AttrKind.LONGS, values)


def _arg_max(build: Builder, node: Node) -> bool:
    """Over everything it is over the only axis, which is kept: without it the result would have no axes at all."""
    x, out = node.input("X"), node.output("Out")
    flat = bool(node.get("flatten", False))
    if not flat and (len(x.shape) != 1 or node.get("keepdims", False)):
        return False
    line = build.reshape(x, (-1,)) if flat else x
    attrs = {**node.attrs, "axis": Attr(AttrKind.LONG, 0), "flatten": attr(False), "keepdims": attr(True)}
    if len(out.shape) <= 1:
        build.op("arg_max", {"X": line}, attrs, shape=out.shape, dtype=out.dtype, out=out)
    else:
        found = build.op("arg_max", {"X": line}, attrs, shape=(1,), dtype=out.dtype)
        build.reshape(found, out.shape, out=out)
    return True


def _arg_min(build: Builder, node: Node) -> bool:
    out = node.output("Out")
    negative = build.scale(node.input("X"), -1.0)
    found = Node("arg_max", {"X": [negative]}, {"Out": [out]}, dict(node.attrs), node.origin)
    if not _arg_max(build, found):
        build.nodes.append(found)
    return True


def _top_k(build: Builder, node: Node) -> bool:
    if node.get("largest", True):
        return False
    out = node.output("Out")
    largest = Value("largest", out.dtype, out.shape)
    attrs = {**node.attrs, "largest": attr(True)}
    inputs = {**node.inputs, "X": [build.scale(node.input("X"), -1.0)]}
    build.add("top_k_v2", inputs, {**node.outputs, "Out": [largest]}, attrs)
    build.scale(largest, -1.0, out=out)
    return True
