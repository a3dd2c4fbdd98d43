"""Shapes of what layers and operators of elements give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._sizes import Size, add, divide
from oarlock_opt.importer.passes.shapes._common import Elements, Shape, ShapeOf, ShapeRule, broadcast

__all__ = ["LAYERS", "SAME"]


def _elementwise(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x, y = shape_of(node.input("X")), shape_of(node.input("Y"))
    axis = integers(node, "axis")
    if axis and axis[0] >= 0 and len(x) > len(y):
        return {"Out": [x]}
    return {"Out": [broadcast(x, y)]}


def _where(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    shapes = (shape_of(node.input(slot)) for slot in ("Condition", "X", "Y"))
    first, second, third = shapes
    return {"Out": [broadcast(broadcast(first, second), third)]}


def _window(size: Size, kernel: int, stride: int, before: int, after: int, dilation: int, ceil: bool) -> Size:
    free = add(size, before + after - dilation * (kernel - 1) - 1 + (stride - 1 if ceil else 0))
    return add(divide(free, stride), 1)


def _paddings(node: Node) -> tuple[tuple[int, int], ...]:
    values = integers(node, "paddings")
    if len(values) == 4:
        return values[:2], values[2:]
    return tuple((value, value) for value in values)


def _planes(node: Node, size: Sequence[Size], kernel: Sequence[int], dilations: Sequence[int]) -> list[Size]:
    strides, algorithm = integers(node, "strides"), node.get("padding_algorithm", "EXPLICIT")
    paddings = _paddings(node)
    result = []
    for index, each in enumerate(size):
        stride = strides[index]
        if algorithm == "SAME":
            result.append(divide(add(each, stride - 1), stride))
            continue
        before, after = (0, 0) if algorithm == "VALID" else paddings[index]
        ceil = bool(node.get("ceil_mode", False))
        result.append(_window(each, kernel[index], stride, before, after, dilations[index], ceil))
    return result


def _conv(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, filters = shape_of(node.input("Input")), node.input("Filter").shape
    if len(x) != 4 or node.get("data_format", "NCHW") not in ("NCHW", "AnyLayout"):
        return None
    planes = _planes(node, x[2:], filters[2:], integers(node, "dilations"))
    return {"Output": [(x[0], filters[0], *planes)]}


def _transposed_conv(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, filters, out = shape_of(node.input("Input")), node.input("Filter").shape, node.output("Output").shape
    if len(x) != 4 or -1 in out[2:]:
        return None
    return {"Output": [(x[0], *out[1:])]} if len(filters) == 4 else None


def _pool(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x = shape_of(node.input("X"))
    if len(x) != 4 or node.get("data_format", "NCHW") not in ("NCHW", "AnyLayout"):
        return None
    kernel = integers(node, "ksize")
    if node.get("global_pooling", False):
        planes: list[Size] = [1, 1]
    elif node.get("adaptive", False):
        planes = list(kernel)
    else:
        planes = _planes(node, x[2:], kernel, (1, 1))
    return {"Out": [(*x[:2], *planes)]}


def _reduce(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x = shape_of(node.input("X"))
    axes = integers(node, "dim") or integers(node, "axis")
    gone = {axis % max(len(x), 1) for axis in axes}
    if node.get("reduce_all", False) or not gone:
        gone = set(range(len(x)))
    if node.get("keep_dim", node.get("keepdim", node.get("keepdims", False))):
        return {"Out": [tuple(1 if axis in gone else size for axis, size in enumerate(x))]}
    return {"Out": [tuple(size for axis, size in enumerate(x) if axis not in gone)]}


def _matmul(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, y = shape_of(node.input("X")), shape_of(node.input("Y"))
    if len(x) < 2 or len(y) < 2:
        return None
    turned_x = node.get("trans_x", node.get("transpose_X", False))
    turned_y = node.get("trans_y", node.get("transpose_Y", False))
    rows, columns = x[-1 if turned_x else -2], y[-2 if turned_y else -1]
    return {"Out": [(*broadcast(x[:-2], y[:-2]), rows, columns)]}


def _mul(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x, y = shape_of(node.input("X")), shape_of(node.input("Y"))
    first, second = (integers(node, f"{each}_num_col_dims") or (1,) for each in "xy")
    return {"Out": [(*x[: first[0]], *y[second[0] :])]}


def _lookup(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    return {"Out": [(*shape_of(node.input("Ids")), shape_of(node.input("W"))[-1])]}


def _shape(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    return {"Out": [(len(shape_of(node.input("Input"))),)]}


def _same_batch(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    """For operators whose results are declared but for the batch."""
    x, out = shape_of(node.input("X")), node.output("Out").shape
    return {"Out": [(x[0], *out[1:])]} if x and out and -1 not in out[1:] else {}


def _like_input(slot: str) -> ShapeRule:
    def rule(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
        return {"Out": [shape_of(node.input(slot))]}

    return rule


SAME = frozenset(
    [
        "abs",
        "affine_channel",
        "assign",
        "batch_norm",
        "brelu",
        "cast",
        "ceil",
        "celu",
        "channel_shuffle",
        "clip",
        "cos",
        "cosh",
        "cumsum",
        "dropout",
        "elu",
        "erf",
        "exp",
        "expm1",
        "fill_any_like",
        "fill_zeros_like",
        "flip",
        "floor",
        "gelu",
        "group_norm",
        "hard_shrink",
        "hard_sigmoid",
        "hard_swish",
        "instance_norm",
        "layer_norm",
        "leaky_relu",
        "log",
        "log10",
        "log1p",
        "log2",
        "log_softmax",
        "logical_not",
        "logsigmoid",
        "mish",
        "pow",
        "prelu",
        "reciprocal",
        "relu",
        "relu6",
        "roll",
        "round",
        "rsqrt",
        "scale",
        "selu",
        "share_data",
        "shuffle_channel",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "sinh",
        "softmax",
        "softplus",
        "softshrink",
        "softsign",
        "sqrt",
        "square",
        "stanh",
        "swish",
        "tan",
        "tanh",
        "tanh_shrink",
        "thresholded_relu",
        "tril_triu",
        "trunc",
    ]
)
_ELEMENTWISE = [
    "elementwise_add",
    "elementwise_sub",
    "elementwise_mul",
    "elementwise_div",
    "elementwise_max",
    "elementwise_min",
    "elementwise_pow",
    "elementwise_mod",
    "elementwise_floordiv",
    "equal",
    "not_equal",
    "less_than",
    "less_equal",
    "greater_than",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
LAYERS: dict[str, ShapeRule] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **{f"reduce_{name}": _reduce for name in ("mean", "sum", "max", "min", "prod", "any", "all")},
    "where": _where,
    "conv2d": _conv,
    "depthwise_conv2d": _conv,
    "conv2d_transpose": _transposed_conv,
    "depthwise_conv2d_transpose": _transposed_conv,
    "pool2d": _pool,
    "matmul": _matmul,
    "matmul_v2": _matmul,
    "bmm": _matmul,
    "mul": _mul,
    "lookup_table_v2": _lookup,
    "shape": _shape,
    "set_value": _like_input("Input"),
    "p_norm": _same_batch,
    "arg_max": _same_batch,
    "bilinear_interp_v2": _same_batch,
    "nearest_interp_v2": _same_batch,
    "bicubic_interp_v2": _same_batch,
    "pixel_shuffle": _same_batch,
    "pixel_unshuffle": _same_batch,
    "pad2d": _same_batch,
    "pad3d": _same_batch,
    "max_pool2d_with_index": _same_batch,
}
