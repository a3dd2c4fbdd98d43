"""Bicubic and linear interpolation, which Paddle Lite does not have, as products with constant matrices."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.importer.passes._builder import MOST_MADE, Builder, rewrite

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cubic_matrix", "linear_matrix", "multiply_interpolations"]

_SHARPNESS = -0.75


def multiply_interpolations(graph: Graph) -> int:
    """Replace interpolation between sizes that are known: it is linear in the rows and in the columns."""
    return rewrite(graph, {"bicubic_interp_v2": _bicubic, "linear_interp_v2": _linear})


def cubic_matrix(source: int, target: int, align_corners: bool, scale: float) -> NDArray[Any]:
    """The weights, float32[target, source], that make ``target`` elements of ``source``.

    ``scale`` is the factor that the model asks for, 0 where it asks for a size. Elements beyond the ends are those at
    the ends.
    """
    if align_corners:
        ratio = (source - 1) / (target - 1) if target > 1 else 0.0
        centers = ratio * np.arange(target)
    else:
        ratio = 1 / scale if scale > 0 else source / target
        centers = ratio * (np.arange(target) + 0.5) - 0.5
    first = np.floor(centers)
    part = centers - first
    matrix = np.zeros((target, source))
    for tap in range(-1, 3):
        columns = np.clip(first.astype(np.int64) + tap, 0, source - 1)
        np.add.at(matrix, (np.arange(target), columns), _weight(np.abs(part - tap)))
    return matrix.astype(np.float32)


def linear_matrix(source: int, target: int, align_corners: bool, align_mode: int, scale: float) -> NDArray[Any]:
    """The weights, float32[target, source], of linear interpolation; ``align_mode`` 0 counts from centers."""
    if align_corners:
        ratio = (source - 1) / (target - 1) if target > 1 else 0.0
        places = ratio * np.arange(target)
    else:
        ratio = 1 / scale if scale > 0 else source / target
        places = ratio * (np.arange(target) + 0.5) - 0.5 if align_mode == 0 else ratio * np.arange(target)
    places = np.clip(places, 0, source - 1)
    first = np.floor(places).astype(np.int64)
    matrix = np.zeros((target, source))
    rows = np.arange(target)
    np.add.at(matrix, (rows, first), 1 - (places - first))
    np.add.at(matrix, (rows, np.minimum(first + 1, source - 1)), places - first)
    return matrix.astype(np.float32)


def _weight(distance: NDArray[Any]) -> NDArray[Any]:
    """Keys' cubic convolution kernel."""
    a = _SHARPNESS
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = a * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


def _bicubic(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    tensors = ("OutSize", "SizeTensor", "Scale")
    if any(node.inputs.get(slot) for slot in tensors) or node.get("data_layout", "NCHW") != "NCHW":
        return False
    sizes, targets = x.shape[2:], out.shape[2:]
    if len(sizes) != 2 or -1 in (*sizes, *targets) or max(map(operator.mul, sizes, targets)) > MOST_MADE:
        return False
    align = bool(node.get("align_corners", True))
    given = node.get("scale", ())
    scales = [float(each) for each in given] if isinstance(given, tuple) else [float(given or 0.0)]
    scales = (scales * 2)[:2] if scales else [0.0, 0.0]
    rows, columns = (
        cubic_matrix(size, target, align, scale) for size, target, scale in zip(sizes, targets, scales, strict=True)
    )
    attrs = {"trans_x": False, "trans_y": False}
    across = build.constant("bicubic_columns", np.ascontiguousarray(columns.T))
    wide = build.op("matmul_v2", {"X": x, "Y": across}, attrs, shape=(*x.shape[:3], targets[1]))
    down = build.constant("bicubic_rows", rows)
    build.op("matmul_v2", {"X": down, "Y": wide}, attrs, shape=out.shape, out=out)
    return True


def _linear(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    tensors = ("OutSize", "SizeTensor", "Scale")
    if any(node.inputs.get(slot) for slot in tensors) or node.get("data_layout", "NCHW") not in ("NCHW", "NCW"):
        return False
    if len(x.shape) != 3 or min(x.shape[2], out.shape[2]) < 1 or x.shape[2] * out.shape[2] > MOST_MADE:
        return False
    given = node.get("scale", ())
    scale = float(given[0]) if isinstance(given, tuple) and given else 0.0
    mode = node.get("align_mode", 1)
    align = bool(node.get("align_corners", True))
    matrix = linear_matrix(x.shape[2], out.shape[2], align, int(mode) if isinstance(mode, int) else 1, scale)
    across = build.constant("linear_columns", np.ascontiguousarray(matrix.T))
    attrs = {"trans_x": False, "trans_y": False}
    build.op("matmul_v2", {"X": x, "Y": across}, attrs, shape=out.shape, out=out)
    return True
