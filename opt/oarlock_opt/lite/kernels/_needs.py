"""What a graph needs of an engine: its operators, counted."""

from __future__ import annotations

from dataclasses import dataclass

from oarlock_opt.importer.graph import Graph
from oarlock_opt.lite.kernels._limits import Limit, find_limit

__all__ = ["Need", "needs"]


@dataclass(frozen=True)
class Need:
    """An operator that a graph has: how often, where it comes from the first time, and the limit that it oversteps."""

    operator: str
    count: int
    origin: str
    limit: Limit | None = None

    def __str__(self) -> str:
        beyond = f" of {self.limit}" if self.limit is not None else ""
        times = f"{self.count} times, first " if self.count > 1 else ""
        return f"{self.operator}{beyond} ({times}{self.origin})"


def needs(graph: Graph) -> tuple[Need, ...]:
    """The operators of a graph in the order of their first occurrence, feed and fetch included.

    Those that overstep a limit are counted apart from others of their type.
    """
    counted: dict[tuple[str, Limit | None], Need] = {
        ("feed", None): Need("feed", len(graph.inputs), "the model's inputs"),
        ("fetch", None): Need("fetch", len(graph.outputs), "the model's outputs"),
    }
    for node in graph.nodes:
        key = node.type, find_limit(node)
        earlier = counted.get(key)
        count, origin = (1, node.origin) if earlier is None else (earlier.count + 1, earlier.origin)
        counted[key] = Need(node.type, count, origin, key[1])
    return tuple(counted.values())
