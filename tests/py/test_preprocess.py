"""Preprocessor: the arrays it takes and gives. Its numbers are compared with OpenCV's in tests/native."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from oarlock.errors import BadDtypeError, BadImageError
from oarlock.preprocess import IMAGENET, Preprocessor, PreprocessSpec, ResizeExact, ResizeShort

_CAT: NDArray[np.uint8] = data.chelsea()


def _normalised(pixels: NDArray[np.uint8], spec: PreprocessSpec) -> NDArray[np.float32]:
    scale, mean, std = (np.asarray(it, np.float32) for it in (spec.scale, spec.mean, spec.std))
    values = (pixels.astype(np.float32) * scale - mean) / std
    result: NDArray[np.float32] = values.transpose(2, 0, 1) if spec.layout == "NCHW" else values
    return result


def test_imagenet() -> None:
    preprocessor = Preprocessor(IMAGENET)
    assert preprocessor.spec is IMAGENET
    crop = preprocessor.crop(_CAT)
    tensor = preprocessor(_CAT)
    assert crop.shape == (224, 224, 3)
    assert crop.dtype == np.uint8
    assert tensor.shape == (3, 224, 224)
    assert tensor.dtype == np.float32
    np.testing.assert_array_equal(tensor, _normalised(crop, IMAGENET))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_bgr_and_exact(layout: Any) -> None:
    spec = PreprocessSpec(
        color="BGR", resize=ResizeExact(9, 5), center_crop=None, scale=1, mean=(1, 2, 3), std=(4, 5, 6), layout=layout
    )
    rgb = Preprocessor(PreprocessSpec(resize=ResizeExact(9, 5), center_crop=None)).crop(_CAT)
    assert rgb.shape == (5, 9, 3)
    np.testing.assert_array_equal(Preprocessor(spec).crop(_CAT), rgb[:, :, ::-1])
    np.testing.assert_array_equal(Preprocessor(spec)(_CAT), _normalised(rgb[:, :, ::-1], spec))


def test_nothing_but_normalisation() -> None:
    spec = PreprocessSpec(resize=None, center_crop=None)
    assert Preprocessor(spec).output_size(451, 300) == (451, 300)
    np.testing.assert_array_equal(Preprocessor(spec).crop(_CAT), _CAT)


def test_output_size() -> None:
    assert Preprocessor(PreprocessSpec(resize=ResizeShort(256), center_crop=None)).output_size(513, 512) == (256, 256)
    assert Preprocessor(IMAGENET).output_size(1, 4000) == (224, 224)


def test_grey_and_rgba() -> None:
    preprocessor = Preprocessor(IMAGENET)
    grey = np.ascontiguousarray(_CAT[:, :, 0])
    expected = preprocessor.crop(np.repeat(grey[:, :, None], 3, axis=2))
    np.testing.assert_array_equal(preprocessor.crop(grey), expected)
    np.testing.assert_array_equal(preprocessor.crop(grey[:, :, None]), expected)
    alpha = np.random.default_rng(0).integers(0, 256, (*grey.shape, 1)).astype(np.uint8)
    np.testing.assert_array_equal(preprocessor.crop(np.concatenate([_CAT, alpha], axis=2)), preprocessor.crop(_CAT))


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda it: it[10:200, 20:300], id="part"),
        pytest.param(lambda it: it[::2], id="every other row"),
        pytest.param(lambda it: it[:, ::2], id="every other column"),
        pytest.param(lambda it: it[::-1, ::-1], id="turned"),
        pytest.param(lambda it: it[:, :, ::-1], id="channels turned"),
        pytest.param(lambda it: it.transpose(1, 0, 2), id="transposed"),
        pytest.param(np.asfortranarray, id="Fortran order"),
        pytest.param(lambda it: it[:1], id="one row"),
        pytest.param(lambda it: it[:1][::-1], id="one row turned"),
        pytest.param(lambda it: it[:, :1], id="one column"),
        pytest.param(lambda it: np.broadcast_to(it[:1], it.shape), id="one row for all"),
    ],
)
def test_views_count_as_what_they_show(view: Any) -> None:
    preprocessor = Preprocessor(IMAGENET)
    seen = view(_CAT)
    np.testing.assert_array_equal(preprocessor.crop(seen), preprocessor.crop(seen.copy(order="C")))


@pytest.mark.parametrize(
    ("image", "error", "sentence"),
    [
        (np.zeros((8, 8, 3), np.float32), BadDtypeError, "the picture is float32, expected uint8"),
        (np.zeros((8, 8, 2), np.uint8), BadImageError, r"has shape \(8, 8, 2\), expected \(height, width, 3\) RGB"),
        (np.zeros((3, 8, 8), np.uint8), BadImageError, r"has shape \(3, 8, 8\)"),
        (np.zeros((2, 8, 8, 3), np.uint8), BadImageError, r"has shape \(2, 8, 8, 3\)"),
        (np.zeros((0, 8, 3), np.uint8), BadImageError, r"has shape \(0, 8, 3\)"),
        (np.zeros(8, np.uint8), BadImageError, r"has shape \(8,\)"),
        ([[0]], BadImageError, "the picture is a list, expected a numpy array"),
    ],
)
def test_no_pictures(image: Any, error: type[Exception], sentence: str) -> None:
    preprocessor = Preprocessor(IMAGENET)
    with pytest.raises(error, match=sentence):
        preprocessor(image)
    with pytest.raises(error, match=sentence):
        preprocessor.crop(image)


def test_smaller_than_the_crop() -> None:
    with pytest.raises(BadImageError):
        Preprocessor(PreprocessSpec(resize=None))(np.zeros((223, 500, 3), np.uint8))


def test_threads_share_one() -> None:
    preprocessor = Preprocessor(IMAGENET)
    expected = preprocessor(_CAT)
    results: list[NDArray[np.float32]] = []
    threads = [threading.Thread(target=lambda: results.append(preprocessor(_CAT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_many_come_and_go() -> None:
    for _ in range(1000):
        Preprocessor(IMAGENET)
    gc.collect()
