"""What operators compute, in numpy: for those that masks, tables of positions and shapes are made with.

Results have the type that the graph declares. An operator that is not here is not folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._resampling import cubic_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["INTERPRETED", "NotInterpretedError", "interpret"]

Array: TypeAlias = "NDArray[Any]"
Operands: TypeAlias = Mapping[str, Sequence[Array]]
Function: TypeAlias = "Callable[[Node, Operands], Array | Sequence[Array]]"


class NotInterpretedError(Exception):
    """An operator, or one of its attributes, is not interpreted."""


def interpret(node: Node, operands: Operands) -> list[Array]:
    """The arrays of the outputs in the slot Out or Y, with the types that are declared.

    Raises NotInterpretedError.
    """
    function = INTERPRETED.get(node.type)
    outputs = node.outputs.get("Out") or node.outputs.get("Y") or []
    if function is None:
        raise NotInterpretedError(node.type)
    try:
        with np.errstate(all="ignore"):
            result = function(node, operands)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise NotInterpretedError(node.type) from error
    arrays = [result] if isinstance(result, np.ndarray) else list(result)
    if len(arrays) != len(outputs):
        raise NotInterpretedError(node.type)
    return [np.ascontiguousarray(array, dtype=out.dtype) for array, out in zip(arrays, outputs, strict=True)]


def _x(operands: Operands) -> Array:
    return operands["X"][0]


def _number(node: Node, name: str, default: float) -> float:
    value = node.get(name, default)
    if not isinstance(value, (int, float)):
        raise NotInterpretedError(name)
    return value


def _axis(node: Node, name: str = "axis", default: int = 0) -> int:
    return (integers(node, name) or (default,))[0]


def _no(operands: Operands, *slots: str) -> None:
    if any(operands.get(slot) for slot in slots):
        raise NotInterpretedError(slots[0])


def _fill(node: Node, operands: Operands) -> Array:
    _no(operands, "ValueTensor")
    shape = _listed(operands, "ShapeTensor", "ShapeTensorList") or integers(node, "shape")
    text = node.get("str_value", "")
    out = node.output("Out")
    if text:
        exact = int(str(text)) if str(text).lstrip("-").isdigit() else float(str(text))
        return np.full(shape, exact, out.dtype)
    return np.full(shape, _number(node, "value", 0.0), out.dtype)


def _listed(operands: Operands, *slots: str) -> tuple[int, ...] | None:
    for slot in slots:
        if operands.get(slot):
            return tuple(int(each) for array in operands[slot] for each in array.reshape(-1))
    return None


def _fill_like(node: Node, operands: Operands) -> Array:
    return np.full(_x(operands).shape, _number(node, "value", 0.0), node.output("Out").dtype)


def _assign_value(node: Node, operands: Operands) -> Array:
    for name in ("values", "fp32_values", "int64_values", "int32_values", "bool_values", "fp64_values"):
        values = node.get(name)
        if isinstance(values, tuple) and values:
            return np.array(values, node.output("Out").dtype).reshape(integers(node, "shape"))
    raise NotInterpretedError(node.type)


def _range(node: Node, operands: Operands) -> Array:
    start, end, step = (operands[slot][0].reshape(-1)[0] for slot in ("Start", "End", "Step"))
    return np.arange(start, end, step)


def _linspace(node: Node, operands: Operands) -> Array:
    start, stop, number = (operands[slot][0].reshape(-1)[0] for slot in ("Start", "Stop", "Num"))
    return np.linspace(start, stop, int(number))


def _reshape(node: Node, operands: Operands) -> Array:
    x = _x(operands)
    target = _listed(operands, "ShapeTensor", "Shape")
    target = integers(node, "shape") if target is None else target
    return x.reshape([x.shape[index] if size == 0 else size for index, size in enumerate(target)])


def _flatten(node: Node, operands: Operands) -> Array:
    x = _x(operands)
    start, stop = (_axis(node, name, 1) % max(x.ndim, 1) for name in ("start_axis", "stop_axis"))
    return x.reshape(*x.shape[:start], -1, *x.shape[stop + 1 :])


def _squeeze(node: Node, operands: Operands) -> Array:
    x, axes = _x(operands), integers(node, "axes")
    gone = {axis % x.ndim for axis in axes} if axes else set(range(x.ndim))
    return x.reshape([size for axis, size in enumerate(x.shape) if axis not in gone or size != 1])


def _unsqueeze(node: Node, operands: Operands) -> Array:
    _no(operands, "AxesTensor", "AxesTensorList")
    x = _x(operands)
    for axis in integers(node, "axes"):
        x = np.expand_dims(x, axis)
    return x


def _transpose(node: Node, operands: Operands) -> Array:
    return np.asarray(_x(operands).transpose(integers(node, "axis")))


def _concat(node: Node, operands: Operands) -> Array:
    _no(operands, "AxisTensor")
    return np.concatenate(operands["X"], _axis(node))


def _stack(node: Node, operands: Operands) -> Array:
    return np.stack(operands["X"], _axis(node))


def _split(node: Node, operands: Operands) -> Sequence[Array]:
    _no(operands, "AxisTensor", "SectionsTensorList")
    x, axis, sections = _x(operands), _axis(node), integers(node, "sections")
    count = len(node.outputs["Out"])
    if not sections:
        return np.split(x, count, axis)
    known = sum(size for size in sections if size >= 0)
    sizes = [x.shape[axis] - known if size < 0 else size for size in sections]
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _unbind(node: Node, operands: Operands) -> Sequence[Array]:
    x = np.moveaxis(_x(operands), _axis(node), 0)
    return list(x)


def _region(node: Node, operands: Operands, rank: int, steps: str) -> tuple[slice, ...]:
    """The part of a tensor that starts, ends and steps name."""
    bounds = []
    for name in ("starts", "ends", steps):
        slot = name.capitalize() + "Tensor"
        bounds.append(_listed(operands, slot, slot + "List") or integers(node, name))
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
    x = _x(operands)
    target = _listed(operands, "Shape", "expand_shapes_tensor") or integers(node, "shape")
    own = (1,) * (len(target) - x.ndim) + x.shape
    return np.broadcast_to(x, [a if size == -1 else size for size, a in zip(target, own, strict=True)])


def _expand_as(node: Node, operands: Operands) -> Array:
    target = operands["Y"][0].shape if operands.get("Y") else integers(node, "target_shape")
    return np.broadcast_to(_x(operands), target)


def _tile(node: Node, operands: Operands) -> Array:
    return np.tile(
        _x(operands), _listed(operands, "RepeatTimes", "repeat_times_tensor") or integers(node, "repeat_times")
    )


def _gather(node: Node, operands: Operands) -> Array:
    _no(operands, "Axis")
    return np.take(_x(operands), operands["Index"][0], _axis(node, "dim" if node.type == "index_select" else "axis"))


def _gather_nd(node: Node, operands: Operands) -> Array:
    return np.asarray(_x(operands)[tuple(np.moveaxis(operands["Index"][0], -1, 0))])


def _take_along(node: Node, operands: Operands) -> Array:
    return np.take_along_axis(operands["Input"][0], operands["Index"][0], _axis(node, "Axis"))


def _index_sample(node: Node, operands: Operands) -> Array:
    return np.take_along_axis(_x(operands), operands["Index"][0], 1)


def _lookup(node: Node, operands: Operands) -> Array:
    if _axis(node, "padding_idx", -1) != -1:
        raise NotInterpretedError("padding_idx")
    return operands["W"][0][operands["Ids"][0]]


def _one_hot(node: Node, operands: Operands) -> Array:
    _no(operands, "depth_tensor")
    return np.asarray(_x(operands)[..., None] == np.arange(_axis(node, "depth")))


def _binary(function: Callable[[Array, Array], Array]) -> Function:
    def interpreted(node: Node, operands: Operands) -> Array:
        x, y, axis = operands["X"][0], operands["Y"][0], _axis(node, "axis", -1)
        if axis >= 0 and y.ndim and x.ndim > y.ndim:
            y = y.reshape(y.shape + (1,) * (x.ndim - axis - y.ndim))
        return np.asarray(function(x, y))

    return interpreted


def _divide(x: Array, y: Array) -> Array:
    if np.issubdtype(x.dtype, np.integer):
        return np.trunc(x.astype(np.float64) / y).astype(x.dtype)
    return np.divide(x, y)


def _unary(function: Callable[[Array], Array]) -> Function:
    return lambda node, operands: np.asarray(function(_x(operands)))


def _scale(node: Node, operands: Operands) -> Array:
    _no(operands, "ScaleTensor")
    x = _x(operands)
    scale, bias = _number(node, "scale", 1.0), _number(node, "bias", 0.0)
    if np.issubdtype(x.dtype, np.integer):
        scale, bias = int(scale), int(bias)
    return np.asarray(x * scale + bias if node.get("bias_after_scale", True) else (x + bias) * scale)


def _clip(node: Node, operands: Operands) -> Array:
    low, high = (
        operands[slot][0].reshape(-1)[0] if operands.get(slot) else _number(node, slot.lower(), 0.0)
        for slot in ("Min", "Max")
    )
    return np.clip(_x(operands), low, high)


def _reduce(function: Callable[..., Any]) -> Function:
    def interpreted(node: Node, operands: Operands) -> Array:
        axes = integers(node, "dim")
        everything = bool(node.get("reduce_all", False)) or not axes
        return np.asarray(
            function(_x(operands), axis=None if everything else axes, keepdims=bool(node.get("keep_dim", False)))
        )

    return interpreted


def _where(node: Node, operands: Operands) -> Array:
    return np.where(operands["Condition"][0], operands["X"][0], operands["Y"][0])


def _matmul(node: Node, operands: Operands) -> Array:
    x, y = operands["X"][0], operands["Y"][0]
    if node.get("trans_x", node.get("transpose_X", False)) and x.ndim > 1:
        x = x.swapaxes(-1, -2)
    if node.get("trans_y", node.get("transpose_Y", False)) and y.ndim > 1:
        y = y.swapaxes(-1, -2)
    return np.asarray(np.matmul(x, y) * np.float32(_number(node, "alpha", 1.0)))


def _softmax(node: Node, operands: Operands) -> Array:
    x, axis = _x(operands), _axis(node, "axis", -1)
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _cumsum(node: Node, operands: Operands) -> Array:
    if node.get("exclusive", False) or node.get("reverse", False):
        raise NotInterpretedError(node.type)
    return np.cumsum(_x(operands), None if node.get("flatten", False) else _axis(node, "axis", -1))


def _roll(node: Node, operands: Operands) -> Array:
    _no(operands, "ShiftsTensor")
    return np.roll(_x(operands), integers(node, "shifts"), integers(node, "axis") or None)


def _tril_triu(node: Node, operands: Operands) -> Array:
    function = np.tril if node.get("lower", True) else np.triu
    return function(_x(operands), _axis(node, "diagonal"))


def _eye(node: Node, operands: Operands) -> Array:
    rows, columns = (_axis(node, name, -1) for name in ("num_rows", "num_columns"))
    return np.eye(rows, rows if columns < 0 else columns)


def _pow(node: Node, operands: Operands) -> Array:
    _no(operands, "FactorTensor")
    return np.asarray(np.power(_x(operands), np.float32(_number(node, "factor", 1.0))))


def _bicubic(node: Node, operands: Operands) -> Array:
    _no(operands, "OutSize", "SizeTensor", "Scale")
    x, out = _x(operands), node.output("Out")
    given = node.get("scale", ())
    scales = ([float(each) for each in given] if isinstance(given, tuple) else [_number(node, "scale", 0.0)]) * 2
    align = bool(node.get("align_corners", True))
    rows, columns = (
        cubic_matrix(x.shape[axis], out.shape[axis], align, scales[axis - 2] if scales else 0.0) for axis in (2, 3)
    )
    return np.asarray(np.einsum("yh,nchw,xw->ncyx", rows, x, columns))


def _shape(node: Node, operands: Operands) -> Array:
    return np.array(operands["Input"][0].shape, np.int64)


def _meshgrid(node: Node, operands: Operands) -> Sequence[Array]:
    return np.meshgrid(*operands["X"], indexing="ij")


def _arg_max(node: Node, operands: Operands) -> Array:
    if node.get("flatten", False):
        raise NotInterpretedError("flatten")
    x, axis = _x(operands), _axis(node, "axis", -1)
    found = np.asarray(np.argmax(x, axis))
    return np.expand_dims(found, axis) if node.get("keepdims", False) else found


INTERPRETED: dict[str, Function] = {
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
    "elementwise_add": _binary(np.add),
    "elementwise_sub": _binary(np.subtract),
    "elementwise_mul": _binary(np.multiply),
    "elementwise_div": _binary(_divide),
    "elementwise_max": _binary(np.maximum),
    "elementwise_min": _binary(np.minimum),
    "elementwise_pow": _binary(np.power),
    "elementwise_mod": _binary(np.mod),
    "elementwise_floordiv": _binary(np.floor_divide),
    "equal": _binary(np.equal),
    "not_equal": _binary(np.not_equal),
    "less_than": _binary(np.less),
    "less_equal": _binary(np.less_equal),
    "greater_than": _binary(np.greater),
    "greater_equal": _binary(np.greater_equal),
    "logical_and": _binary(np.logical_and),
    "logical_or": _binary(np.logical_or),
    "logical_xor": _binary(np.logical_xor),
    "logical_not": _unary(np.logical_not),
    "bitwise_not": _unary(np.invert),
    "where": _where,
    "cast": _unary(np.asarray),
    "assign": _unary(np.asarray),
    "share_data": _unary(np.asarray),
    "scale": _scale,
    "clip": _clip,
    "exp": _unary(np.exp),
    "log": _unary(np.log),
    "sqrt": _unary(np.sqrt),
    "rsqrt": _unary(lambda x: np.reciprocal(np.sqrt(x))),
    "square": _unary(np.square),
    "reciprocal": _unary(np.reciprocal),
    "abs": _unary(np.abs),
    "sign": _unary(np.sign),
    "floor": _unary(np.floor),
    "ceil": _unary(np.ceil),
    "sin": _unary(np.sin),
    "cos": _unary(np.cos),
    "tanh": _unary(np.tanh),
    "relu": _unary(lambda x: np.maximum(x, 0)),
    "sigmoid": _unary(lambda x: 1 / (1 + np.exp(-x))),
    "log2": _unary(np.log2),
    "log1p": _unary(np.log1p),
    "pow": _pow,
    "softmax": _softmax,
    "matmul": _matmul,
    "matmul_v2": _matmul,
    "reduce_sum": _reduce(np.sum),
    "reduce_mean": _reduce(np.mean),
    "reduce_max": _reduce(np.max),
    "reduce_min": _reduce(np.min),
    "reduce_prod": _reduce(np.prod),
    "reduce_any": _reduce(np.any),
    "reduce_all": _reduce(np.all),
    "cumsum": _cumsum,
    "roll": _roll,
    "flip": lambda node, operands: np.flip(_x(operands), integers(node, "axis")),
    "tril_triu": _tril_triu,
    "meshgrid": _meshgrid,
    "arg_max": _arg_max,
    "bicubic_interp_v2": _bicubic,
    "shape": _shape,
}
