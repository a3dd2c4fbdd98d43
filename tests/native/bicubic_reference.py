"""The bicubic interpolation that native/include/oarlock.h promises, in plain NumPy.

It is OpenCV's 8-bit INTER_CUBIC without IPP and without fused multiply-adds: cubic convolution with a = -0.75 in
weights of 11 bits, a horizontal pass in integers, a vertical pass in float32 from the last row to the first, the result
rounded half to even.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WEIGHT_ONE = 2048


def _taps(source: int, resized: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Indices and weights, (resized, 4) each, of the source pixels that make each pixel of the result."""
    step = 1.0 / (resized / source)
    position = ((np.arange(resized) + 0.5) * step - 0.5).astype(np.float32)
    left = np.floor(position)
    x = position - left
    y = np.float32(1) - x
    a = np.float32(-0.75)
    weights = np.empty((resized, 4), np.float32)
    weights[:, 0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    weights[:, 1] = ((a + 2) * x - (a + 3)) * x * x + 1
    weights[:, 2] = ((a + 2) * y - (a + 3)) * y * y + 1
    weights[:, 3] = np.float32(1) - weights[:, 0] - weights[:, 1] - weights[:, 2]
    indices = np.clip(left.astype(np.int64)[:, None] + np.arange(-1, 3), 0, source - 1)
    return indices, np.rint(weights * np.float32(_WEIGHT_ONE)).astype(np.int32)


def resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """(H, W, C) to (height, width, C)."""
    columns, column_weights = _taps(image.shape[1], width)
    rows, row_weights = _taps(image.shape[0], height)
    sums = np.zeros((image.shape[0], width, image.shape[2]), np.int32)
    for tap in range(4):
        sums += image[:, columns[:, tap]] * column_weights[:, tap, None]
    scaled = row_weights.astype(np.float32) * np.float32(1 / _WEIGHT_ONE**2)
    result = sums[rows[:, 3]].astype(np.float32) * scaled[:, 3, None, None]
    for tap in (2, 1, 0):
        result = sums[rows[:, tap]].astype(np.float32) * scaled[:, tap, None, None] + result
    rounded: NDArray[np.float32] = np.clip(np.rint(result), 0, 255)
    return rounded.astype(np.uint8)
