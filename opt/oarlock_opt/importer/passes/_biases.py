"""Parameters added to channels, in the form that the engine fuses into the convolution before."""

from __future__ import annotations

from collections.abc import Mapping

from oarlock_opt.importer.graph import Graph, Node, Value

__all__ = ["align_channel_parameters"]

_ELEMENTWISE = ("elementwise_add", "elementwise_mul", "elementwise_sub", "elementwise_div")
_RESHAPES = ("reshape2", "reshape", "unsqueeze2", "unsqueeze")


def align_channel_parameters(graph: Graph) -> int:
    """Have elementwise operators read a parameter [C] with axis 1 instead of its reshaping to [1, C, 1, 1]."""
    producers = graph.index().producers
    count = 0
    for node in graph.nodes:
        if node.type not in _ELEMENTWISE or node.get("axis", -1) != -1:
            continue
        parameter = _channels(graph, producers, node.input("X"), node.input("Y"))
        if parameter is not None:
            node.inputs["Y"] = [parameter]
            node.set("axis", 1)
            count += 1
    if count:
        graph.remove_dead()
    return count


def _channels(graph: Graph, producers: Mapping[Value, Node], x: Value, y: Value) -> Value | None:
    """The parameter [C] that ``y`` is a reshaping of, where it holds one element for each channel of ``x``."""
    node = producers.get(y)
    rank = len(x.shape)
    if node is None or node.type not in _RESHAPES or rank < 3 or x.shape[1] < 1:
        return None
    parameter = node.inputs["X"][0]
    channels = x.shape[1]
    padded = (1,) * (rank - len(y.shape)) + y.shape
    wanted = (1, channels) + (1,) * (rank - 2)
    if parameter in graph.parameters and padded == wanted and parameter.shape == (channels,):
        return parameter
    return None
