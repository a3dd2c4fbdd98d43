"""From a classifier's output to an answer: softmax and top-k, as the core computes them everywhere."""

from __future__ import annotations

from ctypes import byref, c_size_t

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oarlock import _core
from oarlock.errors import BadDtypeError, BadShapeError, InvalidArgumentError

__all__ = ["softmax", "top_k"]


def softmax(logits: ArrayLike) -> NDArray[np.float32]:
    """Probabilities along the last axis of a float32 array: exp(x - max) / sum, summed in double.

    Returns a new array of the same shape. Raises BadDtypeError, BadShapeError (no axis, or an empty last one) and
    NotFiniteError (NaN or infinity).
    """
    array = _float32("logits", logits)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise BadShapeError(f"logits have shape {array.shape}, expected at least one value along the last axis")
    result = np.empty_like(array)
    rows = array.reshape(-1, array.shape[-1])
    for row, out in zip(rows, result.reshape(rows.shape), strict=True):
        _core.call("oar_softmax", row.ctypes.data, row.size, out.ctypes.data)
    return result


def top_k(scores: ArrayLike, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Indices and values of the ``k`` largest of a one-dimensional float32 array, best first, ties by lower index.

    ``k`` larger than the array means all of it. Raises BadDtypeError, BadShapeError, InvalidArgumentError (k < 0) and
    NotFiniteError (NaN or infinity).
    """
    array = _float32("scores", scores)
    if array.ndim != 1:
        raise BadShapeError(f"scores have shape {array.shape}, expected one dimension")
    if k < 0:
        raise InvalidArgumentError(f"k is {k}, expected 0 or more")
    room = min(k, array.size)
    ids = np.empty(room, np.int32)
    best = np.empty(room, np.float32)
    found = c_size_t()
    _core.call("oar_top_k", array.ctypes.data, array.size, room, ids.ctypes.data, best.ctypes.data, byref(found))
    return ids[: found.value], best[: found.value]


def _float32(what: str, values: ArrayLike) -> NDArray[np.float32]:
    array = np.asarray(values)
    if array.dtype != np.float32:
        raise BadDtypeError(f"{what} are {array.dtype}, expected float32")
    return np.ascontiguousarray(array) if array.ndim else array
