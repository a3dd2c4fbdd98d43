"""A picture to the model's tensor, against what one would write with OpenCV and NumPy."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks._measure import Ratio, compare
from oarlock.preprocess import IMAGENET, Preprocessor

_MEAN = np.array(IMAGENET.mean, np.float32)
_STD = np.array(IMAGENET.std, np.float32)


def run() -> list[Ratio]:
    """RGB of 4000 x 3000; both sides give the same bits."""
    picture = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3)).astype(np.uint8)
    preprocessor = Preprocessor(IMAGENET)
    assert preprocessor(picture).tobytes() == normalised(picture).tobytes()
    return [
        compare(
            "pictures",
            ("Preprocessor of 4000 x 3000 RGB", lambda: preprocessor(picture)),
            ("OpenCV's resize, crop, NumPy", lambda: normalised(picture)),
            pairs=60,
            limit=1.0,
            warmup=5,
        )
    ]


def normalised(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """PaddleClas' evaluation with its own libraries: short side to 256, centre crop 224, ImageNet's mean and std."""
    height, width = rgb.shape[:2]
    ratio = 256 / min(width, height)
    resized = cv2.resize(rgb, (round(width * ratio), round(height * ratio)), interpolation=cv2.INTER_LINEAR)
    top, left = (resized.shape[0] - 224) // 2, (resized.shape[1] - 224) // 2
    crop = resized[top : top + 224, left : left + 224]
    values = (crop.astype(np.float32) * np.float32(1 / 255) - _MEAN) / _STD
    return np.ascontiguousarray(values.transpose(2, 0, 1))
