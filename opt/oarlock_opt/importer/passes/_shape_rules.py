"""Shapes of results from shapes of operands, operator by operator, with sizes that may be polynomials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from oarlock_opt.importer.graph import Node, Value
from oarlock_opt.importer.passes._builder import REST, integers
from oarlock_opt.importer.passes._sizes import Size, add, atom, divide, multiply, negate, product, quotient

__all__ = ["Elements", "ShapeOf", "reshaped", "shapes_of", "slice_length"]

Shape: TypeAlias = "tuple[Size, ...]"
ShapeOf: TypeAlias = Callable[[Value], Shape]
Elements: TypeAlias = Mapping[Value, Shape]
ShapeRule: TypeAlias = "Callable[[Node, ShapeOf, Elements], Mapping[str, Sequence[Shape]] | None]"


def shapes_of(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    """The shapes of the outputs by slot, as far as the operator's rule tells them; {} for an operator without one."""
    rule = _RULES.get(node.type)
    if rule is not None:
        return rule(node, shape_of, elements) or {}
    first = next(iter(node.inputs.get("X", [])), None)
    if node.type in _SAME and first is not None:
        return {slot: [shape_of(first)] for slot in ("Out", "Y")}
    return {}


def reshaped(shape: Shape, target: Sequence[Size]) -> Shape | None:
    """The result of reshape2: 0 is the size that is there, -1 what is left over; None where that cannot be told."""
    sizes = [shape[axis] if size == 0 and axis < len(shape) else size for axis, size in enumerate(target)]
    if -1 in sizes:
        index = sizes.index(-1)
        left = quotient(product(shape), product(sizes[:index] + sizes[index + 1 :]))
        if left is None:
            return None
        sizes[index] = left
    return tuple(sizes)


def slice_length(size: Size, start: Size, end: Size) -> Size | None:
    """How many elements a slice with stride 1 has; None where that depends on what is not known."""
    if isinstance(size, int) and isinstance(start, int) and isinstance(end, int):
        begin, finish = (min(max(each + size if each < 0 else each, 0), size) for each in (start, end))
        return max(finish - begin, 0)
    begins_at = add(size, start) if isinstance(start, int) and start < 0 else start
    if (isinstance(end, int) and end >= REST) or end == size:
        return add(size, negate(begins_at))
    if isinstance(end, int) and end < 0:
        return add(add(size, end), negate(begins_at))
    if isinstance(start, int) and start < 0:
        return None
    # Both count from the front; that the axis is long enough is for the model to say.
    return add(end, negate(begins_at)) if isinstance(end, int) and isinstance(start, int) and end == start + 1 else None


def _axis(node: Node, name: str, rank: int, default: int = 0) -> int:
    return (integers(node, name) or (default,))[0] % max(rank, 1)


def _broadcast(left: Shape, right: Shape) -> Shape:
    rank = max(len(left), len(right))
    padded = ((1,) * (rank - len(shape)) + shape for shape in (left, right))
    return tuple(_broadcast_size(a, b) for a, b in zip(*padded, strict=True))


def _broadcast_size(left: Size, right: Size) -> Size:
    if left == right or right == 1:
        return left
    if left == 1:
        return right
    # Where one is unknown and the other a number beyond 1, the result is that number.
    known = next((size for size in (left, right) if isinstance(size, int)), None)
    return atom(("broadcast", left, right)) if known is None else known


def _elementwise(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x, y = shape_of(node.input("X")), shape_of(node.input("Y"))
    axis = integers(node, "axis")
    if axis and axis[0] >= 0 and len(x) > len(y):
        return {"Out": [x]}
    return {"Out": [_broadcast(x, y)]}


def _where(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    shapes = (shape_of(node.input(slot)) for slot in ("Condition", "X", "Y"))
    first, second, third = shapes
    return {"Out": [_broadcast(_broadcast(first, second), third)]}


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
    start, stop = (_axis(node, name, len(x), 1) for name in ("start_axis", "stop_axis"))
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
    axis = _axis(node, "axis", len(shapes[0]))
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
    axis = _axis(node, "axis", len(first) + 1)
    return {"Y": [(*first[:axis], len(node.inputs["X"]), *first[axis:])]}


def _split(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, outs = shape_of(node.input("X")), node.outputs["Out"]
    if node.inputs.get("AxisTensor") or node.inputs.get("SectionsTensorList"):
        return None
    axis = _axis(node, "axis", len(x))
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
    starts, ends = (_bounds(node, name, elements) for name in ("starts", "ends"))
    if starts is None or ends is None or any(stride != 1 for stride in integers(node, "strides")):
        return None
    for axis, start, end in zip(axes, starts, ends, strict=True):
        length = 1 if axis in dropped else slice_length(x[axis], start, end)
        if length is None:
            return None
        x[axis] = length
    return {"Out": [tuple(size for axis, size in enumerate(x) if axis not in dropped)]}


def _bounds(node: Node, name: str, elements: Elements) -> Sequence[Size] | None:
    slot = name.capitalize() + "Tensor"
    if node.inputs.get(slot):
        return elements.get(node.input(slot))
    if node.inputs.get(slot + "List"):
        parts = [elements.get(each) for each in node.inputs[slot + "List"]]
        return [part[0] for part in parts if part] if all(parts) else None
    return integers(node, name)


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
    return {"Out": [(*_broadcast(x[:-2], y[:-2]), rows, columns)]}


def _mul(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    x, y = shape_of(node.input("X")), shape_of(node.input("Y"))
    first, second = (integers(node, f"{each}_num_col_dims") or (1,) for each in "xy")
    return {"Out": [(*x[: first[0]], *y[second[0] :])]}


def _expand(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    x, target = shape_of(node.input("X")), _target(node, elements)
    if target is None or len(target) < len(x):
        return None
    padded = (1,) * (len(target) - len(x)) + x
    return {"Out": [tuple(own if size == -1 else size for size, own in zip(target, padded, strict=True))]}


def _target(node: Node, elements: Elements) -> Sequence[Size] | None:
    for slot in ("Shape", "ShapeTensor"):
        if len(node.inputs.get(slot, [])) == 1 and node.type != "reshape2":
            return elements.get(node.input(slot))
    for slot in ("expand_shapes_tensor", "ShapeTensorList"):
        if node.inputs.get(slot):
            parts = [elements.get(each) for each in node.inputs[slot]]
            return [part[0] for part in parts if part] if all(parts) else None
    return integers(node, "shape")


def _fill(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]] | None:
    target = _target(node, elements)
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
    axis = _axis(node, "dim" if node.type == "index_select" else "axis", len(x))
    return {"Out": [(*x[:axis], *index, *x[axis + 1 :])]}


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


_SAME = frozenset(
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
_RULES: dict[str, ShapeRule] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **{f"reduce_{name}": _reduce for name in ("mean", "sum", "max", "min", "prod", "any", "all")},
    "where": _where,
    "conv2d": _conv,
    "depthwise_conv2d": _conv,
    "conv2d_transpose": _transposed_conv,
    "depthwise_conv2d_transpose": _transposed_conv,
    "pool2d": _pool,
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
    "matmul": _matmul,
    "matmul_v2": _matmul,
    "bmm": _matmul,
    "mul": _mul,
    "expand_v2": _expand,
    "tile": _tile,
    "fill_constant": _fill,
    "fill_constant_batch_size_like": _fill_like_batch,
    "gather": _gather,
    "index_select": _gather,
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
