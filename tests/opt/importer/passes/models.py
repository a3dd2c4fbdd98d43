"""Hand-made graphs for the tests of single passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr

__all__ = ["Model", "types"]


class Model:
    """Builds a graph, one operator after the other."""

    def __init__(self, *inputs: Value) -> None:
        self.graph = Graph(list(inputs), [], {}, [])

    def parameter(self, name: str, values: NDArray[Any]) -> Value:
        return self.graph.add_parameter(name, ArrayTensor(values))

    def op(
        self,
        type: str,
        inputs: Mapping[str, Value | Sequence[Value]],
        shape: tuple[int, ...] = (),
        attrs: Mapping[str, Any] | None = None,
        *,
        dtype: str = "float32",
        slot: str = "Out",
    ) -> Value:
        out = Value(f"{type}_{len(self.graph.nodes)}", dtype, shape)
        lists = {name: [each] if isinstance(each, Value) else list(each) for name, each in inputs.items()}
        typed = {name: value if not isinstance(value, (bool, int, float, str, tuple)) else attr(value)
                 for name, value in (attrs or {}).items()}  # fmt: skip
        self.graph.nodes.append(Node(type, lists, {slot: [out]}, typed, f"layer {len(self.graph.nodes)}"))
        return out

    def give(self, *outputs: Value) -> Graph:
        self.graph.outputs.extend(outputs)
        return self.graph

    def number(self, value: int) -> Value:
        """A constant of int64, as PaddlePaddle 3 computes sizes with."""
        return self.parameter(f"number_{value}", np.array([value]))


def types(graph: Graph) -> list[str]:
    """The operators' types in order."""
    return [node.type for node in graph.nodes]
