"""Sizes that a model computes when it runs, in the type that Paddle Lite has for them."""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import DTYPE_NUMBERS, Builder
from oarlock_opt.importer.passes._shapes import ARITHMETIC, INTERPOLATIONS, SIZE_OPERANDS

__all__ = ["narrow_shapes"]


def narrow_shapes(graph: Graph) -> int:
    """Make the sizes that are left, which PaddlePaddle computes in int64, int32: Paddle Lite's shapes are that."""
    # What was made int32, and what was it before, of all that holds sizes.
    narrowed: set[Value] = set()
    native: set[Value] = set()
    nodes: list[Node] = []
    outputs = set(graph.outputs)
    count = 0
    for node in graph.nodes:
        before, after = Builder(graph, node.origin), Builder(graph, node.origin)
        reads = any(value in narrowed for value in node.all_inputs())
        whole = all(out.dtype == "int64" for out in node.all_outputs())
        if node.type == "cast" and (reads or node.input("X") in native):
            count += _narrow_cast(node, outputs, narrowed)
        elif whole and (node.type == "shape" or (reads and node.type in ARITHMETIC)):
            _cast_operands(before, node, set(node.inputs) - {"Index"}, "int64", "int32")
            for out in list(node.all_outputs()):
                _narrow(after, node, out, outputs, narrowed)
            count += 1
        else:
            if node.type == "shape" or any(value in native for value in node.all_inputs()):
                native.update(out for out in node.all_outputs() if out.dtype == "int32")
            sizes = _size_slots(node)
            count += _cast_operands(before, node, sizes, "int64", "int32")
            if reads:
                _widen(before, node, set(node.inputs) - sizes, narrowed)
        nodes.extend([*before.nodes, node, *after.nodes])
    graph.nodes = nodes
    return count


def _narrow_cast(node: Node, outputs: set[Value], narrowed: set[Value]) -> int:
    """Sizes that are cast to int64 stay int32, unless that is an output of the model."""
    out = node.output("Out")
    made = out.dtype == "int64" and out not in outputs
    if made:
        out.dtype = "int32"
        narrowed.add(out)
    node.set("in_dtype", DTYPE_NUMBERS[node.input("X").dtype])
    node.set("out_dtype", DTYPE_NUMBERS[out.dtype])
    return int(made)


def _narrow(build: Builder, node: Node, out: Value, outputs: set[Value], narrowed: set[Value]) -> None:
    """Declare a result int32; an output of the model keeps its type by way of a cast."""
    if out in outputs:
        small = Value(out.name, "int32", out.shape)
        for slot, values in node.outputs.items():
            node.outputs[slot] = [small if value is out else value for value in values]
        build.cast(small, "int64", out)
        narrowed.add(small)
    else:
        out.dtype = "int32"
        narrowed.add(out)


def _size_slots(node: Node) -> set[str]:
    """The slots that hold sizes."""
    slots = {slot for names in SIZE_OPERANDS.get(node.type, {}).values() for slot in names}
    return slots | {"SizeTensor", "OutSize"} if node.type in INTERPOLATIONS else slots


def _cast_operands(build: Builder, node: Node, slots: set[str], source: str, target: str) -> int:
    """Cast what the slots hold, where it has the type ``source``; returns how many casts that took."""
    for slot in sorted(slots & set(node.inputs)):
        node.inputs[slot] = [
            build.cast(value, target) if value.dtype == source else value for value in node.inputs[slot]
        ]
    return len(build.nodes)


def _widen(build: Builder, node: Node, slots: set[str], narrowed: set[Value]) -> None:
    """Cast back what other operators read of what was made int32."""
    for slot in sorted(slots):
        node.inputs[slot] = [build.cast(value, "int64") if value in narrowed else value for value in node.inputs[slot]]
