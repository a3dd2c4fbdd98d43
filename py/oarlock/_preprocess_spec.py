"""The specification of a preprocessing, which travels with the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from oarlock._documents import read_text
from oarlock.errors import InvalidArgumentError, PreprocessingError

__all__ = ["COLORS", "IMAGENET", "INTERPOLATIONS", "LAYOUTS", "PreprocessSpec", "Resize", "ResizeExact", "ResizeShort"]

Interpolation: TypeAlias = Literal["bilinear", "bicubic", "nearest"]

# Each in the order of its enum in the core.
COLORS = ("RGB", "BGR")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest")
LAYOUTS = ("NCHW", "NHWC")
_MAX_SIDE = 16384
_FLOAT32_MAX = 3.4028234663852886e38


def _check(right: bool, field: str, found: object, expected: str) -> None:
    if not right:
        raise InvalidArgumentError(f"preprocess.{field} is {found!r}, expected {expected}")


def _check_side(field: str, value: object) -> None:
    right = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_SIDE
    _check(right, field, value, f"an integer from 1 to {_MAX_SIDE}")


def _check_choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    _check(value in choices, field, value, f"one of: {', '.join(choices)}")


def _check_channels(field: str, values: object, expected: str, *, zero: bool) -> None:
    right = (
        isinstance(values, tuple) and len(values) == 3 and all(_is_number(it) and (zero or it != 0) for it in values)
    )
    _check(right, field, values, expected)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FLOAT32_MAX


@dataclass(frozen=True)
class ResizeShort:
    """The shorter side to ``short`` pixels, the other in proportion, rounded half to even."""

    short: int
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        _check_side("resize.short", self.short)
        _check_choice("resize.interpolation", self.interpolation, INTERPOLATIONS)


@dataclass(frozen=True)
class ResizeExact:
    """To ``width`` x ``height`` pixels, whatever the proportions."""

    width: int
    height: int
    interpolation: Interpolation = "bilinear"

    def __post_init__(self) -> None:
        _check_side("resize.width", self.width)
        _check_side("resize.height", self.height)
        _check_choice("resize.interpolation", self.interpolation, INTERPOLATIONS)


Resize: TypeAlias = ResizeShort | ResizeExact


@dataclass(frozen=True)
class PreprocessSpec:
    """How a picture becomes a model's input; the ``preprocess`` object of docs/schema/bundle.schema.json.

    Steps, in this order: EXIF orientation if ``exif_orientation``; the centred square of ``crop_fraction`` of the
    shorter side, if given; ``resize``, if given; the centred ``center_crop`` (width, height) in pixels, if given; then
    ``(byte * scale - mean) / std`` in float32 per channel, channels in the order ``color``; ``layout`` "NCHW" or
    "NHWC". The defaults are PaddleClas' evaluation on ImageNet. Raises InvalidArgumentError naming the field.
    """

    color: Literal["RGB", "BGR"] = "RGB"
    exif_orientation: bool = True
    crop_fraction: float | None = None
    resize: Resize | None = ResizeShort(256)
    center_crop: tuple[int, int] | None = (224, 224)
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    layout: Literal["NCHW", "NHWC"] = "NCHW"

    def __post_init__(self) -> None:
        _check_choice("color", self.color, COLORS)
        _check_choice("layout", self.layout, LAYOUTS)
        _check(isinstance(self.exif_orientation, bool), "exif_orientation", self.exif_orientation, "true or false")
        if self.crop_fraction is not None:
            within = _is_number(self.crop_fraction) and 0 < self.crop_fraction <= 1
            _check(within, "crop_fraction", self.crop_fraction, "a number above 0 and up to 1")
        if self.center_crop is not None:
            _check_side("center_crop.width", self.center_crop[0])
            _check_side("center_crop.height", self.center_crop[1])
        _check(_is_number(self.scale), "scale", self.scale, "a finite number")
        _check_channels("mean", self.mean, "three finite numbers", zero=True)
        _check_channels("std", self.std, "three finite numbers other than 0", zero=False)

    @classmethod
    def from_json(cls, value: Any) -> PreprocessSpec:
        """Read the ``preprocess`` object of a bundle. Raises InvalidArgumentError naming the field."""
        names = (
            "color",
            "exif_orientation",
            "crop_fraction",
            "resize",
            "center_crop",
            "scale",
            "mean",
            "std",
            "layout",
        )
        fields = _fields("preprocess", value, names)
        if fields["center_crop"] is not None:
            crop = _fields("preprocess.center_crop", fields["center_crop"], ("width", "height"))
            fields["center_crop"] = (crop["width"], crop["height"])
        fields["resize"] = _resize_from_json(fields["resize"])
        for name in ("mean", "std"):
            if isinstance(fields[name], list):
                fields[name] = tuple(fields[name])
        return cls(**fields)

    @classmethod
    def read(cls, path: Path) -> PreprocessSpec:
        """Read a file that holds the ``preprocess`` object of a bundle. Raises PreprocessingError and OSError."""
        try:
            return cls.from_json(json.loads(read_text(path, PreprocessingError)))
        except (json.JSONDecodeError, RecursionError) as error:
            raise PreprocessingError(
                f"{path}: not JSON ({error}), expected the object `preprocess` of a bundle.json"
            ) from None
        except InvalidArgumentError as error:
            raise PreprocessingError(f"{path}: {error.message}") from None

    def to_json(self) -> dict[str, Any]:
        """The ``preprocess`` object of a bundle; ``from_json`` gives an equal specification back."""
        crop = self.center_crop
        return {
            "color": self.color,
            "exif_orientation": self.exif_orientation,
            "crop_fraction": self.crop_fraction,
            "resize": None if self.resize is None else dict(vars(self.resize)),
            "center_crop": None if crop is None else {"width": crop[0], "height": crop[1]},
            "scale": self.scale,
            "mean": list(self.mean),
            "std": list(self.std),
            "layout": self.layout,
        }


IMAGENET = PreprocessSpec()
"""PaddleClas' evaluation on ImageNet: short side 256, centre crop 224, ImageNet's mean and standard deviation, NCHW."""


def _resize_from_json(value: Any) -> Resize | None:
    if value is None:
        return None
    if isinstance(value, Mapping) and "short" in value:
        return ResizeShort(**_fields("preprocess.resize", value, ("short", "interpolation")))
    return ResizeExact(**_fields("preprocess.resize", value, ("width", "height", "interpolation")))


def _fields(where: str, value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """A copy of a JSON object that has exactly the fields ``names``."""
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"{where} is {value!r}, expected an object")
    if missing := [name for name in names if name not in value]:
        raise InvalidArgumentError(f"{where} lacks {', '.join(missing)}")
    if unknown := [str(name) for name in value if name not in names]:
        raise InvalidArgumentError(f"{where} has the unknown field {', '.join(unknown)}, expected {', '.join(names)}")
    return dict(value)
