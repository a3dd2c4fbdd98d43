"""The reference's preprocessing against the core's, which is other code, and what tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock import IMAGENET, Preprocessor, PreprocessSpec
from oarlock_opt.verify import recipe
from oarlock_opt.verify.explanation import explain

_LITE = {
    "color": "RGB",
    "exif_orientation": True,
    "crop_fraction": 0.875,
    "resize": {"width": 224, "height": 224, "interpolation": "bicubic"},
    "center_crop": None,
    "scale": 1.0,
    "mean": [127.0] * 3,
    "std": [128.0] * 3,
    "layout": "NHWC",
}


def _spec(**changes: Any) -> PreprocessSpec:
    return PreprocessSpec.from_json(IMAGENET.to_json() | changes)


def _picture(height: int, width: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(height * width)
    coarse = random.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    fine = random.integers(-20, 20, (height, width, 3))
    return np.clip(coarse.repeat(8, 0).repeat(8, 1)[:height, :width] + fine, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(256, 256), (300, 401), (999, 257), (64, 83), (1200, 1600)])
@pytest.mark.parametrize("spec", [IMAGENET, _spec(color="BGR", layout="NHWC"), _spec(resize=None, center_crop=None)])
def test_equals_the_core_to_the_bit(size: tuple[int, int], spec: PreprocessSpec) -> None:
    picture, core = _picture(*size), Preprocessor(spec)
    np.testing.assert_array_equal(recipe.crop(picture, spec), core.crop(picture))
    np.testing.assert_array_equal(recipe.tensor(core.crop(picture), spec), core(picture))


def test_bicubic_is_within_one() -> None:
    spec, picture = PreprocessSpec.from_json(_LITE), _picture(500, 333)
    difference = recipe.crop(picture, spec).astype(int) - Preprocessor(spec).crop(picture)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    ("changes", "stage", "sentence"),
    [
        ({"color": "BGR"}, "bytes", "channels in the order RGB, not BGR"),
        ({"resize": {"short": 256, "interpolation": "nearest"}}, "bytes", "bilinear interpolation, not nearest"),
        ({"mean": [0.5, 0.456, 0.406]}, "tensor", "mean (0.485, 0.456, 0.406), not (0.5, 0.456, 0.406)"),
        ({"std": [0.25, 0.224, 0.225]}, "tensor", "std (0.229, 0.224, 0.225), not (0.25, 0.224, 0.225)"),
        (
            {"color": "BGR", "resize": {"short": 256, "interpolation": "bicubic"}},
            "bytes",
            "channels in the order RGB, not BGR; bilinear interpolation, not bicubic",
        ),
    ],
)
def test_explains(changes: dict[str, Any], stage: str, sentence: str) -> None:
    picture = _picture(400, 300)
    explanation = explain(picture, Preprocessor(IMAGENET)(picture), _spec(**changes))
    assert explanation is not None
    assert (explanation.stage, explanation.sentence) == (stage, sentence)


def test_explains_a_transposed_crop() -> None:
    picture = _picture(400, 300)
    turned = np.ascontiguousarray(Preprocessor(IMAGENET)(picture).transpose(0, 2, 1))
    explanation = explain(picture, turned, IMAGENET)
    assert explanation is not None
    assert explanation.stage == "bytes"
    assert explanation.sentence == "the crop lies on its side, rows and columns exchanged"


def test_explains_nothing_that_is_right_or_beyond_it() -> None:
    picture = _picture(400, 300)
    tensor = Preprocessor(IMAGENET)(picture)
    assert explain(picture, tensor, IMAGENET) is None
    assert explain(picture, np.random.default_rng(0).standard_normal(tensor.shape).astype(np.float32), IMAGENET) is None
