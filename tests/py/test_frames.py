"""Frame: the arrays and buffers it takes. The colours and orientations are compared with NumPy's in tests/native."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock.errors import BadDtypeError, BadImageError, InvalidArgumentError
from oarlock.frames import FORMATS, Frame
from oarlock.preprocess import Preprocessor, PreprocessSpec

_PLAIN = Preprocessor(PreprocessSpec(resize=None, center_crop=None))
_ANY = np.random.default_rng(30)


def _bytes(*shape: int) -> NDArray[np.uint8]:
    return _ANY.integers(0, 256, shape).astype(np.uint8)


def test_rgb_is_the_picture() -> None:
    pixels = _bytes(5, 7, 3)
    frame = Frame.from_arrays("RGB", pixels, rotation=90, mirror=True)
    assert (frame.width, frame.height, frame.upright_size) == (7, 5, (5, 7))
    np.testing.assert_array_equal(_PLAIN.crop(frame), np.rot90(pixels, -1)[:, ::-1])
    assert _PLAIN(frame).shape == (3, 7, 5)
    np.testing.assert_array_equal(_PLAIN.crop(Frame.from_arrays("BGR", pixels)), pixels[:, :, ::-1])


def test_planes_in_every_shape_they_come_in() -> None:
    y, vu, yuyv = _bytes(4, 6), _bytes(2, 3, 2), _bytes(4, 6, 2)
    expected = _PLAIN.crop(Frame.from_arrays("NV21", y, vu, range="full"))
    others = [
        Frame.from_arrays("NV21", y, vu.reshape(2, 6), range="full"),
        Frame.from_arrays("NV12", y, vu[:, :, ::-1], range="full"),
        Frame.from_arrays("I420", y, vu[:, :, 1], vu[:, :, 0], range="full"),
        Frame.from_arrays("YUV_420_888", y, vu[:, :, 1], vu[:, :, 0], range="full"),
        Frame.from_buffer("NV21", 6, 4, y.tobytes() + vu.tobytes(), range="full"),
        Frame.from_buffer("NV21", 6, 4, np.concatenate([y, vu.reshape(2, 6)]), range="full"),
    ]
    for other in others:
        np.testing.assert_array_equal(_PLAIN.crop(other), expected)
    expected = _PLAIN.crop(Frame.from_arrays("YUYV", yuyv, range="full"))
    assert expected.shape == (4, 6, 3)
    for shape in ((4, 3, 4), (4, 12)):
        np.testing.assert_array_equal(
            _PLAIN.crop(Frame.from_arrays("YUYV", yuyv.reshape(shape), range="full")), expected
        )


def test_a_frame_may_be_smaller_than_its_planes() -> None:
    pixels = _bytes(4, 3, 4)
    part = Frame("YUYV", 5, 3, (pixels,), range="limited")
    whole = Frame.from_arrays("YUYV", pixels, range="limited")
    np.testing.assert_array_equal(_PLAIN.crop(part), _PLAIN.crop(whole)[:3, :5])


def test_memory_is_shared_unless_the_core_cannot_take_it() -> None:
    y, vu = _bytes(4, 6), _bytes(2, 3, 2)
    frame = Frame.from_arrays("YUV_420_888", y[:, :5], vu[:, :, 1], vu[:, :, 0], range="full")
    assert all(np.shares_memory(plane, owner) for plane, owner in zip(frame.planes, (y, vu, vu), strict=True))
    before = _PLAIN.crop(frame)
    y[0, 0] ^= 255
    assert not np.array_equal(_PLAIN.crop(frame), before)
    for turned in (y[::-1], y[:, ::-1], np.asfortranarray(y), np.broadcast_to(y[:1], y.shape)):
        copied = Frame.from_arrays("NV21", turned, vu, range="full")
        same = Frame.from_arrays("NV21", turned.copy(order="C"), vu, range="full")
        np.testing.assert_array_equal(_PLAIN.crop(copied), _PLAIN.crop(same))


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1)])
def test_strides_along_an_axis_of_one_do_not_count(shape: tuple[int, int]) -> None:
    large = _bytes(12, 12)[::-2, ::-2]
    y, chroma = large[: shape[0], : shape[1]], large[: (shape[0] + 1) // 2, : (shape[1] + 1) // 2]
    odd = Frame.from_arrays("YUV_420_888", y, chroma, chroma, range="full")
    even = Frame.from_arrays("YUV_420_888", y.copy(), chroma.copy(), chroma.copy(), range="full")
    np.testing.assert_array_equal(_PLAIN.crop(odd), _PLAIN.crop(even))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (5, 3), (8, 6)])
def test_buffers_with_rows_that_are_longer(format: Any, width: int, height: int) -> None:
    rules = FORMATS[format]
    range_: Any = "full" if format not in ("RGB", "BGR", "RGBA") else None
    dense = _bytes(sum(rows * row for rows, row in (rule.shape(width, height) for rule in rules)))
    padded = []
    start = 0
    for rule in rules:
        rows, row = rule.shape(width, height)
        stride = 40 if rule.name not in ("U", "V") else 20
        plane = np.zeros((rows, stride), np.uint8)
        plane[:, :row] = dense[start : start + rows * row].reshape(rows, row)
        padded.append(plane.ravel())
        start += rows * row
    expected = _PLAIN.crop(Frame.from_buffer(format, width, height, dense, range=range_))
    frame = Frame.from_buffer(format, width, height, np.concatenate(padded), row_stride=40, range=range_)
    np.testing.assert_array_equal(_PLAIN.crop(frame), expected)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: Frame.from_arrays("NV16", _bytes(4, 4)),
            InvalidArgumentError,
            "format is 'NV16', expected one of NV21",
        ),
        (lambda: Frame.from_buffer("NV16", 4, 4, b""), InvalidArgumentError, "format is 'NV16'"),
        (
            lambda: Frame.from_arrays("RGB", _bytes(4, 4, 3), rotation=45),
            InvalidArgumentError,
            "rotation is 45, expected 0, 90, 180 or 270",
        ),
        (
            lambda: Frame.from_arrays("YUYV", _bytes(4, 4, 2)),
            InvalidArgumentError,
            "range is None, expected 'full' or 'limited' for YUYV",
        ),
        (
            lambda: Frame.from_arrays("RGB", _bytes(4, 4, 3), range="full"),
            InvalidArgumentError,
            "range is 'full', expected None for RGB",
        ),
        (
            lambda: Frame.from_arrays("YUYV", _bytes(4, 4, 2), range="narrow"),
            InvalidArgumentError,
            "range is 'narrow', expected 'full' or 'limited' for YUYV",
        ),
        (
            lambda: Frame.from_arrays("I420", _bytes(4, 4), _bytes(2, 2), range="full"),
            BadImageError,
            "I420 has 2 planes, expected 3: Y, U, V",
        ),
        (lambda: Frame.from_arrays("RGB"), BadImageError, "RGB has 0 planes, expected 1: RGB"),
        (
            lambda: Frame.from_arrays("NV21", _bytes(4, 5), _bytes(2, 2, 2), range="full"),
            BadImageError,
            r"the plane VU has shape \(2, 2, 2\), expected at least 2 rows of 6 bytes for a frame of 5 x 4 pixels",
        ),
        (
            lambda: Frame.from_arrays("NV21", _bytes(5, 4), _bytes(2, 2, 2), range="full"),
            BadImageError,
            r"the plane VU has shape \(2, 2, 2\), expected at least 3 rows of 4 bytes",
        ),
        (
            lambda: Frame.from_arrays("NV21", _bytes(4, 4, 1), _bytes(2, 4), range="full"),
            BadImageError,
            r"the plane Y has shape \(4, 4, 1\), expected \(rows, columns\)",
        ),
        (
            lambda: Frame.from_arrays("YUYV", _bytes(4, 4, 3), range="full"),
            BadImageError,
            r"the plane YUYV has shape \(4, 4, 3\), expected \(rows, columns, 2\)",
        ),
        (
            lambda: Frame.from_arrays("YUYV", _bytes(4, 5, 2), range="full"),
            BadImageError,
            r"the plane YUYV has shape \(4, 5, 2\), expected rows of a multiple of 4 bytes",
        ),
        (lambda: Frame.from_arrays("RGB", [[0]]), BadImageError, "the plane RGB is a list, expected a numpy array"),
        (
            lambda: Frame.from_arrays("RGB", np.zeros((4, 4, 3))),
            BadDtypeError,
            "the plane RGB is float64, expected uint8",
        ),
        (
            lambda: Frame.from_buffer("NV21", 4, 4, bytes(23), range="full"),
            BadImageError,
            "NV21 of 4 x 4 pixels in 23 bytes: the plane VU has 2 rows of 4 bytes up to byte 24",
        ),
        (
            lambda: Frame.from_buffer("RGB", 4, 4, bytes(100), row_stride=11),
            BadImageError,
            "the plane RGB has 4 rows of 11 bytes up to byte 44, expected rows of at least 12 bytes",
        ),
        (lambda: Frame.from_buffer("RGB", -4, 4, bytes(100)), BadImageError, "RGB of -4 x 4 pixels"),
        (lambda: Frame.from_buffer("RGB", 4, 0, bytes(100)), BadImageError, "RGB of 4 x 0 pixels"),
        (lambda: _PLAIN(Frame.from_arrays("RGB", _bytes(4, 0, 3))), BadImageError, "image is 0 x 4 pixels"),
        (lambda: _PLAIN(Frame("RGB", -1, 4, (_bytes(4, 4, 3),))), BadImageError, "image is -1 x 4 pixels"),
    ],
)
def test_no_frames(call: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()
