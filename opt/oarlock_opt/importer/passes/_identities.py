"""Operators that change nothing when a model runs, which cost time and stand between those that the engine fuses."""

from __future__ import annotations

from collections.abc import Callable

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, integers, rewrite

__all__ = ["remove_dead", "remove_dropout", "remove_identities"]


def remove_dropout(graph: Graph) -> int:
    """Replace dropout by what it does in inference: nothing, or a scale where it did not scale up in training."""
    return rewrite(graph, {"dropout": _dropout})


def remove_identities(graph: Graph) -> int:
    """Drop operators whose result is their input.

    One between an input or a parameter of the model and an output becomes ``assign``: those have names of their own,
    and Paddle Lite would take an input away with some of the others.
    """
    outputs = set(graph.outputs)
    producers = graph.index().producers
    replaced: dict[Value, Value] = {}
    dropped: set[int] = set()
    renamed: dict[Value, Value] = {}
    renewed = 0
    for node in graph.nodes:
        pair = _identity(node)
        if pair is None:
            continue
        before, after = pair
        source = _follow(before, replaced)
        if after not in outputs:
            replaced[after] = source
        elif source in producers and source not in outputs and source not in renamed:
            # What gives the source gives the model's output instead.
            renamed[source] = after
        else:
            renewed += _make_assign(node)
            continue
        dropped.add(id(node))
    if not dropped:
        return renewed
    graph.nodes = [node for node in graph.nodes if id(node) not in dropped]
    for node in graph.nodes:
        for slot, values in node.outputs.items():
            if any(value in renamed for value in values):
                node.outputs[slot] = [renamed.get(value, value) for value in values]
    graph.replace({**replaced, **renamed})
    return len(dropped) + renewed


def remove_dead(graph: Graph) -> int:
    """Drop operators and parameters that no output depends on; returns how many operators."""
    return graph.remove_dead()


def _make_assign(node: Node) -> bool:
    """Make it ``assign``; whether it was something else."""
    if node.type == "assign":
        return False
    node.type, node.attrs = "assign", {}
    node.outputs = {"Out": node.outputs["Out"]}  # and no XShape
    return True


def _follow(value: Value, replaced: dict[Value, Value]) -> Value:
    while value in replaced:
        value = replaced[value]
    return value


def _identity(node: Node) -> tuple[Value, Value] | None:
    """Input and result of an operator that changes nothing."""
    test = _TESTS.get(node.type)
    values, results = node.inputs.get("X", []), node.outputs.get("Out", [])
    if test is None or len(values) != 1 or len(results) != 1 or not test(node, values[0], results[0]):
        return None
    return values[0], results[0]


def _always(node: Node, x: Value, out: Value) -> bool:
    return True


def _scale(node: Node, x: Value, out: Value) -> bool:
    return not node.inputs.get("ScaleTensor") and node.get("scale", 1.0) == 1.0 and node.get("bias", 0.0) == 0.0


def _cast(node: Node, x: Value, out: Value) -> bool:
    return node.get("in_dtype") == node.get("out_dtype")


def _pow(node: Node, x: Value, out: Value) -> bool:
    return not node.inputs.get("FactorTensor") and node.get("factor", 1.0) == 1.0


def _transpose(node: Node, x: Value, out: Value) -> bool:
    axes = integers(node, "axis")
    return axes == tuple(range(len(axes)))


def _ones(name: str) -> Callable[[Node, Value, Value], bool]:
    def test(node: Node, x: Value, out: Value) -> bool:
        times = integers(node, name)
        return bool(times) and len(times) <= len(x.shape) and all(each == 1 for each in times)

    return test


def _expand(node: Node, x: Value, out: Value) -> bool:
    if node.inputs.get("Shape") or node.inputs.get("expand_shapes_tensor"):
        return False
    sizes = integers(node, "shape")
    return len(sizes) == len(x.shape) and all(size in (-1, own) for size, own in zip(sizes, x.shape, strict=True))


def _dropout(build: Builder, node: Node) -> bool:
    keeps = node.get("dropout_implementation", "downgrade_in_infer") == "upscale_in_train"
    probability = node.get("dropout_prob", 0.5)
    scale = 1.0 if keeps or not isinstance(probability, (int, float)) else 1.0 - float(probability)
    build.scale(node.input("X"), scale, out=node.output("Out"))
    return True


_TESTS = {
    "assign": _always,
    "share_data": _always,
    "concat": _always,
    "sum": _always,
    "scale": _scale,
    "cast": _cast,
    "pow": _pow,
    "transpose": _transpose,
    "transpose2": _transpose,
    "tile": _ones("repeat_times"),
    "expand": _ones("expand_times"),
    "expand_v2": _expand,
}
