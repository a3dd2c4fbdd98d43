"""What no pass can mend and Paddle Lite would answer wrong, or die of when the model runs: found before it can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.importer.passes._builder import integers
from oarlock_opt.importer.passes._guard import refusing_malformed

__all__ = ["Limit", "limits", "refuse_limits"]

_MOST_NAMED = 3
_MOST_AXES = 6
_COUNTED_AXES = {
    "slice": "Input", "strided_slice": "Input", "tile": "X", "transpose": "X", "transpose2": "X", "unsqueeze": "Out",
    "unsqueeze2": "Out",
}  # fmt: skip
"""Operators that take, or give, tensors of at most six axes, and the slot of those."""
_CAST_TYPES = {
    "bool": ("int32", "int64", "float32"),
    "uint8": ("float32",),
    "int8": ("float32",),
    "int32": ("bool", "int64", "float32"),
    "int64": ("int32", "float32"),
    "float32": ("bool", "uint8", "int32", "int64"),
}
"""The types that the kernels of cast make of each."""


@dataclass(frozen=True)
class Limit:
    """An operator that Paddle Lite cannot be trusted with: its type, where it is from, and why (half a sentence)."""

    operator: str
    origin: str
    reason: str


def limits(graph: Graph) -> tuple[Limit, ...]:
    """The operators of a graph, after the passes, that the engine would get wrong or crash on; in order.

    Raises BadGraphError for an operator that is not what its type promises.
    """
    found = []
    with refusing_malformed("limits"):
        for node in graph.nodes:
            test = _TESTS.get(node.type)
            reason = _axes(node) or (test(node) if test is not None else "")
            if reason:
                found.append(Limit(node.type, node.origin, reason))
    return tuple(found)


def refuse_limits(graph: Graph) -> None:
    """Raise UnsupportedOpError when ``limits`` finds any; the message names the first few. Raises BadGraphError."""
    found = limits(graph)
    if not found:
        return
    named = "; ".join(f"{each.operator} ({each.origin}): {each.reason}" for each in found[:_MOST_NAMED])
    rest = f"; and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    raise UnsupportedOpError(
        f"Paddle Lite cannot run this model right: {named}{rest}. Export the model with fixed sizes where they are "
        "free, or build these layers from other operators.",
        op=found[0].operator,
    )


def _reduction(node: Node) -> str:
    x = node.input("X")
    if x.dtype != "float32" and node.type == "reduce_mean":
        return f"its kernels take float32 only, and this is {x.dtype}"
    axes, rank = integers(node, "dim"), len(x.shape)
    neighbours = all(second == first + 1 for first, second in pairwise(axes))
    if rank > 4 or len(axes) > 2 or not neighbours:
        return f"it reduces the axes {list(axes)} of {list(x.shape)}, of which too many sizes are free to split that up"
    return ""


def _axes(node: Node) -> str:
    slot = _COUNTED_AXES.get(node.type)
    if slot is None:
        return ""
    value = node.output(slot) if slot == "Out" else node.input(slot)
    rank = len(value.shape)
    return f"its tensor has {rank} axes, and it takes at most {_MOST_AXES}" if rank > _MOST_AXES else ""


def _grid_sampler(node: Node) -> str:
    x, grid = node.input("X").shape, node.input("Grid").shape
    if x[2:] != grid[1:3]:
        return f"its result has the size {list(grid[1:3])}, and must have that of its input, {list(x[2:])}"
    return ""


def _strided_slice(node: Node) -> str:
    if any(stride < 0 for stride in integers(node, "strides")):
        return "it goes backwards along an axis whose size is free, and negative strides are ignored"
    return ""


def _roll(node: Node) -> str:
    return "" if integers(node, "axis") else "it rolls all of a tensor of which too many sizes are free"


def _cast(node: Node) -> str:
    source, target = node.input("X").dtype, node.output("Out").dtype
    if source != target and target not in _CAST_TYPES.get(source, ()):
        return f"there is no kernel from {source} to {target}"
    return ""


def _norm(node: Node) -> str:
    x = node.input("X")
    if node.type != "layer_norm" and len(x.shape) != 4:
        return f"it has {len(x.shape)} axes, of which too many sizes are free to make four of them"
    if not node.inputs.get("Scale") or not node.inputs.get("Bias"):
        return "it has no scale or no bias, and the sizes that it would take to make them are free"
    return _layout(node)


def _layout(node: Node) -> str:
    layout = node.get("data_format", node.get("data_layout", "NCHW"))
    if layout in ("NHWC", "NDHWC", "NLC"):
        return f"its channels are last ({layout}), and Paddle Lite takes the second axis for them"
    return ""


def _pad3d(node: Node) -> str:
    if node.get("mode", "constant") == "constant":
        return "it pads a tensor of which too many sizes are free with a constant, which the kernel gets wrong"
    return ""


def _roi_align(node: Node) -> str:
    return "its kernel answers other numbers than PaddlePaddle's"


_REDUCTIONS = ("reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod")
_PICTURES = ("conv2d", "depthwise_conv2d", "conv2d_transpose", "pool2d", "bilinear_interp_v2", "nearest_interp_v2")
_TESTS: dict[str, Callable[[Node], str]] = {
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(_PICTURES, _layout),
    **dict.fromkeys(("layer_norm", "group_norm", "instance_norm"), _norm),
    "grid_sampler": _grid_sampler,
    "strided_slice": _strided_slice,
    "roll": _roll,
    "cast": _cast,
    "pad3d": _pad3d,
    "roi_align": _roi_align,
}
