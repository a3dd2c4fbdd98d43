"""Operators that Paddle Lite does not have, or for one processor only, by way of those that it has everywhere."""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, integers, ints, rewrite, static

__all__ = ["replace_operators"]


def replace_operators(graph: Graph) -> int:
    """Replace sums of lists, shuffles of channels and pixels, repetitions, and kernels that one processor lacks."""
    return rewrite(graph, _RULES)


def _sum(build: Builder, node: Node) -> bool:
    values, out = node.inputs["X"], node.output("Out")
    if len(values) < 2:
        return False
    current = values[0]
    for index, value in enumerate(values[1:], 2):
        current = build.binary("add", current, value, out=out if index == len(values) else None)
    return True


def _affine_channel(build: Builder, node: Node) -> bool:
    if node.get("data_layout", "NCHW") not in ("NCHW", "AnyLayout"):
        return False
    scaled = build.binary("mul", node.input("X"), node.input("Scale"), axis=1)
    build.binary("add", scaled, node.input("Bias"), axis=1, out=node.output("Out"))
    return True


def _depthwise_transpose(build: Builder, node: Node) -> bool:
    build.add("conv2d_transpose", node.inputs, node.outputs, node.attrs)
    return True


def _expand_as(build: Builder, node: Node) -> bool:
    x, out, like = node.input("X"), node.output("Out"), node.inputs.get("Y") or node.inputs.get("target_tensor")
    target = integers(node, "target_shape") or out.shape
    if static(target):
        build.op("expand_v2", {"X": x}, {"shape": ints(target)}, shape=out.shape, dtype=x.dtype, out=out)
    elif like:
        sizes = build.op("shape", {"Input": like[0]}, shape=(len(like[0].shape),), dtype="int32")
        attrs = {"shape": ints([-1] * len(like[0].shape))}
        build.op("expand_v2", {"X": x, "Shape": sizes}, attrs, shape=out.shape, dtype=x.dtype, out=out)
    else:
        return False
    return True


def _channel_shuffle(build: Builder, node: Node) -> bool:
    if node.get("data_format", "NCHW") != "NCHW":
        return False
    group = integers(node, "groups")[0]
    build.unary("shuffle_channel", node.input("X"), {"group": group}, node.output("Out"))
    return True


def _pixel_unshuffle(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    factor = integers(node, "downscale_factor")[0]
    _, channels, height, width = x.shape
    if node.get("data_format", "NCHW") != "NCHW" or -1 in (channels, height, width):
        return False
    split = build.reshape(x, (-1, channels, height // factor, factor, width // factor, factor))
    moved = build.transpose(split, (0, 1, 3, 5, 2, 4))
    build.reshape(moved, (-1, *out.shape[1:]), out=out)
    return True


def _repeat_interleave(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    repeats = integers(node, "Repeats") or integers(node, "repeats")
    axis = (integers(node, "dim") or (0,))[0] % len(x.shape)
    if not repeats or node.inputs.get("RepeatsTensor") or out.shape.count(-1) > 1:
        return False
    before = (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :])
    apart = build.op("unsqueeze2", {"X": x}, {"axes": ints([axis + 1])}, shape=before, dtype=x.dtype)
    times = [repeats[0] if index == axis + 1 else 1 for index in range(len(before))]
    after = (*x.shape[: axis + 1], repeats[0], *x.shape[axis + 1 :])
    repeated = build.op("tile", {"X": apart}, {"repeat_times": ints(times)}, shape=after, dtype=x.dtype)
    build.reshape(repeated, out.shape, out=out)
    return True


def _logical(type: str) -> Rule:
    """With broadcasting, which the kernels of logical operators ignore: through numbers, where it is right."""

    def rule(build: Builder, node: Node) -> bool:
        x, y, out = node.input("X"), node.input("Y"), node.output("Out")
        if x.shape == y.shape:
            return False
        left, right = build.cast(x, "float32"), build.cast(y, "float32")
        if type == "not_equal":
            build.op(type, {"X": left, "Y": right}, {"axis": -1}, shape=out.shape, dtype="bool", out=out)
        else:
            build.cast(build.binary(type, left, right), "bool", out)
        return True

    return rule


def _bitwise(type: str) -> Rule:
    """Of truth values, a bitwise operator is the logical one."""

    def rule(build: Builder, node: Node) -> bool:
        if any(value.dtype != "bool" for value in node.all_inputs()):
            return False
        build.add(type, node.inputs, node.outputs)
        return True

    return rule


def _cast(build: Builder, node: Node) -> bool:
    """Truth values of int64 go through int32, since there is no kernel."""
    x, out = node.input("X"), node.output("Out")
    if (x.dtype, out.dtype) != ("int64", "bool"):
        return False
    build.cast(build.cast(x, "int32"), "bool", out)
    return True


def _moves(slot: str, out_slot: str) -> Rule:
    """Truth values are moved as numbers: the operators that move elements have no kernels for them."""

    def rule(build: Builder, node: Node) -> bool:
        if any(value.dtype != "bool" for value in node.inputs[slot]):
            return False
        numbers = [build.cast(value, "float32") for value in node.inputs[slot]]
        results = [Value(node.type, "float32", out.shape) for out in node.outputs[out_slot]]
        build.add(node.type, {**node.inputs, slot: numbers}, {out_slot: results}, node.attrs)
        for result, out in zip(results, node.outputs[out_slot], strict=True):
            build.cast(result, "bool", out)
        return True

    return rule


_RULES: dict[str, Rule] = {
    "sum": _sum,
    "affine_channel": _affine_channel,
    "depthwise_conv2d_transpose": _depthwise_transpose,
    "expand_as_v2": _expand_as,
    "channel_shuffle": _channel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "repeat_interleave": _repeat_interleave,
    "logical_and": _logical("mul"),
    "logical_or": _logical("max"),
    "logical_xor": _logical("not_equal"),
    "bitwise_and": _bitwise("logical_and"),
    "bitwise_or": _bitwise("logical_or"),
    "bitwise_xor": _bitwise("logical_xor"),
    "bitwise_not": _bitwise("logical_not"),
    "cast": _cast,
    "concat": _moves("X", "Out"),
    "slice": _moves("Input", "Out"),
    "expand_v2": _moves("X", "Out"),
    "tile": _moves("X", "Out"),
    "transpose2": _moves("X", "Out"),
    "stack": _moves("X", "Y"),
    "split": _moves("X", "Out"),
}
