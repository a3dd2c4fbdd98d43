"""The golden pictures: made by arithmetic, the same on every machine, with what real pictures have.

Smooth colour gradients (rounding in resizing), sharp and slanted edges, fine strokes like writing, and some noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PICTURE_COUNT", "picture", "picture_size"]

# Odd sizes, wide and tall, so that resizing and cropping round in every direction.
_SIZES = ((317, 241), (233, 349), (401, 263))

PICTURE_COUNT = len(_SIZES)


def picture_size(index: int, scale: int = 1) -> tuple[int, int]:
    """Width and height of golden picture ``index``; ``scale`` multiplies both."""
    width, height = _SIZES[index]
    return width * scale, height * scale


def picture(index: int, scale: int = 1) -> NDArray[np.uint8]:
    """Golden picture ``index`` as uint8 (H, W, 3) RGB, of the size that ``picture_size`` gives."""
    width, height = picture_size(index, scale)
    canvas = _gradient(width, height, turn=index)
    for draw in (_disc, _slanted_bars, _writing, _noise):
        draw(canvas, _Random(index * 97 + 11))
    return canvas


class _Random:
    """xorshift32: whole numbers that depend on nothing but the seed."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """The next number, from 0 to ``limit`` - 1."""
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return x % limit


def _gradient(width: int, height: int, turn: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    ramps = (x * 255 // (width - 1), y * 255 // (height - 1), (x + y) * 255 // (width + height - 2))
    return np.stack([ramps[(channel + turn) % 3] for channel in range(3)], axis=2).astype(np.uint8)


def _disc(canvas: NDArray[np.uint8], random: _Random) -> None:
    height, width = canvas.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    radius = min(width, height) // 4
    center_x, center_y = width // 3 + random.below(width // 4), height // 3 + random.below(height // 4)
    inside = (x - center_x) ** 2 + (y - center_y) ** 2 < radius**2
    canvas[inside] = [255 - random.below(60), 120 + random.below(80), random.below(60)]


def _slanted_bars(canvas: NDArray[np.uint8], random: _Random) -> None:
    height, width = canvas.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    period = 9 + random.below(8)
    bars = ((2 * x + 3 * y) // period % 2 == 0) & (x > width * 3 // 5) & (y < height // 2)
    canvas[bars] = [random.below(80), random.below(80), 160 + random.below(90)]


def _writing(canvas: NDArray[np.uint8], random: _Random) -> None:
    """Rows of strokes of one to three pixels, black on white, some of them one pixel apart."""
    height, width = canvas.shape[:2]
    top, left = height * 3 // 5, width // 12
    bottom, right = top + height // 4, left + width // 2
    canvas[top:bottom, left:right] = 255
    for row in range(top + 3, bottom - 9, 12):
        column = left + 3
        while column < right - 8:
            stroke = 1 + random.below(3)
            canvas[row : row + 3 + random.below(7), column : column + stroke] = 0
            canvas[row + random.below(8), column : column + 5] = 0
            column += stroke + 1 + random.below(6)


def _noise(canvas: NDArray[np.uint8], random: _Random) -> None:
    height, width = canvas.shape[:2]
    for _ in range(height * width // 200):
        y, x = random.below(height), random.below(width)
        canvas[y, x] = [random.below(256), random.below(256), random.below(256)]
