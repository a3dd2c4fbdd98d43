"""What is known of the shapes, and of the elements of small tensors of integers, before a model runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._sizes import Size, atom
from oarlock_opt.importer.passes.shapes._common import Shape
from oarlock_opt.importer.passes.shapes._elements import MOST_ELEMENTS, elements_of
from oarlock_opt.importer.passes.shapes._rules import shapes_of

__all__ = ["Knowledge", "infer"]


@dataclass
class Knowledge:
    """Shapes of every value, and elements (flat) of those that are small, whole and known.

    Sizes that the file leaves open are polynomials of those of the model's inputs where the operators tell, and
    unknowns of their own where not.
    """

    shapes: dict[Value, Shape] = field(default_factory=dict)
    elements: dict[Value, Shape] = field(default_factory=dict)

    def shape(self, value: Value) -> Shape:
        """The shape; what is not known has atoms of its own."""
        found = self.shapes.get(value)
        if found is None:
            found = tuple(
                size if size >= 0 else atom(("size", id(value), axis)) for axis, size in enumerate(value.shape)
            )
            self.shapes[value] = found
        return found


def infer(graph: Graph) -> Knowledge:
    """Go through the graph once, from its inputs to its outputs.

    A size that the graph gives as a number counts as it is; the others come from the operators.
    """
    known = Knowledge()
    for value in graph.inputs:
        known.shapes[value] = tuple(
            size if size >= 0 else atom(("input", value.name, axis)) for axis, size in enumerate(value.shape)
        )
    for value, data in graph.parameters.items():
        known.shapes[value] = tuple(value.shape)
        if value.dtype in ("int32", "int64", "bool") and math.prod(value.shape) <= MOST_ELEMENTS:
            known.elements[value] = tuple(int(each) for each in data.array().reshape(-1))
    for node in graph.nodes:
        _infer_node(known, node)
    return known


def _infer_node(known: Knowledge, node: Node) -> None:
    shapes = shapes_of(node, known.shape, known.elements)
    for slot, values in node.outputs.items():
        inferred = shapes.get(slot, [])
        for index, value in enumerate(values):
            known.shapes[value] = _agreed(value, inferred[index] if index < len(inferred) else None)
    elements = elements_of(node, known.shape, known.elements)
    if elements is not None and len(elements) <= MOST_ELEMENTS:
        for value in _main_outputs(node):
            known.elements[value] = elements


def _main_outputs(node: Node) -> Sequence[Value]:
    return node.outputs.get("Out") or node.outputs.get("Y") or []


def _agreed(value: Value, inferred: Sequence[Size] | None) -> Shape:
    """The shape as the graph has it, with what the operator tells in the place of what is unknown."""
    if inferred is None or len(inferred) != len(value.shape):
        inferred = [atom(("size", id(value), axis)) for axis in range(len(value.shape))]
    return tuple(size if size >= 0 else other for size, other in zip(value.shape, inferred, strict=True))
