"""The quantised program as a graph: its operators, its thresholds, and single operators back in fp32.

PaddlePaddle puts a fake_quantize operator before each quantised one, which rounds its input to whole numbers from -127
to 127, a fake_dequantize operator behind it, and whole numbers, by output channel, in the place of its weights. One
calibration so serves every choice of operators, since nothing of it depends on the others.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, TensorData, Value
from oarlock_opt.importer.passes import join_scales
from oarlock_opt.quantize.methods import OPERATORS
from oarlock_opt.source import SourceFiles

__all__ = ["Program", "QuantizedOp"]

_QUANTIZE = "fake_quantize_range_abs_max"
_DEQUANTIZE = "fake_channel_wise_dequantize_max_abs"


@dataclass(frozen=True)
class QuantizedOp:
    """An operator that can be quantised: ``number`` counts them in the order of execution.

    ``origin`` says where it came from in the user's model; ``weight`` is its parameter, of ``size`` elements; ``input``
    the tensor whose threshold it has.
    """

    number: int
    type: str
    origin: str
    weight: str
    size: int
    input: str


class Program:
    """A model before and after calibration, from which ``graph`` makes every mixture. Immutable."""

    def __init__(self, original: SourceFiles, quantized: SourceFiles, origins: Mapping[str, str]) -> None:
        """``original`` is the legacy program that was calibrated; ``origins`` are by the operators' parameters.

        Raises SourceError and OSError.
        """
        self._original = original
        self._quantized = quantized
        parts = _parts(legacy.read(quantized))
        self.ops = tuple(part.described(number, origins) for number, part in enumerate(parts))

    def graph(self, thresholds: Mapping[str, float], quantized: Collection[int]) -> Graph:
        """The model with the operators of these numbers quantised, by these thresholds, and all others in fp32."""
        graph = legacy.read(self._quantized)
        join_scales(graph)
        floats = {value.name: data for value, data in self.original().parameters.items()}
        parts = _parts(graph)
        kept = [part for number, part in enumerate(parts) if number in quantized]
        for part in parts:
            if part not in kept:
                _restore(graph, part, floats, {each.weight for each in kept})
        for number, part in enumerate(kept):
            # PaddlePaddle numbers them in an order that differs from run to run.
            part.dequantize.inputs["Scales"][0].name = f"channel_scales_{number}"
            scale = np.array([thresholds[part.source.name]], np.float32)
            graph.parameters[part.quantize.input("InScale")] = ArrayTensor(scale)
        graph.remove_dead()
        return graph

    def original(self) -> Graph:
        """The model in fp32."""
        return legacy.read(self._original)

    def usable(self, thresholds: Mapping[str, float]) -> tuple[QuantizedOp, ...]:
        """The operators whose threshold is a number that 8 bits can be spread over."""
        return tuple(op for op in self.ops if 0 < thresholds[op.input] < math.inf)


@dataclass(frozen=True, eq=False)
class _Part:
    """A quantised operator within its graph, between the operators that make it one."""

    quantize: Node
    node: Node
    dequantize: Node

    @property
    def source(self) -> Value:
        return self.quantize.input("X")

    @property
    def weight(self) -> Value:
        return self.node.input(OPERATORS[self.node.type][1])

    def described(self, number: int, origins: Mapping[str, str]) -> QuantizedOp:
        name = self.weight.name
        return QuantizedOp(
            number, self.node.type, origins.get(name, name), name, math.prod(self.weight.shape), self.source.name
        )


def _parts(graph: Graph) -> list[_Part]:
    """The quantised operators, in order."""
    index = graph.index()
    parts = []
    for node in graph.nodes:
        if node.type not in OPERATORS:
            continue
        source, _, output = OPERATORS[node.type]
        before = index.producer(node.input(source))
        after = [use.node for use in index.users(node.output(output))]
        if before is not None and before.type == _QUANTIZE and [it.type for it in after] == [_DEQUANTIZE]:
            parts.append(_Part(before, node, after[0]))
    return parts


def _restore(graph: Graph, part: _Part, floats: Mapping[str, TensorData], needed: Collection[Value]) -> None:
    """Have an operator compute in fp32; the weights in ``needed`` stay whole numbers for other operators."""
    source, weights, output = OPERATORS[part.node.type]
    data = floats[part.weight.name]
    if part.weight in needed:
        part.node.inputs[weights] = [graph.add_parameter(part.weight.name, data)]
    else:
        graph.parameters[part.weight] = data
    part.node.inputs[source] = [part.source]
    part.node.outputs[output] = [part.dequantize.output("Out")]
    graph.nodes.remove(part.dequantize)
