"""What a model takes and gives: all that bundles, goldens and preprocessing need to know of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from oarlock._specs import TensorSpec
from oarlock_opt.importer.graph import Graph, Index, Node, Value

__all__ = ["Interface"]

_PROBABILITIES = ("softmax", "sigmoid")


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs of a model, and for each output whether it comes out of a softmax (or sigmoid)."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    probabilities: tuple[bool, ...]

    @classmethod
    def of(cls, graph: Graph) -> Interface:
        """The interface of a graph as it is now."""
        index = graph.index()
        return cls(
            tuple(value.spec for value in graph.inputs),
            tuple(value.spec for value in graph.outputs),
            tuple(_is_probabilities(value, index) for value in graph.outputs),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Interface:
        """What ``to_json`` gave. Raises LookupError, TypeError or ValueError for anything else."""
        inputs, outputs = (
            tuple(TensorSpec(it["name"], tuple(it["shape"]), it["dtype"]) for it in data[side])
            for side in ("inputs", "outputs")
        )
        return cls(inputs, outputs, tuple(data["probabilities"]))

    def to_json(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def _is_probabilities(value: Value, index: Index) -> bool:
    node = index.producer(value)
    while node is not None and _changes_nothing(node):
        node = index.producer(node.input("X"))
    return node is not None and node.type in _PROBABILITIES


def _changes_nothing(node: Node) -> bool:
    if node.type == "assign":
        return True
    return (
        node.type == "scale"
        and node.get("scale", 1.0) == 1.0
        and node.get("bias", 0.0) == 0.0
        and "ScaleTensor" not in node.inputs
    )
