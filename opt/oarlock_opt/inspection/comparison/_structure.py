"""Two graphs node by node: attributes, and what is connected with what."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from oarlock_opt.importer.graph import Attr, Graph, Node, Value
from oarlock_opt.inspection.subject import Subject, layer_name, results

__all__ = ["differing_structure"]


def differing_structure(a: Subject, b: Subject) -> dict[str, Any]:
    """``order``, ``attributes`` and ``connections`` of the schema, as far as they differ.

    Where the operators do not follow one another alike there is nothing to set side by side: then ``order`` is true,
    unless their numbers differ, which says it already.
    """
    ours, theirs = a.graph.nodes, b.graph.nodes
    if [node.type for node in ours] != [node.type for node in theirs]:
        return {"order": a.graph.op_histogram() == b.graph.op_histogram()}
    attributes, connections = [], []
    sources = _sources(a.graph), _sources(b.graph)
    for one, other in zip(ours, theirs, strict=True):
        layer = {"layer": layer_name(one, a), "op": one.type}
        for name in sorted({*one.attrs, *other.attrs}):
            values = [_shown(node.attrs.get(name)) for node in (one, other)]
            if values[0] != values[1]:
                attributes.append({**layer, "attribute": name, "a": values[0], "b": values[1]})
        if _reads(one, sources[0]) != _reads(other, sources[1]):
            connections.append(layer)
    return {"attributes": attributes, "connections": connections}


def _sources(graph: Graph) -> Mapping[Value, Hashable]:
    """Where values come from, in terms that two graphs share: names of values that nodes give mean nothing."""
    found: dict[Value, Hashable] = {value: ("input", value.name) for value in graph.inputs}
    found |= {value: ("parameter", value.name) for value in graph.parameters}
    for number, node in enumerate(graph.nodes):
        found |= {value: (number, position) for position, value in enumerate(results(node))}
    return found


def _reads(node: Node, sources: Mapping[Value, Hashable]) -> dict[str, list[Hashable]]:
    return {slot: [sources.get(value) for value in values] for slot, values in node.inputs.items()}


def _shown(attribute: Attr | None) -> Any:
    """The value for JSON; null where there is no such attribute. A number that JSON lacks becomes a word."""
    if attribute is None:
        return None
    value = attribute.value
    return [_number(each) for each in value] if isinstance(value, tuple) else _number(value)


def _number(value: Any) -> Any:
    is_finite = not isinstance(value, float) or value - value == 0.0
    return value if is_finite else str(value)
