"""Preprocessing as the reference does it: OpenCV's resize and numpy, after the page of PaddleClas, not the core's code.

Where OpenCV is not installed, Pillow and numpy cannot take its place (their bilinear filter is another), and the
pictures' preprocessing is compared with the recorded goldens only.
"""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock._preprocess_spec import PreprocessSpec, ResizeExact, ResizeShort

__all__ = ["available", "crop", "tensor"]


def available() -> bool:
    """Whether OpenCV is installed; it is not imported."""
    return importlib.util.find_spec("cv2") is not None


def crop(image: NDArray[np.uint8], spec: PreprocessSpec) -> NDArray[np.uint8]:
    """A picture, uint8 (H, W, 3) RGB, after resizing and cropping: uint8 (h, w, 3), channels in the order of ``spec``.

    The picture must be large enough for the crop.
    """
    if spec.crop_fraction is not None:
        image = _centred_square(image, spec.crop_fraction)
    image = _resized(image, spec)
    if spec.center_crop is not None:
        width, height = spec.center_crop
        top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        image = image[top : top + height, left : left + width]
    return np.ascontiguousarray(image if spec.color == "RGB" else image[:, :, ::-1])


def tensor(cropped: NDArray[np.uint8], spec: PreprocessSpec) -> NDArray[np.float32]:
    """The model's input for one picture from what ``crop`` gives: float32 (3, h, w) or (h, w, 3)."""
    scaled = cropped.astype(np.float32) * np.float32(spec.scale)
    values = (scaled - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1) if spec.layout == "NCHW" else values)


def _centred_square(image: NDArray[np.uint8], fraction: float) -> NDArray[np.uint8]:
    """TensorFlow's rule for the EfficientNet family."""
    height, width = image.shape[:2]
    side = math.floor(fraction * min(height, width))
    top, left = (height - side + 1) // 2, (width - side + 1) // 2
    return image[top : top + side, left : left + side]


def _resized(image: NDArray[np.uint8], spec: PreprocessSpec) -> NDArray[np.uint8]:
    if spec.resize is None:
        return image
    import cv2

    if isinstance(spec.resize, ResizeExact):
        size = (spec.resize.width, spec.resize.height)
    else:
        assert isinstance(spec.resize, ResizeShort)
        ratio = spec.resize.short / min(image.shape[:2])
        size = (round(image.shape[1] * ratio), round(image.shape[0] * ratio))
    methods: dict[str, Any] = {
        "bilinear": cv2.INTER_LINEAR,
        "bicubic": cv2.INTER_CUBIC,
        "nearest": cv2.INTER_NEAREST,
    }
    return np.asarray(cv2.resize(image, size, interpolation=methods[spec.resize.interpolation]), np.uint8)
