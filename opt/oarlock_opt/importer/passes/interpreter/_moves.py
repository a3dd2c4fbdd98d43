"""Constants, and operators that move, repeat, join and part elements."""

from __future__ import annotations

from collections.abc import Sequence

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes.interpreter._common import (
    Array,
    Function,
    NotInterpretedError,
    Operands,
    axis_of,
    bounded,
    listed,
    number,
    refuse,
    x_of,
)

__all__ = ["MOVES"]


def _fill(node: Node, operands: Operands) -> Array:
    refuse(operands, "ValueTensor")
    shape = bounded(listed(operands, "ShapeTensor", "ShapeTensorList") or integers(node, "shape"))
    text = node.get("str_value", "")
    out = node.output("Out")
    if text:
        exact = int(str(text)) if str(text).lstrip("-").isdigit() else float(str(text))
        return np.full(shape, exact, out.dtype)
    return np.full(shape, number(node, "value", 0.0), out.dtype)


def _fill_like(node: Node, operands: Operands) -> Array:
    return np.full(x_of(operands).shape, number(node, "value", 0.0), node.output("Out").dtype)


def _assign_value(node: Node, operands: Operands) -> Array:
    for name in ("values", "fp32_values", "int64_values", "int32_values", "bool_values", "fp64_values"):
        values = node.get(name)
        if isinstance(values, tuple) and values:
            return np.array(values, node.output("Out").dtype).reshape(integers(node, "shape"))
    raise NotInterpretedError(node.type)


def _range(node: Node, operands: Operands) -> Array:
    start, end, step = (operands[slot][0].reshape(-1)[0] for slot in ("Start", "End", "Step"))
    bounded([int(abs((end - start) / step)) + 1])
    return np.arange(start, end, step)


def _linspace(node: Node, operands: Operands) -> Array:
    start, stop, number = (operands[slot][0].reshape(-1)[0] for slot in ("Start", "Stop", "Num"))
    bounded([int(number)])
    return np.linspace(start, stop, int(number))


def _eye(node: Node, operands: Operands) -> Array:
    rows, columns = (axis_of(node, name, -1) for name in ("num_rows", "num_columns"))
    columns = rows if columns < 0 else columns
    bounded([rows, columns])
    return np.eye(rows, columns)


def _reshape(node: Node, operands: Operands) -> Array:
    x = x_of(operands)
    target = listed(operands, "ShapeTensor", "Shape")
    target = integers(node, "shape") if target is None else target
    return x.reshape([x.shape[index] if size == 0 else size for index, size in enumerate(target)])


def _flatten(node: Node, operands: Operands) -> Array:
    x = x_of(operands)
    start, stop = (axis_of(node, name, 1) % max(x.ndim, 1) for name in ("start_axis", "stop_axis"))
    return x.reshape(*x.shape[:start], -1, *x.shape[stop + 1 :])


def _squeeze(node: Node, operands: Operands) -> Array:
    x, axes = x_of(operands), integers(node, "axes")
    gone = {axis % x.ndim for axis in axes} if axes else set(range(x.ndim))
    return x.reshape([size for axis, size in enumerate(x.shape) if axis not in gone or size != 1])


def _unsqueeze(node: Node, operands: Operands) -> Array:
    refuse(operands, "AxesTensor", "AxesTensorList")
    x = x_of(operands)
    for axis in integers(node, "axes"):
        x = np.expand_dims(x, axis)
    return x


def _transpose(node: Node, operands: Operands) -> Array:
    return np.asarray(x_of(operands).transpose(integers(node, "axis")))


def _concat(node: Node, operands: Operands) -> Array:
    refuse(operands, "AxisTensor")
    return np.concatenate(operands["X"], axis_of(node))


def _stack(node: Node, operands: Operands) -> Array:
    return np.stack(operands["X"], axis_of(node))


def _split(node: Node, operands: Operands) -> Sequence[Array]:
    refuse(operands, "AxisTensor", "SectionsTensorList")
    x, axis, sections = x_of(operands), axis_of(node), integers(node, "sections")
    count = len(node.outputs["Out"])
    if not sections:
        return np.split(x, count, axis)
    known = sum(size for size in sections if size >= 0)
    sizes = [x.shape[axis] - known if size < 0 else size for size in sections]
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _unbind(node: Node, operands: Operands) -> Sequence[Array]:
    x = np.moveaxis(x_of(operands), axis_of(node), 0)
    return list(x)


def _region(node: Node, operands: Operands, rank: int, steps: str) -> tuple[slice, ...]:
    """The part of a tensor that starts, ends and steps name."""
    bounds = []
    for name in ("starts", "ends", steps):
        slot = name.capitalize() + "Tensor"
        bounds.append(listed(operands, slot, slot + "List") or integers(node, name))
    axes = integers(node, "axes")
    starts, ends = bounds[0], bounds[1]
    strides = bounds[2] or (1,) * len(axes)
    region = [slice(None)] * rank
    for axis, start, end, stride in zip(axes, starts, ends, strides, strict=True):
        region[axis] = slice(start, None if stride < 0 and end < -(2**30) else end, stride)
    return tuple(region)


