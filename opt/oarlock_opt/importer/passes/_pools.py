"""Pooling of volumes, for which there are no kernels, where it is pooling of planes in fact."""

from __future__ import annotations

import math

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node
from oarlock_opt.importer.passes._builder import Builder, integers, ints, rewrite

__all__ = ["pool_planes"]


def pool_planes(graph: Graph) -> int:
    """Replace pool3d whose windows are flat, or one element wide and high, by pool2d between reshapes."""
    return rewrite(graph, {"pool3d": _pool})


def _pool(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    kernel, strides, paddings = (integers(node, name) for name in ("ksize", "strides", "paddings"))
    plain = not node.get("global_pooling", False) and not node.get("adaptive", False)
    first = node.get("data_format", "NCDHW") == "NCDHW" and node.get("padding_algorithm", "EXPLICIT") == "EXPLICIT"
    if not plain or not first or len(paddings) != 3 or -1 in (*x.shape[1:], *out.shape[1:]):
        return False
    windows = list(zip(kernel, strides, paddings, strict=True))
    _, channels, depth, height, width = x.shape
    if windows[1:] == [(1, 1, 0)] * 2:
        target, axes = (-1, channels, depth, height * width), (0, 1)
    elif windows[0] == (1, 1, 0):
        target, axes = (-1, channels * depth, height, width), (1, 2)
    else:
        return False
    attrs = {
        **{name: value for name, value in node.attrs.items() if name != "use_cudnn"},
        "data_format": Attr(AttrKind.STRING, "NCHW"),
    }
    for name, values, filler in (("ksize", kernel, 1), ("strides", strides, 1), ("paddings", paddings, 0)):
        attrs[name] = ints([values[0], filler] if axes == (0, 1) else values[1:])
    planes = build.reshape(x, target)
    inner = math.prod(out.shape[3:])
    shape = (
        (out.shape[0], channels, out.shape[2], inner) if axes == (0, 1) else (out.shape[0], target[1], *out.shape[3:])
    )
    pooled = build.op("pool2d", {"X": planes}, attrs, shape=shape)
    build.reshape(pooled, (-1, *out.shape[1:]), out=out)
    return True
