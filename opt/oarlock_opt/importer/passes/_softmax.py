"""Softmax of numbers as large as a network may give.

Paddle Lite's softmax for x86 subtracts the largest element only where the axis is the last; otherwise powers of more
than about 88 overflow, and the answer is NaN. A softmax over the last axis, written as -1, between two transpositions
its optimiser makes one over another axis.
"""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Index, Node
from oarlock_opt.importer.passes._builder import Builder, integers, rewrite

__all__ = ["move_softmax"]

_MOST_AXES = 6
"""Paddle Lite transposes no more."""


def move_softmax(graph: Graph) -> int:
    """Move the axis of softmax to the end, where the engine is right, and keep it there."""
    index = graph.index()
    return rewrite(graph, {"softmax": lambda build, node: _softmax(build, node, index)})


def _softmax(build: Builder, node: Node, index: Index) -> bool:
    x, out = node.input("X"), node.output("Out")
    rank = len(x.shape)
    if not 2 <= rank <= _MOST_AXES:
        return False
    given = (integers(node, "axis") or (-1,))[0]
    axis, last = given % rank, rank - 1
    if all(size == 1 for size in x.shape[axis + 1 :]):
        if given >= 0 or not _between_transposes(node, index):
            return False
        # Counted from the front, the optimiser leaves the transpositions alone.
        build.unary("softmax", x, {**node.attrs, "axis": axis}, out=out)
        return True
    # Exchanging two axes is its own inverse.
    exchanged = [last if each == axis else axis if each == last else each for each in range(rank)]
    result = build.unary("softmax", build.transpose(x, exchanged), {**node.attrs, "axis": last})
    build.transpose(result, exchanged, out)
    return True


def _between_transposes(node: Node, index: Index) -> bool:
    before = index.producer(node.input("X"))
    after = index.users(node.output("Out"))
    return before is not None and before.type == "transpose2" and any(use.node.type == "transpose2" for use in after)
