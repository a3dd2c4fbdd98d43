"""The memory of activations: what the values of a model take while it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oarlock_opt.importer.graph import DTYPE_SIZES, Node, Value
from oarlock_opt.inspection.shapes import Shapes
from oarlock_opt.inspection.subject import Subject, results

__all__ = ["Memory", "memory_of"]


@dataclass(frozen=True)
class Memory:
    """Bytes of activations when nodes run in the graph's order and every value is freed after its last use.

    Inputs of the model are there from the beginning, its outputs until the end; parameters and what kernels need for
    themselves are not counted, and no value lies in the place of another. ``peak`` is the most at once, while
    ``peak_node`` runs; ``largest`` is the largest single value. ``shared`` is for .nb files: all their variables, each
    as large as the largest of the values that it holds one after another, which is what the engine keeps.
    """

    peak: int
    peak_node: Node | None
    largest: Value | None
    largest_bytes: int
    shared: int | None


def memory_of(subject: Subject, shapes: Shapes) -> Memory | None:
    """The memory of a model; None where the shape of some value is not known."""
    graph = subject.graph
    if not all(value in shapes for value in _values(subject)):
        return None
    sizes = {value: math.prod(shapes[value]) * DTYPE_SIZES[value.dtype] for value in _values(subject)}

    last_use: dict[Value, Node | None] = {}
    for node in graph.nodes:
        last_use.update(dict.fromkeys([*results(node), *node.all_inputs()], node))
    last_use.update(dict.fromkeys(graph.outputs))
    ends: dict[Node, list[Value]] = {}
    for value, last in last_use.items():
        if last is not None and value in sizes:
            ends.setdefault(last, []).append(value)

    live = peak = sum(sizes[value] for value in graph.inputs)
    peak_node: Node | None = None
    for node in graph.nodes:
        live += sum(sizes[value] for value in results(node))
        if live > peak:
            peak, peak_node = live, node
        live -= sum(sizes[value] for value in ends.get(node, ()))
    largest = max(sizes, key=sizes.__getitem__, default=None)
    shared = _shared(sizes) if subject.is_nb else None
    return Memory(peak, peak_node, largest, sizes[largest] if largest is not None else 0, shared)


def _values(subject: Subject) -> list[Value]:
    """What is computed or fed."""
    return [*subject.graph.inputs, *(value for node in subject.graph.nodes for value in results(node))]


def _shared(sizes: dict[Value, int]) -> int:
    """By the name of the variable."""
    variables: dict[str, int] = {}
    for value, size in sizes.items():
        variables[value.name] = max(size, variables.get(value.name, 0))
    return sum(variables.values())
