"""The core's camera frames against NumPy to the byte, and the colours against OpenCV and libjpeg."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from oarlock.frames import FORMATS, Frame
from oarlock.preprocess import IMAGENET, Preprocessor, PreprocessSpec, ResizeExact, ResizeShort
from tests.native import frame_reference

Bytes = NDArray[np.uint8]

PLAIN = PreprocessSpec(resize=None, center_crop=None)
SPECS = {
    "conversion alone": PLAIN,
    "bilinear and crop": replace(IMAGENET, resize=ResizeShort(40), center_crop=(33, 36), color="BGR"),
    "bicubic and crop": replace(IMAGENET, resize=ResizeShort(40, interpolation="bicubic"), center_crop=(33, 36)),
    "nearest, exact": replace(IMAGENET, resize=ResizeExact(19, 50, interpolation="nearest"), center_crop=None),
    "crop_fraction": PreprocessSpec(
        crop_fraction=0.875, resize=ResizeExact(32, 32, interpolation="bicubic"), center_crop=None, layout="NHWC"
    ),
    "crop_fraction alone": PreprocessSpec(crop_fraction=0.7, resize=None, center_crop=None),
}
YUV = [name for name in FORMATS if name not in ("RGB", "BGR", "RGBA")]


def _random_plane(generator: np.random.Generator, rows: int, elements: int, size: int, stride: int) -> Bytes:
    """(rows, elements, size) in a buffer of exactly its bytes: odd gaps between rows, none after the last."""
    row_stride = (elements - 1) * stride + size + int(generator.integers(0, 8))
    buffer = generator.integers(0, 256, (rows - 1) * row_stride + (elements - 1) * stride + size).astype(np.uint8)
    return np.lib.stride_tricks.as_strided(buffer, (rows, elements, size), (row_stride, stride, 1))


def _random_frame(
    generator: np.random.Generator, format: Any, width: int, height: int, **how: Any
) -> tuple[Frame, Any]:
    """A frame, and the whole of it as RGB pixels as they lie in memory."""
    planes = []
    for rule in FORMATS[format]:
        rows, row_bytes = rule.shape(width, height)
        stride = int(generator.integers(1, 3)) if rule.strided else rule.bytes
        planes.append(_random_plane(generator, rows, row_bytes // rule.bytes, rule.bytes, stride))
    rgb = frame_reference.to_rgb(format, planes, width, height, how.get("range") == "limited")
    arrays = tuple(plane[:, :, 0] if plane.shape[2] == 1 else plane for plane in planes)
    frame = Frame(format, width, height, arrays, **how)
    for array, plane in zip(frame.planes, planes, strict=True):
        assert np.shares_memory(array, plane), "copied, so that the core does not see these strides"
    return frame, rgb


def _sizes(generator: np.random.Generator) -> list[tuple[int, int]]:
    small = [(int(width), int(height)) for width, height in generator.integers(1, 71, (6, 2))]
    return [*small, (2, 2), (70, 1)]


def _check(frame: Frame, rgb: Bytes, preprocessor: Preprocessor) -> None:
    picture = frame_reference.upright(rgb, frame.rotation, frame.mirror)
    what = f"{frame.format} {frame.width} x {frame.height}, {frame.range}, {frame.rotation}, {frame.mirror}"
    assert frame.upright_size == (picture.shape[1], picture.shape[0])
    if preprocessor.spec is PLAIN:
        assert np.array_equal(preprocessor.crop(frame), picture), what
    assert np.array_equal(preprocessor.crop(frame), preprocessor.crop(picture)), what
    assert preprocessor(frame).tobytes() == preprocessor(picture).tobytes(), what


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("format", FORMATS)
def test_every_orientation_and_range(format: str, name: str) -> None:
    generator = np.random.default_rng(list(FORMATS).index(format))
    preprocessor = Preprocessor(SPECS[name])
    ranges = ("full", "limited") if format in YUV else (None,)
    for rotation, mirror, range_ in itertools.product((0, 90, 180, 270), (False, True), ranges):
        for width, height in _sizes(generator):
            how = {"range": range_, "rotation": rotation, "mirror": mirror}
            if min(width, height) > 1 or SPECS[name].crop_fraction is None:
                _check(*_random_frame(generator, format, width, height, **how), preprocessor)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("size", [(1920, 1080), (639, 481), (20, 3001)])
def test_large(size: tuple[int, int], format: str) -> None:
    generator = np.random.default_rng(7)
    preprocessor = Preprocessor(IMAGENET)
    for rotation, mirror in ((0, False), (90, True), (180, True), (270, False)):
        how = {"range": "limited" if format in YUV else None, "rotation": rotation, "mirror": mirror}
        _check(*_random_frame(generator, format, *size, **how), preprocessor)


@pytest.mark.parametrize("range_", ["full", "limited"])
def test_every_colour(range_: Any) -> None:
    """All 2^24 of them, 16 lumas at a time: each pair of chroma samples has 4 sites of 4 pixels."""
    chroma = np.arange(1 << 16, dtype=np.uint16)
    u, v = (np.tile(it.astype(np.uint8).reshape(256, 256), (2, 2)) for it in (chroma >> 8, chroma & 255))
    site = np.kron(np.arange(4, dtype=np.uint8).reshape(2, 2), np.ones((256, 256), np.uint8))
    preprocessor = Preprocessor(PLAIN)
    for block in range(0, 256, 16):
        luma = np.empty((1024, 1024), np.uint8)
        for place in range(4):
            luma[place // 2 :: 2, place % 2 :: 2] = block + 4 * site + place
        ours = preprocessor.crop(Frame.from_arrays("I420", luma, u, v, range=range_))
        u_at, v_at = (it.repeat(2, axis=0).repeat(2, axis=1) for it in (u, v))
        assert np.array_equal(ours, frame_reference.yuv_to_rgb(luma, u_at, v_at, range_ == "limited"))
        if range_ == "limited":
            stacked = np.concatenate([luma.ravel(), u.ravel(), v.ravel()]).reshape(-1, 1024)
            assert np.array_equal(ours, cv2.cvtColor(stacked, cv2.COLOR_YUV2RGB_I420))


def test_full_range_is_libjpegs() -> None:
    stored = io.BytesIO()
    Image.fromarray(data.chelsea()).save(stored, "JPEG", quality=95, subsampling=0)
    decoded = np.asarray(Image.open(stored))
    undecoded = Image.open(stored)
    undecoded.draft("YCbCr", None)
    y, u, v = np.moveaxis(np.asarray(undecoded), 2, 0)
    assert undecoded.mode == "YCbCr"
    assert np.array_equal(frame_reference.yuv_to_rgb(y, u, v, limited=False), decoded)


@pytest.mark.parametrize(
    ("format", "code"),
    [
        ("NV21", cv2.COLOR_YUV2RGB_NV21),
        ("NV12", cv2.COLOR_YUV2RGB_NV12),
        ("I420", cv2.COLOR_YUV2RGB_I420),
        ("YUYV", cv2.COLOR_YUV2RGB_YUYV),
    ],
)
def test_limited_range_is_opencvs_whole_way(format: Any, code: int) -> None:
    generator = np.random.default_rng(8)
    shape = (480, 640, 2) if format == "YUYV" else (720, 640)
    stored = generator.integers(0, 256, shape).astype(np.uint8)
    turned = cv2.rotate(cv2.cvtColor(stored, code), cv2.ROTATE_90_CLOCKWISE)
    resized = cv2.resize(turned, (256, 341), interpolation=cv2.INTER_LINEAR)[58:282, 16:240]
    mean, std = np.array(IMAGENET.mean, np.float32), np.array(IMAGENET.std, np.float32)
    expected = ((resized.astype(np.float32) * np.float32(1 / 255) - mean) / std).transpose(2, 0, 1)
    frame = Frame.from_buffer(format, 640, 480, stored, range="limited", rotation=90)
    assert Preprocessor(IMAGENET)(frame).tobytes() == expected.tobytes()
