"""PreprocessSpec: what it accepts, and its form in bundle.json."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from jsonschema import ValidationError

from oarlock.errors import InvalidArgumentError
from oarlock.preprocess import IMAGENET, PreprocessSpec, ResizeExact, ResizeShort

from ..schemas import validate_part

_SPECS = [
    IMAGENET,
    PreprocessSpec(
        color="BGR",
        exif_orientation=False,
        crop_fraction=0.875,
        resize=ResizeExact(240, 224, "bicubic"),
        center_crop=None,
        scale=1,
        mean=(127, 127, 127),
        std=(128, 128, 128),
        layout="NHWC",
    ),
    PreprocessSpec(resize=None, center_crop=(16384, 1)),
    PreprocessSpec(resize=ResizeShort(1, "nearest")),
]


@pytest.mark.parametrize("spec", _SPECS)
def test_json_there_and_back(spec: PreprocessSpec) -> None:
    value = json.loads(json.dumps(spec.to_json()))
    validate_part(value, "bundle", "$defs/preprocess")
    assert PreprocessSpec.from_json(value) == spec


_BROKEN: list[tuple[str, Any, str]] = [
    ("color", "rgb", "preprocess.color is 'rgb', expected one of: RGB, BGR"),
    ("layout", "CHW", "preprocess.layout is 'CHW', expected one of: NCHW, NHWC"),
    ("exif_orientation", 1, "preprocess.exif_orientation is 1, expected true or false"),
    ("crop_fraction", 0, "preprocess.crop_fraction is 0, expected a number above 0 and up to 1"),
    ("crop_fraction", 1.01, "preprocess.crop_fraction is 1.01"),
    (
        "resize",
        {"short": 0, "interpolation": "bilinear"},
        "preprocess.resize.short is 0, expected an integer from 1 to",
    ),
    ("resize", {"short": 256.0, "interpolation": "bilinear"}, "preprocess.resize.short is 256.0"),
    ("resize", {"short": True, "interpolation": "bilinear"}, "preprocess.resize.short is True"),
    ("resize", {"short": 256, "interpolation": "cubic"}, "preprocess.resize.interpolation is 'cubic', expected one of"),
    ("resize", {"short": 256}, "preprocess.resize lacks interpolation"),
    ("resize", {"width": 256, "interpolation": "bilinear"}, "preprocess.resize lacks height"),
    ("resize", {"width": 256, "height": 16385, "interpolation": "bilinear"}, "preprocess.resize.height is 16385"),
    ("resize", 256, "preprocess.resize is 256, expected an object"),
    ("center_crop", {"width": 224}, "preprocess.center_crop lacks height"),
    ("center_crop", {"width": 224, "height": -1}, "preprocess.center_crop.height is -1"),
    ("center_crop", {"width": 1, "height": 1, "depth": 1}, "preprocess.center_crop has the unknown field depth"),
    ("scale", "1/255", "preprocess.scale is '1/255', expected a finite number"),
    ("mean", [0.5], "preprocess.mean is (0.5,), expected three finite numbers"),
    ("mean", 0.5, "preprocess.mean is 0.5, expected three finite numbers"),
    ("std", [1, 1, None], "preprocess.std is (1, 1, None), expected three finite numbers other than 0"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), _BROKEN)
def test_broken_json(field: str, value: Any, sentence: str) -> None:
    broken = {**copy.deepcopy(IMAGENET.to_json()), field: value}
    with pytest.raises(InvalidArgumentError) as caught:
        PreprocessSpec.from_json(broken)
    assert str(caught.value).startswith(sentence)
    if value != {"short": 256.0, "interpolation": "bilinear"}:  # 256.0 is an integer to JSON Schema
        with pytest.raises(ValidationError):
            validate_part(broken, "bundle", "$defs/preprocess")


@pytest.mark.parametrize(
    ("field", "value"), [("scale", math.nan), ("mean", [math.inf, 0, 0]), ("std", [1, 0, 1]), ("scale", 10**400)]
)
def test_numbers_that_float32_does_not_take(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=f"preprocess.{field} is "):
        PreprocessSpec.from_json({**IMAGENET.to_json(), field: value})


@pytest.mark.parametrize("value", [None, [], "imagenet", {}])
def test_no_object(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^preprocess (is|lacks) "):
        PreprocessSpec.from_json(value)


def test_missing_and_unknown_fields() -> None:
    value = IMAGENET.to_json()
    del value["mean"], value["std"]
    with pytest.raises(InvalidArgumentError, match="preprocess lacks mean, std"):
        PreprocessSpec.from_json(value)
    with pytest.raises(InvalidArgumentError, match="preprocess has the unknown field gamma, expected color, "):
        PreprocessSpec.from_json({**IMAGENET.to_json(), "gamma": 2.2})
