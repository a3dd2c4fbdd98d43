"""The core's preprocessing against OpenCV and NumPy, over random pictures and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock.preprocess import IMAGENET, Preprocessor, PreprocessSpec, ResizeExact, ResizeShort
from tests.native import bicubic_reference

Picture = NDArray[np.uint8]

RANDOM_SIZES = 240
# OpenCV resizes the whole picture before it is cropped. Sizes whose resized whole would be larger than this, such as
# 4000 x 1, are left out here; native/tests/resize_test.cc covers what the core does with them.
LARGEST_WHOLE_BYTES = 400_000_000

OPENCV: dict[Literal["bilinear", "bicubic", "nearest"], int] = {
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "nearest": cv2.INTER_NEAREST,
}


@pytest.fixture(autouse=True)
def _opencv_without_ipp() -> Iterator[None]:
    """IPP's bicubic is another one, and depends on the processor."""
    before = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(False)
    yield
    cv2.ipp.setUseIPP(before)


def _size_after_resize_short(width: int, height: int, short: int) -> tuple[int, int]:
    """PaddleClas' ResizeImage."""
    percent = float(short) / min(width, height)
    return round(width * percent), round(height * percent)


def _center_crop(image: Picture, width: int, height: int) -> Picture:
    """PaddleClas' CropImage."""
    left, top = (image.shape[1] - width) // 2, (image.shape[0] - height) // 2
    return image[top : top + height, left : left + width]


def _random_sizes() -> list[tuple[int, int]]:
    """Width and height, half of them uniform in pixels, half in orders of magnitude so that short sides occur."""
    generator = np.random.default_rng(20)
    sizes: list[tuple[int, int]] = [(513, 512), (512, 513), (1, 1), (1, 7), (2, 2), (4000, 3000)]
    while len(sizes) < RANDOM_SIZES:
        if len(sizes) % 2:
            width, height = (int(side) for side in generator.integers(1, 4001, 2))
        else:
            width, height = (round(float(np.exp(side))) for side in generator.uniform(0, np.log(4000), 2))
        whole_width, whole_height = _size_after_resize_short(width, height, 256)
        if whole_width * whole_height * 3 <= LARGEST_WHOLE_BYTES:
            sizes.append((width, height))
    return sizes


def _random_picture(generator: np.random.Generator, width: int, height: int) -> Picture:
    return np.frombuffer(generator.bytes(width * height * 3), np.uint8).reshape(height, width, 3)


class _Bicubic:
    """Counts bytes against the bound of oarlock.h: within 1 of OpenCV, at least 99.9 % equal."""

    def __init__(self) -> None:
        self.bytes = 0
        self.different = 0

    def compare(self, ours: Picture, opencv: Picture) -> None:
        difference = ours != opencv
        if difference.any():
            assert np.abs(ours[difference].astype(int) - opencv[difference]).max() == 1
        self.bytes += ours.size
        self.different += int(difference.sum())

    def check(self) -> None:
        assert self.different <= self.bytes / 1000


def test_short_side_and_centre_crop_over_random_sizes() -> None:
    generator = np.random.default_rng(21)
    preprocessors = {
        name: Preprocessor(replace(IMAGENET, resize=ResizeShort(256, interpolation=name))) for name in OPENCV
    }
    bicubic = _Bicubic()
    for width, height in _random_sizes():
        image = _random_picture(generator, width, height)
        whole = _size_after_resize_short(width, height, 256)
        for name, flag in OPENCV.items():
            ours = preprocessors[name].crop(image)
            opencv = _center_crop(cv2.resize(image, whole, interpolation=flag), 224, 224)
            if name == "bicubic":
                bicubic.compare(ours, opencv)
            else:
                assert np.array_equal(ours, opencv), f"{name}: {width} x {height} to {whole}"
    bicubic.check()


