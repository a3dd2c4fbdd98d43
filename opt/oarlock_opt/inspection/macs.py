"""Multiply-accumulates, layer by layer.

Counted as ``paddle.flops`` counts layers, which is how the figures that PaddleClas publishes came about; the counts of
the zoo (oarlock_opt/zoo/count.py) are by the same definition:

- convolution: outputs x (input channels / groups) x kernel area, and one for each output where it has a bias, be that
  a slot or an addition behind it
- linear: outputs x inputs; its bias is not counted
- batch normalisation: two for each element
- global and adaptive average pooling, and a mean over the picture: window + 1 for each output; other average pooling:
  one
- leaky ReLU: one for each element
- everything else (other activations, max pooling, addition, concatenation): nothing

Two things are counted otherwise. Products of two computed matrices, as attention has them, which are no layers and
which ``paddle.flops`` does not see, count outputs x common length. A transposed convolution counts inputs x (output
channels / groups) x kernel area, which is what it computes; ``paddle.flops`` takes its outputs for its inputs.

In a .nb file batch normalisation is mostly within the convolution before, and is not counted any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from oarlock_opt.importer.graph import Graph, Index, Node, Value
from oarlock_opt.inspection.shapes import MALFORMED, Shapes

__all__ = ["macs_by_node"]


def macs_by_node(graph: Graph, shapes: Shapes) -> dict[Node, int | None]:
    """The count of every node in the order of the graph; None where it depends on a shape that is not known."""
    counter = _Counter(graph, shapes)
    return {node: counter.count(node) for node in graph.nodes}


class _Counter:
    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self._parameters: Mapping[Value, object] = graph.parameters
        self._shapes = shapes
        self._index: Index = graph.index()

    def count(self, node: Node) -> int | None:
        rule = _RULES.get(node.type)
        if rule is None:
            return 0
        try:
            return rule(self, node)
        except MALFORMED:  # a shape that is not known is a KeyError
            return None

    def _size(self, value: Value) -> int:
        return math.prod(self._shapes[value])

    def convolution(self, node: Node) -> int:
        filters = self._shapes[node.input("Filter")]
        bias = 1 if node.inputs.get("Bias") else 0
        return self._size(node.output("Output")) * (math.prod(filters[1:]) + bias)

    def transposed(self, node: Node) -> int:
        filters = self._shapes[node.input("Filter")]
        bias = self._size(node.output("Output")) if node.inputs.get("Bias") else 0
        return self._size(node.input("Input")) * math.prod(filters[1:]) + bias

    def fully_connected(self, node: Node) -> int:
        return self._size(node.output("Out")) * self._shapes[node.input("W")][0]

    def mul(self, node: Node) -> int:
        columns = int(str(node.get("y_num_col_dims", 1)))
        return self._size(node.output("Out")) * math.prod(self._shapes[node.input("Y")][:columns])

    def product(self, node: Node) -> int:
        turned = node.get("trans_x", node.get("transpose_X", False))
        left = self._shapes[node.input("X")]
        return self._size(node.output("Out")) * left[-2 if turned and len(left) > 1 else -1]

    def normalisation(self, node: Node) -> int:
        return 2 * self._size(node.input("X"))

    def elements(self, node: Node) -> int:
        return self._size(node.output("Out"))

    def pooling(self, node: Node) -> int:
        source, result = self._shapes[node.input("X")], self._shapes[node.output("Out")]
        if node.get("pooling_type", "max") != "avg":
            return 0
        if not (node.get("global_pooling", False) or node.get("adaptive", False)):
            return math.prod(result)
        plane = slice(1, -1) if node.get("data_format", "NCHW") == "NHWC" else slice(2, None)
        window = math.prod(size // out for size, out in zip(source[plane], result[plane], strict=True))
        return math.prod(result) * (window + 1)

    def mean(self, node: Node) -> int:
        source = self._shapes[node.input("X")]
        axes = node.get("dim") or ()
        if len(source) != 4 or not isinstance(axes, tuple) or {int(axis) % 4 for axis in axes} != {2, 3}:
            return 0
        return math.prod(source[:2]) * (math.prod(source[2:]) + 1)

    def bias(self, node: Node) -> int:
        """What an addition behind a convolution counts: one for each element when it adds a number to each channel."""
        producer = self._index.producer(node.input("X"))
        if producer is None or producer.type not in _CONVOLUTIONS or not self._is_parameter(node.input("Y")):
            return 0
        return self._size(node.output("Out"))

    def _is_parameter(self, value: Value) -> bool:
        producer = self._index.producer(value)
        if producer is not None and producer.type in ("reshape2", "reshape"):
            value = producer.input("X")
        return value in self._parameters


_CONVOLUTIONS = {
    "conv2d": _Counter.convolution,
    "depthwise_conv2d": _Counter.convolution,
    "conv3d": _Counter.convolution,
    "conv2d_transpose": _Counter.transposed,
    "depthwise_conv2d_transpose": _Counter.transposed,
}
_RULES: Mapping[str, Callable[[_Counter, Node], int]] = {
    **_CONVOLUTIONS,
    "fc": _Counter.fully_connected,
    "mul": _Counter.mul,
    **dict.fromkeys(["matmul", "matmul_v2", "bmm"], _Counter.product),
    "batch_norm": _Counter.normalisation,
    "leaky_relu": _Counter.elements,
    "pool2d": _Counter.pooling,
    "reduce_mean": _Counter.mean,
    "elementwise_add": _Counter.bias,
}
