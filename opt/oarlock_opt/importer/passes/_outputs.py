"""Outputs that Paddle Lite asks for although nobody reads them, and that PaddlePaddle leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from oarlock_opt.importer.graph import Graph, Node, Value

__all__ = ["restore_outputs"]

_WITH_XSHAPE = (
    "reshape2", "transpose2", "squeeze2", "unsqueeze2", "flatten2", "flatten_contiguous_range",
)  # fmt: skip
_STATISTICS: Mapping[str, tuple[str, ...]] = {
    "layer_norm": ("Mean", "Variance"),
    "group_norm": ("Mean", "Variance"),
    "instance_norm": ("SavedMean", "SavedVariance"),
    "max_pool2d_with_index": ("Mask",),
}


def restore_outputs(graph: Graph) -> int:
    """Give operators the outputs that they lack: XShape, the statistics of normalisations, masks of pooling."""
    count = 0
    for node in graph.nodes:
        if node.type in _WITH_XSHAPE and not node.outputs.get("XShape"):
            shape = next(iter(node.inputs["X"])).shape
            node.outputs["XShape"] = [Value("xshape", "int64", (0, *shape))]
            count += 1
        for slot in _STATISTICS.get(node.type, ()):
            if not node.outputs.get(slot):
                node.outputs[slot] = [Value(slot.lower(), "float32", _statistic_shape(node))]
                count += 1
    return count


def _statistic_shape(node: Node) -> tuple[int, ...]:
    x = node.inputs["X"][0]
    return x.shape[:1]