def test_exact_sizes_up_and_down_each_axis_on_its_own() -> None:
    generator = np.random.default_rng(22)
    bicubic = _Bicubic()
    for _ in range(200):
        width, height, new_width, new_height = (
            round(float(np.exp(side))) for side in generator.uniform(0, np.log(1000), 4)
        )
        image = _random_picture(generator, width, height)
        for name, flag in OPENCV.items():
            resize = ResizeExact(new_width, new_height, interpolation=name)
            ours = Preprocessor(replace(IMAGENET, resize=resize, center_crop=None)).crop(image)
            opencv = cv2.resize(image, (new_width, new_height), interpolation=flag)
            if name == "bicubic":
                bicubic.compare(ours, opencv)
            else:
                assert np.array_equal(ours, opencv), f"{name}: {width} x {height} to {new_width} x {new_height}"
    bicubic.check()


def test_bicubic_is_the_documented_arithmetic_to_the_byte() -> None:
    generator = np.random.default_rng(23)
    for _ in range(60):
        width, height, new_width, new_height = (
            round(float(np.exp(side))) for side in generator.uniform(0, np.log(500), 4)
        )
        image = _random_picture(generator, width, height)
        resize = ResizeExact(new_width, new_height, interpolation="bicubic")
        ours = Preprocessor(replace(IMAGENET, resize=resize, center_crop=None)).crop(image)
        assert np.array_equal(ours, bicubic_reference.resize(image, new_width, new_height))


def test_half_a_pixel_is_rounded_to_even() -> None:
    preprocessor = Preprocessor(replace(IMAGENET, center_crop=None))
    image = _random_picture(np.random.default_rng(24), 513, 512)
    assert preprocessor.output_size(513, 512) == (256, 256)  # 256.5
    assert preprocessor.output_size(515, 512) == (258, 256)  # 257.5
    assert np.array_equal(preprocessor.crop(image), cv2.resize(image, (256, 256), interpolation=cv2.INTER_LINEAR))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("color", ["RGB", "BGR"])
def test_normalisation_equals_numpy_to_the_bit(color: Any, layout: Any) -> None:
    generator = np.random.default_rng(25)
    spec = replace(IMAGENET, color=color, layout=layout)
    mean = np.array(spec.mean, np.float32)
    std = np.array(spec.std, np.float32)
    for _ in range(20):
        width, height = (int(side) for side in generator.integers(1, 800, 2))
        image = _random_picture(generator, width, height)
        x = cv2.resize(image, _size_after_resize_short(width, height, 256), interpolation=cv2.INTER_LINEAR)
        x = _center_crop(x, 224, 224)
        if color == "BGR":
            x = x[:, :, ::-1]
        expected = (x.astype(np.float32) * np.float32(1 / 255) - mean) / std
        if layout == "NCHW":
            expected = expected.transpose(2, 0, 1)
        ours = Preprocessor(spec)(image)
        assert ours.dtype == expected.dtype == np.float32
        assert ours.tobytes() == expected.tobytes()


def test_efficientnet_lite() -> None:
    """The evaluation of its authors: a centred square of 224/256 of the shorter side, bicubic, (x - 127) / 128."""
    spec = PreprocessSpec.from_json(
        {
            "color": "RGB",
            "exif_orientation": True,
            "crop_fraction": 224 / 256,
            "resize": {"width": 224, "height": 224, "interpolation": "bicubic"},
            "center_crop": None,
            "scale": 1.0,
            "mean": [127.0, 127.0, 127.0],
            "std": [128.0, 128.0, 128.0],
            "layout": "NCHW",
        }
    )
    preprocessor = Preprocessor(spec)
    generator = np.random.default_rng(26)
    bicubic = _Bicubic()
    for _ in range(40):
        width, height = (int(side) for side in generator.integers(2, 1500, 2))
        image = _random_picture(generator, width, height)
        side = int(224 / 256 * min(width, height))
        top, left = (height - side + 1) // 2, (width - side + 1) // 2
        square = image[top : top + side, left : left + side]
        resized = bicubic_reference.resize(square, 224, 224)
        bicubic.compare(resized, cv2.resize(square, (224, 224), interpolation=cv2.INTER_CUBIC))
        expected = ((resized.astype(np.float32) - np.float32(127)) / np.float32(128)).transpose(2, 0, 1)
        assert np.array_equal(preprocessor.crop(image), resized), f"{width} x {height}"
        assert preprocessor(image).tobytes() == expected.tobytes()
    bicubic.check()