def _slice(node: Node, operands: Operands) -> Array:
    x = operands["Input"][0]
    result = x[_region(node, operands, x.ndim, "strides")]
    dropped = {axis % x.ndim for axis in integers(node, "decrease_axis")}
    return result.reshape([size for axis, size in enumerate(result.shape) if axis not in dropped])


def _set_value(node: Node, operands: Operands) -> Array:
    x: Array = operands["Input"][0].copy()
    if integers(node, "none_axes"):
        raise NotInterpretedError("none_axes")
    region = _region(node, operands, x.ndim, "steps")
    if operands.get("ValueTensor"):
        value = operands["ValueTensor"][0]
    else:
        names = ("values", "fp32_values", "int64_values", "int32_values", "bool_values", "fp64_values")
        found = next((node.get(name) for name in names if node.get(name)), None)
        if found is None:
            raise NotInterpretedError("values")
        value = np.array(found).reshape(integers(node, "shape") or -1)
    dropped = sorted(axis % x.ndim for axis in integers(node, "decrease_axes"))
    if value.ndim + len(dropped) == x.ndim:
        for axis in dropped:
            value = np.expand_dims(value, axis)
    x[region] = value
    return x


def _expand(node: Node, operands: Operands) -> Array:
    x = x_of(operands)
    target = listed(operands, "Shape", "expand_shapes_tensor") or integers(node, "shape")
    own = (1,) * (len(target) - x.ndim) + x.shape
    return np.broadcast_to(x, bounded([a if size == -1 else size for size, a in zip(target, own, strict=True)]))


def _expand_as(node: Node, operands: Operands) -> Array:
    target = operands["Y"][0].shape if operands.get("Y") else integers(node, "target_shape")
    return np.broadcast_to(x_of(operands), bounded(target))


def _tile(node: Node, operands: Operands) -> Array:
    x, times = x_of(operands), listed(operands, "RepeatTimes", "repeat_times_tensor") or integers(node, "repeat_times")
    bounded([*x.shape, *times])
    return np.tile(x, times)


def _gather(node: Node, operands: Operands) -> Array:
    refuse(operands, "Axis")
    return np.take(
        x_of(operands), operands["Index"][0], axis_of(node, "dim" if node.type == "index_select" else "axis")
    )


def _gather_nd(node: Node, operands: Operands) -> Array:
    return np.asarray(x_of(operands)[tuple(np.moveaxis(operands["Index"][0], -1, 0))])


def _take_along(node: Node, operands: Operands) -> Array:
    return np.take_along_axis(operands["Input"][0], operands["Index"][0], axis_of(node, "Axis"))


def _index_sample(node: Node, operands: Operands) -> Array:
    return np.take_along_axis(x_of(operands), operands["Index"][0], 1)


def _lookup(node: Node, operands: Operands) -> Array:
    if axis_of(node, "padding_idx", -1) != -1:
        raise NotInterpretedError("padding_idx")
    return operands["W"][0][operands["Ids"][0]]


def _one_hot(node: Node, operands: Operands) -> Array:
    refuse(operands, "depth_tensor")
    depth = axis_of(node, "depth")
    bounded([*x_of(operands).shape, depth])
    return np.asarray(x_of(operands)[..., None] == np.arange(depth))


def _roll(node: Node, operands: Operands) -> Array:
    refuse(operands, "ShiftsTensor")
    return np.roll(x_of(operands), integers(node, "shifts"), integers(node, "axis") or None)


def _tril_triu(node: Node, operands: Operands) -> Array:
    function = np.tril if node.get("lower", True) else np.triu
    return function(x_of(operands), axis_of(node, "diagonal"))


def _meshgrid(node: Node, operands: Operands) -> Sequence[Array]:
    bounded([array.size for array in operands["X"]])
    return np.meshgrid(*operands["X"], indexing="ij")


def _shape(node: Node, operands: Operands) -> Array:
    return np.array(operands["Input"][0].shape, np.int64)


def _flip(node: Node, operands: Operands) -> Array:
    return np.flip(x_of(operands), integers(node, "axis"))


MOVES: dict[str, Function] = {
    "fill_constant": _fill,
    "fill_any_like": _fill_like,
    "fill_zeros_like": _fill_like,
    "assign_value": _assign_value,
    "range": _range,
    "linspace": _linspace,
    "eye": _eye,
    "reshape": _reshape,
    "reshape2": _reshape,
    "flatten_contiguous_range": _flatten,
    "squeeze": _squeeze,
    "squeeze2": _squeeze,
    "unsqueeze": _unsqueeze,
    "unsqueeze2": _unsqueeze,
    "transpose": _transpose,
    "transpose2": _transpose,
    "concat": _concat,
    "stack": _stack,
    "split": _split,
    "unbind": _unbind,
    "unstack": _unbind,
    "slice": _slice,
    "strided_slice": _slice,
    "set_value": _set_value,
    "expand_v2": _expand,
    "expand_as_v2": _expand_as,
    "tile": _tile,
    "gather": _gather,
    "index_select": _gather,
    "gather_nd": _gather_nd,
    "take_along_axis": _take_along,
    "index_sample": _index_sample,
    "lookup_table_v2": _lookup,
    "one_hot_v2": _one_hot,
    "roll": _roll,
    "tril_triu": _tril_triu,
    "meshgrid": _meshgrid,
    "shape": _shape,
    "flip": _flip,
}
