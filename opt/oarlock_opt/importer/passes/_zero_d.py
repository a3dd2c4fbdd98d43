"""Tensors without axes, which Paddle Lite does not have: a single element has the shape [1] there."""

from __future__ import annotations

from dataclasses import replace

from oarlock_opt.importer.graph import ArrayTensor, FileTensor, Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, integers, ints, rewrite

__all__ = ["lift_scalars"]


def lift_scalars(graph: Graph) -> int:
    """Give every tensor without axes the shape [1], and adapt the operators that count axes.

    Returns how many of those were read or are outputs of the model.
    """
    scalars = [value for value in _values(graph) if value.shape == ()]
    if not scalars:
        return 0
    read = {*graph.inputs, *graph.outputs}.union(*(node.all_inputs() for node in graph.nodes))
    rewrite(graph, _RULES)
    for value in scalars:
        value.shape = (1,)
        data = graph.parameters.get(value)
        if isinstance(data, FileTensor):
            graph.parameters[value] = replace(data, shape=(1,))
        elif data is not None:
            graph.parameters[value] = ArrayTensor(data.array().reshape(1))
    return sum(value in read for value in scalars)


def _values(graph: Graph) -> list[Value]:
    values = dict.fromkeys((*graph.inputs, *graph.outputs, *graph.parameters))
    for node in graph.nodes:
        values.update(dict.fromkeys(node.all_inputs()))
        values.update(dict.fromkeys(node.all_outputs()))
    return list(values)


def _to_scalar(build: Builder, node: Node) -> bool:
    if node.output("Out").shape != ():
        return False
    build.reshape(node.inputs["X"][0], (1,), out=node.output("Out"))
    return True


def _from_scalar(build: Builder, node: Node) -> bool:
    x, out = node.inputs["X"][0], node.output("Out")
    if x.shape != ():
        return False
    build.reshape(x, out.shape or (1,), out=out)
    return True


def _filled(build: Builder, node: Node) -> bool:
    if node.output("Out").shape == () and not integers(node, "shape") and not any(node.inputs.values()):
        node.attrs["shape"] = ints([1])
    return False


def _expanded(build: Builder, node: Node) -> bool:
    if node.output("Out").shape == () and not integers(node, "shape"):
        node.attrs["shape"] = ints([1])
    return False


def _stack(build: Builder, node: Node) -> bool:
    if any(value.shape != () for value in node.inputs["X"]):
        return False
    out = node.outputs["Y"][0]
    build.op("concat", {"X": node.inputs["X"]}, {"axis": 0}, shape=out.shape, dtype=out.dtype, out=out)
    return True


def _gather(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    if node.input("Index").shape != ():
        return False
    axis = (integers(node, "axis") or (0,))[0] % len(x.shape)
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    picked = build.op("gather", node.inputs, {"axis": axis}, shape=shape, dtype=x.dtype, out=None if out.shape else out)
    if out.shape:
        build.op("squeeze2", {"X": picked}, {"axes": ints([axis])}, shape=out.shape, dtype=out.dtype, out=out)
    return True


def _looked_up(slot: str) -> Rule:
    """One element looked up gives a vector; one of the shape [1] gives a matrix of one row."""

    def rule(build: Builder, node: Node) -> bool:
        out = node.output("Out")
        if node.input(slot).shape != ():
            return False
        row = build.op(node.type, node.inputs, node.attrs, shape=(1, *out.shape), dtype=out.dtype)
        build.reshape(row, out.shape, out=out)
        return True

    return rule


_RULES: dict[str, Rule] = {
    "reshape2": _to_scalar,
    "reshape": _to_scalar,
    "squeeze2": _to_scalar,
    "squeeze": _to_scalar,
    "transpose2": _to_scalar,
    "unsqueeze2": _from_scalar,
    "unsqueeze": _from_scalar,
    "flatten_contiguous_range": _from_scalar,
    "fill_constant": _filled,
    "assign_value": _filled,
    "expand_v2": _expanded,
    "stack": _stack,
    "gather": _gather,
    "one_hot_v2": _looked_up("X"),
    "lookup_table_v2": _looked_up("Ids"),
}
