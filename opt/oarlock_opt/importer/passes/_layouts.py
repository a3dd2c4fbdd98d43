"""Pictures with their channels last, which Paddle Lite's kernels take for pictures with their channels first."""

from __future__ import annotations

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, integers, ints, rewrite

__all__ = ["join_transposes", "put_channels_first"]

_TO_FIRST, _TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_OPERATORS = {
    "conv2d": ("Input", "Output", "data_format"),
    "depthwise_conv2d": ("Input", "Output", "data_format"),
    "conv2d_transpose": ("Input", "Output", "data_format"),
    "depthwise_conv2d_transpose": ("Input", "Output", "data_format"),
    "pool2d": ("X", "Out", "data_format"),
    "pad2d": ("X", "Out", "data_format"),
    "pixel_shuffle": ("X", "Out", "data_format"),
    "prelu": ("X", "Out", "data_format"),
    "batch_norm": ("X", "Y", "data_layout"),
    "group_norm": ("X", "Y", "data_layout"),
    "bilinear_interp_v2": ("X", "Out", "data_layout"),
    "nearest_interp_v2": ("X", "Out", "data_layout"),
    "bicubic_interp_v2": ("X", "Out", "data_layout"),
}


def put_channels_first(graph: Graph) -> int:
    """Move the channels to the front before operators that are marked NHWC, and back behind them."""
    rules: dict[str, Rule] = dict.fromkeys(_OPERATORS, _channels_first)
    return rewrite(graph, rules)


def join_transposes(graph: Graph) -> int:
    """Make one of two transpositions in a row; ``remove_identities`` drops those that cancel out."""
    producers = graph.index().producers
    count = 0
    for node in graph.nodes:
        if node.type != "transpose2":
            continue
        before = producers.get(node.input("X"))
        if before is None or before.type != "transpose2":
            continue
        inner, outer = integers(before, "axis"), integers(node, "axis")
        node.inputs["X"] = list(before.inputs["X"])
        node.attrs["axis"] = ints(inner[axis] for axis in outer)
        count += 1
    return count


def _channels_first(build: Builder, node: Node) -> bool:
    slot, out_slot, name = _OPERATORS[node.type]
    if node.get(name) != "NHWC" or len(node.input(slot).shape) != 4:
        return False
    out = node.output(out_slot)
    x = build.transpose(node.input(slot), _TO_FIRST)
    result = Value(node.type, out.dtype, tuple(out.shape[axis] for axis in _TO_FIRST))
    inputs, outputs = {**node.inputs, slot: [x]}, {**node.outputs, out_slot: [result]}
    build.add(node.type, inputs, outputs, {**node.attrs, name: Attr(AttrKind.STRING, "NCHW")})
    build.transpose(result, _TO_LAST, out)
    return True
