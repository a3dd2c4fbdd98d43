"""The scales of quantised programs."""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Value

__all__ = ["join_scales"]

_KEEP_A_SCALE = ("fake_quantize_range_abs_max", "fake_quantize_moving_average_abs_max",
                 "fake_quantize_dequantize_moving_average_abs_max")  # fmt: skip


def join_scales(graph: Graph) -> int:
    """Have what reads the scale that a fake_quantize operator gives read the one that the operator itself reads.

    In training it computes a new scale in the place of the old; in inference it gives none, and PaddlePaddle finds the
    old one there.
    """
    scales: dict[Value, Value] = {}
    read = {value for node in graph.nodes for value in node.all_inputs()}
    for node in graph.nodes:
        if node.type in _KEEP_A_SCALE and node.get("is_test", False) and "OutScale" in node.outputs:
            given = node.output("OutScale")
            if given in read:
                scales[given] = node.input("InScale")
    graph.replace(scales)
    return len(scales)
