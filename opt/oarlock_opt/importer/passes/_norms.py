"""Normalisations: the parameters that Paddle Lite reads unasked, and the numbers of axes that its kernels know."""

from __future__ import annotations

import math

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value
from oarlock_opt.importer.passes._builder import MOST_MADE, Builder, integers, rewrite

__all__ = ["reshape_norms", "restore_affine"]

_AFFINE = ("batch_norm", "layer_norm", "instance_norm", "group_norm")


def restore_affine(graph: Graph) -> int:
    """Give normalisations without ``Scale`` or ``Bias`` ones and zeros; returns how many parameters were added.

    Equal parameters are shared.
    """
    made: dict[tuple[str, str, int], Value] = {}
    count = 0
    for node in graph.nodes:
        if node.type not in _AFFINE:
            continue
        for slot, value in (("Scale", 1.0), ("Bias", 0.0)):
            if node.inputs.get(slot):
                continue
            size = _size(node)
            if not 1 <= size <= MOST_MADE:
                continue
            key = (slot, "float32", size)
            if key not in made:
                name = f"{'ones' if slot == 'Scale' else 'zeros'}_{size}"
                made[key] = graph.add_parameter(name, ArrayTensor(np.full(size, value, np.float32)))
            node.inputs[slot] = [made[key]]
            count += 1
    return count


def reshape_norms(graph: Graph) -> int:
    """Give instance_norm and group_norm four axes, and batch_norm at most four, by reshaping before and after."""
    return rewrite(graph, dict.fromkeys(("batch_norm", "instance_norm", "group_norm"), _four_axes))


def _size(node: Node) -> int:
    x = node.inputs["X"][0]
    if node.type == "batch_norm":
        return node.input("Mean").shape[0]
    if node.type == "layer_norm":
        sizes = x.shape[(integers(node, "begin_norm_axis") or (1,))[0] :]
        return -1 if -1 in sizes else math.prod(sizes)
    last = node.get("data_layout", node.get("data_format", "NCHW")) in ("NHWC", "NLC", "NDHWC")
    return x.shape[-1 if last else 1]


def _four_axes(build: Builder, node: Node) -> bool:
    x, y = node.input("X"), node.output("Y")
    rank = len(x.shape)
    right = rank in ((2, 3, 4) if node.type == "batch_norm" else (4,))
    if right or rank < 3 or node.get("data_layout", "NCHW") != "NCHW" or -1 in x.shape[2:]:
        return False
    # All that is not channels becomes one axis.
    middle = build.reshape(x, (0, x.shape[1], math.prod(x.shape[2:]), 1))
    result = Value(node.type, y.dtype, middle.shape)
    inputs = {**node.inputs, "X": [middle]}
    build.add(node.type, inputs, {**node.outputs, "Y": [result]}, node.attrs)
    build.reshape(result, (0, *x.shape[1:]), out=y)
    return True
