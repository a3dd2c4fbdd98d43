"""Operators that compute with elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._resampling import cubic_matrix
from oarlock_opt.importer.passes.interpreter._common import (
    Array,
    Function,
    NotInterpretedError,
    Operands,
    axis_of,
    bounded,
    number,
    refuse,
    x_of,
)

__all__ = ["NUMBERS"]


def _binary(function: Callable[[Array, Array], Array]) -> Function:
    def interpreted(node: Node, operands: Operands) -> Array:
        x, y, axis = operands["X"][0], operands["Y"][0], axis_of(node, "axis", -1)
        if axis >= 0 and y.ndim and x.ndim > y.ndim:
            y = y.reshape(y.shape + (1,) * (x.ndim - axis - y.ndim))
        bounded(np.broadcast_shapes(x.shape, y.shape))
        return np.asarray(function(x, y))

    return interpreted


def _divide(x: Array, y: Array) -> Array:
    if np.issubdtype(x.dtype, np.integer):
        return np.trunc(x.astype(np.float64) / y).astype(x.dtype)
    return np.divide(x, y)


def _unary(function: Callable[[Array], Array]) -> Function:
    return lambda node, operands: np.asarray(function(x_of(operands)))


def _scale(node: Node, operands: Operands) -> Array:
    x, given = x_of(operands), operands.get("ScaleTensor")
    scale = given[0].reshape(-1)[0] if given else number(node, "scale", 1.0)
    bias = number(node, "bias", 0.0)
    if np.issubdtype(x.dtype, np.integer):
        scale, bias = int(scale), int(bias)
    return np.asarray(x * scale + bias if node.get("bias_after_scale", True) else (x + bias) * scale)


def _clip(node: Node, operands: Operands) -> Array:
    low, high = (
        operands[slot][0].reshape(-1)[0] if operands.get(slot) else number(node, slot.lower(), 0.0)
        for slot in ("Min", "Max")
    )
    return np.clip(x_of(operands), low, high)


def _reduce(function: Callable[..., Any]) -> Function:
    def interpreted(node: Node, operands: Operands) -> Array:
        axes = integers(node, "dim")
        everything = bool(node.get("reduce_all", False)) or not axes
        return np.asarray(
            function(x_of(operands), axis=None if everything else axes, keepdims=bool(node.get("keep_dim", False)))
        )

    return interpreted


def _where(node: Node, operands: Operands) -> Array:
    condition, x, y = (operands[slot][0] for slot in ("Condition", "X", "Y"))
    bounded(np.broadcast_shapes(condition.shape, x.shape, y.shape))
    return np.where(condition, x, y)


def _matmul(node: Node, operands: Operands) -> Array:
    x, y = operands["X"][0], operands["Y"][0]
    if node.get("trans_x", node.get("transpose_X", False)) and x.ndim > 1:
        x = x.swapaxes(-1, -2)
    if node.get("trans_y", node.get("transpose_Y", False)) and y.ndim > 1:
        y = y.swapaxes(-1, -2)
    if x.ndim > 1 and y.ndim > 1:
        bounded([*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1]])
    return np.asarray(np.matmul(x, y) * np.float32(number(node, "alpha", 1.0)))


def _softmax(node: Node, operands: Operands) -> Array:
    x, axis = x_of(operands), axis_of(node, "axis", -1)
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _cumsum(node: Node, operands: Operands) -> Array:
    if node.get("exclusive", False) or node.get("reverse", False):
        raise NotInterpretedError(node.type)
    return np.cumsum(x_of(operands), None if node.get("flatten", False) else axis_of(node, "axis", -1))


def _pow(node: Node, operands: Operands) -> Array:
    refuse(operands, "FactorTensor")
    return np.asarray(np.power(x_of(operands), np.float32(number(node, "factor", 1.0))))


def _bicubic(node: Node, operands: Operands) -> Array:
    refuse(operands, "OutSize", "SizeTensor", "Scale")
    x, out = x_of(operands), node.output("Out")
    given = node.get("scale", ())
    scales = ([float(each) for each in given] if isinstance(given, tuple) else [number(node, "scale", 0.0)]) * 2
    align = bool(node.get("align_corners", True))
    rows, columns = (
        cubic_matrix(x.shape[axis], out.shape[axis], align, scales[axis - 2] if scales else 0.0) for axis in (2, 3)
    )
    return np.asarray(np.einsum("yh,nchw,xw->ncyx", rows, x, columns))


def _arg_max(node: Node, operands: Operands) -> Array:
    axis = None if node.get("flatten", False) else axis_of(node, "axis", -1)
    x = x_of(operands)
    return np.asarray(np.argmax(x, axis, keepdims=True) if node.get("keepdims", False) else np.argmax(x, axis))


NUMBERS: dict[str, Function] = {
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
    "arg_max": _arg_max,
    "bicubic_interp_v2": _bicubic,
}
