"""A camera frame to the model's tensor, against what one would write with OpenCV and NumPy."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks._measure import Ratio, compare
from benchmarks.pictures import normalised
from oarlock.frames import Frame
from oarlock.preprocess import IMAGENET, Preprocessor

_WIDTH, _HEIGHT = 1920, 1080


def run() -> list[Ratio]:
    """NV21 of 1920 x 1080, as it lies and turned upright; both sides give the same bits."""
    stored = np.random.default_rng(0).integers(0, 256, (_HEIGHT * 3 // 2, _WIDTH)).astype(np.uint8)
    return [_ratio(stored, rotation) for rotation in (0, 90)]


def _ratio(stored: NDArray[np.uint8], rotation: int) -> Ratio:
    preprocessor = Preprocessor(IMAGENET)

    def ours() -> NDArray[np.float32]:
        frame = Frame.from_buffer("NV21", _WIDTH, _HEIGHT, stored, range="limited", rotation=rotation)
        return preprocessor(frame)

    def theirs() -> NDArray[np.float32]:
        rgb = cv2.cvtColor(stored, cv2.COLOR_YUV2RGB_NV21)
        return normalised(cv2.rotate(rgb, cv2.ROTATE_90_CLOCKWISE) if rotation else rgb)

    assert ours().tobytes() == theirs().tobytes()
    return compare(
        f"frames, turned by {rotation}" if rotation else "frames",
        ("Preprocessor of an NV21 frame of 1920 x 1080", ours),
        (f"OpenCV's cvtColor,{' rotate,' if rotation else ''} resize, crop, NumPy", theirs),
        pairs=60,
        limit=0.5,
        warmup=5,
    )
