"""Reductions: what every kernel gets right, and everything else by way of it.

Paddle Lite 2.12 on ARM reduces over one axis, or over two neighbours among the first four; most kernels stop at four
axes, some insist on three or four. On x86, more than four axes give wrong numbers in silence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, integers, ints, rewrite

__all__ = ["decompose_norms_of_vectors", "split_reductions"]

_PAIRS = ((0, 1), (1, 2), (2, 3))
# The numbers of axes at which the kernels take one reduced axis, and at which they take a pair.
_RANKS = {
    "reduce_mean": ((1, 2, 3, 4), (3, 4)),
    "reduce_sum": ((1, 2, 3, 4), (3, 4)),
    "reduce_max": ((2, 3, 4), (4,)),
    "reduce_min": ((2, 3, 4), (4,)),
    "reduce_prod": ((4,), (4,)),
}


def split_reductions(graph: Graph) -> int:
    """Rewrite reductions that some kernel aborts on or gets wrong as ones over the middle of three axes."""
    rules: dict[str, Rule] = dict.fromkeys(_RANKS, _reduce)
    return rewrite(graph, {**rules, "mean": _mean})


def decompose_norms_of_vectors(graph: Graph) -> int:
    """Replace logsumexp and the norms of vectors that have no right kernel by sums, powers and maxima."""
    return rewrite(
        graph,
        {
            "logsumexp": _logsumexp,
            "p_norm": _p_norm,
            "frobenius_norm": _frobenius_norm,
            "squared_l2_norm": _squared_l2_norm,
        },
    )


def axes_of(node: Node, name: str, rank: int) -> tuple[int, ...]:
    """The axes that are reduced, sorted and counted from the front; all where none is given."""
    axes = integers(node, name)
    if node.get("reduce_all", False) or not axes:
        return tuple(range(rank))
    return tuple(sorted({axis % max(rank, 1) for axis in axes}))


def _mean(build: Builder, node: Node) -> bool:
    attrs = {"dim": ints(()), "keep_dim": False, "reduce_all": True}
    out = node.output("Out")
    reduction = build.op("reduce_mean", {"X": node.input("X")}, attrs, shape=out.shape, out=out)
    assert reduction is out
    made = build.nodes.pop()
    _reduce(build, made)
    return True


def _reduce(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    rank = len(x.shape)
    axes = axes_of(node, "dim", rank)
    if rank == 0:
        return False
    if x.dtype in ("int32", "bool") and out.dtype == "int64":
        return _reduce_whole(build, node)
    singles, pairs = _RANKS[node.type]
    if (rank in singles and len(axes) == 1) or (rank in pairs and axes in _PAIRS):
        if integers(node, "dim") == axes and not node.get("reduce_all", False):
            return False
        attrs = {"dim": ints(axes), "keep_dim": bool(node.get("keep_dim", False)), "reduce_all": False}
        build.op(node.type, {"X": x}, attrs, shape=out.shape, dtype=out.dtype, out=out)
        return True
    steps = _plan(x.shape, axes)
    if steps is None or out.shape.count(-1) > 1:
        return False
    current = x
    for target in steps:
        padded = (*target, 1) if node.type == "reduce_prod" else target
        current = _reshape(build, current, padded)
        attrs = {"dim": ints([1]), "keep_dim": False, "reduce_all": False}
        shape = (padded[0], *padded[2:])
        current = build.op(node.type, {"X": current}, attrs, shape=shape, dtype=x.dtype)
    build.reshape(current, out.shape or (1,), out=out)
    return True


def _reduce_whole(build: Builder, node: Node) -> bool:
    """PaddlePaddle adds whole numbers and truth values up in int64, Paddle Lite in their own type."""
    x, out = node.input("X"), node.output("Out")
    numbers = build.cast(x, "int32") if x.dtype == "bool" else x
    total = Value(node.type, "int32", out.shape)
    same = Node(node.type, {"X": [numbers]}, {"Out": [total]}, node.attrs, node.origin)
    if not _reduce(build, same):
        build.nodes.append(same)
    build.cast(total, "int64", out)
    return True


def _reshape(build: Builder, x: Value, target: Sequence[int]) -> Value:
    return x if tuple(target) == x.shape and -1 not in target else build.reshape(x, target)


def _plan(shape: Sequence[int], axes: Sequence[int]) -> list[tuple[int, int, int]] | None:
    """The shapes of three axes in which to reduce the middle one, from the last run of neighbouring axes to the first.

    None where more than one of their sizes is unknown.
    """
    steps = []
    sizes, rest = list(shape), list(axes)
    while rest:
        end = begin = rest.pop()
        while rest and rest[-1] == begin - 1:
            begin = rest.pop()
        parts = (sizes[:begin], sizes[begin : end + 1], sizes[end + 1 :])
        step = tuple(-1 if -1 in part else math.prod(part) for part in parts)
        if step.count(-1) > 1:
            return None
        steps.append((step[0], step[1], step[2]))
        del sizes[begin : end + 1]
    return steps


def _logsumexp(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    axes = axes_of(node, "axis", len(x.shape))
    attrs = {"dim": ints(axes), "keep_dim": True, "reduce_all": False}
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    largest = build.op("reduce_max", {"X": x}, attrs, shape=kept, dtype=x.dtype)
    powers = build.unary("exp", build.binary("sub", x, largest))
    total = build.op("reduce_sum", {"X": powers}, attrs, shape=kept, dtype=x.dtype)
    if out.shape == kept:
        build.binary("add", build.unary("log", total), largest, out=out)
        return True
    if out.shape.count(-1) > 1:
        return False
    build.reshape(build.binary("add", build.unary("log", total), largest), out.shape or (1,), out=out)
    return True


def _p_norm(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    order = float(node.get("porder", 2.0))  # type: ignore[arg-type]
    axis = (integers(node, "axis") or (-1,))[0]
    vector = bool(node.get("asvector", False)) or not x.shape
    axes = tuple(range(len(x.shape))) if vector else (axis % len(x.shape),)
    if order == 2.0 and not vector:
        return False
    attrs = {"dim": ints(axes), "keep_dim": bool(node.get("keepdim", False)), "reduce_all": vector}
    sizes = build.unary("abs", x)
    if math.isinf(order):
        kind = "reduce_max" if order > 0 else "reduce_min"
        build.op(kind, {"X": sizes}, attrs, shape=out.shape, dtype=x.dtype, out=out)
    elif order == 1.0:
        build.op("reduce_sum", {"X": sizes}, attrs, shape=out.shape, dtype=x.dtype, out=out)
    elif order == 2.0:
        total = build.op("reduce_sum", {"X": build.unary("square", x)}, attrs, shape=out.shape, dtype=x.dtype)
        build.unary("sqrt", total, out=out)
    elif order > 0:
        powers = build.unary("pow", sizes, {"factor": order})
        total = build.op("reduce_sum", {"X": powers}, attrs, shape=out.shape, dtype=x.dtype)
        build.unary("pow", total, {"factor": 1 / order}, out=out)
    else:
        return False
    return True


def _root_of_squares(build: Builder, node: Node, root: bool) -> bool:
    x, out = node.input("X"), node.output("Out")
    axes = axes_of(node, "dim", len(x.shape))
    attrs = {"dim": ints(axes), "keep_dim": bool(node.get("keep_dim", False)), "reduce_all": False}
    squares = build.unary("square", x)
    total = build.op("reduce_sum", {"X": squares}, attrs, shape=out.shape, dtype=x.dtype, out=None if root else out)
    if root:
        build.unary("sqrt", total, out=out)
    return True


def _frobenius_norm(build: Builder, node: Node) -> bool:
    return _root_of_squares(build, node, root=True)


def _squared_l2_norm(build: Builder, node: Node) -> bool:
    return _root_of_squares(build, node, root=False)
