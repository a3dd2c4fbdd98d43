"""Padding: what Paddle Lite lacks (pad) or has no fast kernel for (pad3d) as pad2d, which every processor has."""

from __future__ import annotations

import math
from collections.abc import Mapping

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, integers, ints, rewrite

__all__ = ["pad_planes"]

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "edge": "edge"}


def pad_planes(graph: Graph) -> int:
    """Replace pad, and pad3d that leaves the depth alone or pads with a constant, by pad2d between reshapes."""
    return rewrite(graph, {"pad": _pad, "pad3d": _pad3d})


def _pad(build: Builder, node: Node) -> bool:
    x = node.input("X")
    paddings = integers(node, "paddings")
    if len(paddings) != 2 * len(x.shape):
        return False
    amounts = {
        axis: (before, after)
        for axis, (before, after) in enumerate(zip(paddings[::2], paddings[1::2], strict=True))
        if before or after
    }
    return _pad_axes(build, x, amounts, "constant", _value(node, "pad_value"), node.output("Out"))


def _pad3d(build: Builder, node: Node) -> bool:
    x, paddings, mode = node.input("X"), integers(node, "paddings"), _MODES.get(str(node.get("mode", "constant")))
    if mode is None or node.inputs.get("Paddings") or len(paddings) != 6 or len(x.shape) != 5:
        return False
    first = 2 if node.get("data_format", "NCDHW") == "NCDHW" else 1
    # The attribute begins with the last axis: left, right, top, bottom, front, back.
    amounts = {
        first + 2 - index: (paddings[2 * index], paddings[2 * index + 1])
        for index in (2, 1, 0)
        if paddings[2 * index] or paddings[2 * index + 1]
    }
    return _pad_axes(build, x, amounts, mode, _value(node, "value"), node.output("Out"))


def _value(node: Node, name: str) -> float:
    value = node.get(name, 0.0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _pad_axes(
    build: Builder, x: Value, amounts: Mapping[int, tuple[int, int]], mode: str, value: float, out: Value
) -> bool:
    """Pad axes two at a time where they are neighbours, else one by one."""
    axes, shape = sorted(amounts), list(x.shape)
    steps = []
    while axes:
        last = axes.pop()
        first = axes.pop() if axes and axes[-1] == last - 1 else None
        steps.append((first, last))
    # Reshaping needs every size behind the padded axes, and one of those before may be unknown.
    begin = min(amounts, default=len(shape))
    if not amounts or -1 in shape[begin:] or shape[:begin].count(-1) > 1 or out.shape.count(-1) > 1:
        return False
    current = x
    for first, last in steps:
        top, bottom = amounts[first] if first is not None else (0, 0)
        front = shape[: last if first is None else first]
        inner = math.prod(shape[last + 1 :])
        lead = -1 if -1 in front else math.prod(front)
        if inner == 1:
            height = 1 if first is None else shape[first]
            target = (lead, 1, height, shape[last])
            paddings = [top, bottom, *amounts[last]]
        elif first is None:
            target = (lead, 1, shape[last], inner)
            paddings = [*amounts[last], 0, 0]
        else:
            steps += [(None, last), (None, first)]
            continue
        planes = current if len(x.shape) == 4 and axes_of_planes(first, last) else build.reshape(current, target)
        padded = (*planes.shape[:2], planes.shape[2] + sum(paddings[:2]), planes.shape[3] + sum(paddings[2:]))
        attrs = {
            "paddings": ints(paddings), "mode": mode, "pad_value": value,
            "data_format": "NCHW",
        }  # fmt: skip
        current = build.op("pad2d", {"X": planes}, attrs, shape=padded, dtype=x.dtype)
        for axis in (first, last):
            if axis is not None:
                shape[axis] += sum(amounts[axis])
    if current.shape == out.shape:
        build.nodes[-1].outputs["Out"] = [out]
    else:
        build.reshape(current, out.shape, out=out)
    return True


def axes_of_planes(first: int | None, last: int) -> bool:
    """Whether these are the axes that pad2d pads anyway."""
    return (first, last) in ((2, 3), (None, 3))
