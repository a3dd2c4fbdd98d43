"""What a graph needs of an engine: its operators, counted."""

from __future__ import annotations

from dataclasses import dataclass

from oarlock_opt.importer.graph import Graph

__all__ = ["Need", "needs"]


@dataclass(frozen=True)
class Need:
    """An operator that a graph has: how often, and where it comes from the first time."""

    operator: str
    count: int
    origin: str

    def __str__(self) -> str:
        times = f"{self.count} times, first " if self.count > 1 else ""
        return f"{self.operator} ({times}{self.origin})"


def needs(graph: Graph) -> tuple[Need, ...]:
    """The operators of a graph in the order of their first occurrence, feed and fetch included."""
    counted = {
        "feed": Need("feed", len(graph.inputs), "the model's inputs"),
        "fetch": Need("fetch", len(graph.outputs), "the model's outputs"),
    }
    for node in graph.nodes:
        earlier = counted.get(node.type)
        count, origin = (1, node.origin) if earlier is None else (earlier.count + 1, earlier.origin)
        counted[node.type] = Need(node.type, count, origin)
    return tuple(counted.values())
