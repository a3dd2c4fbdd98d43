"""Floating-point numbers of other sizes, for which Paddle Lite's processors have no kernels, as float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, TensorData, Value
from oarlock_opt.importer.passes._builder import DTYPE_NUMBERS, Builder

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["use_float32"]

_OTHERS = ("float64", "float16", "bfloat16")
_NUMBERS = frozenset(DTYPE_NUMBERS[name] for name in _OTHERS)


def use_float32(graph: Graph) -> int:
    """Make parameters and results of other floating-point types float32; returns how many.

    The model's inputs and outputs keep their types: casts lead from the former and to the latter.
    """
    inputs, outputs = set(graph.inputs), set(graph.outputs)
    changed = 0
    for value in [value for value in graph.parameters if value.dtype in _OTHERS]:
        graph.parameters[value] = ArrayTensor(_as_float32(graph.parameters[value]))
        value.dtype = "float32"
        changed += 1
    nodes: list[Node] = []
    for node in graph.nodes:
        before, after = Builder(graph, node.origin), Builder(graph, node.origin)
        if node.type != "cast":
            for slot, values in node.inputs.items():
                if any(value in inputs and value.dtype in _OTHERS for value in values):
                    node.inputs[slot] = [
                        before.cast(value, "float32") if value.dtype in _OTHERS else value for value in values
                    ]
            for slot, values in node.outputs.items():
                node.outputs[slot] = [
                    _narrow(after, value) if value in outputs and value.dtype in _OTHERS else value for value in values
                ]
        changed += len(before.nodes) + len(after.nodes)
        for value in node.all_outputs():
            if value.dtype in _OTHERS and value not in outputs:
                value.dtype = "float32"
                changed += 1
        _name_types(node)
        nodes.extend([*before.nodes, node, *after.nodes])
    graph.nodes = nodes
    return changed


def _narrow(build: Builder, out: Value) -> Value:
    """A float32 stand-in for an output of the model, which is cast to it."""
    small = Value(out.name, "float32", out.shape)
    build.cast(small, out.dtype, out)
    return small


def _name_types(node: Node) -> None:
    """Have attributes that number types say what the values are."""
    if node.type == "cast":
        node.set("in_dtype", DTYPE_NUMBERS[node.input("X").dtype])
        node.set("out_dtype", DTYPE_NUMBERS[node.output("Out").dtype])
    elif node.get("dtype") in _NUMBERS and all(value.dtype == "float32" for value in node.all_outputs()):
        node.set("dtype", DTYPE_NUMBERS["float32"])


def _as_float32(data: TensorData) -> NDArray[Any]:
    array = data.array()
    if data.dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32)
