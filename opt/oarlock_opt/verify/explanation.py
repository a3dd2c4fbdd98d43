"""What kind of preprocessing made a tensor, when it was not the one that a bundle says.

A picture and the tensor that was made of it tell much: with the right channels and geometry, every channel of the
tensor is a straight line over the bytes of the crop, and the line has the mean and the standard deviation in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oarlock._preprocess_spec import INTERPOLATIONS, PreprocessSpec
from oarlock.errors import BadImageError
from oarlock.preprocess import Preprocessor

__all__ = ["Explanation", "explain"]

# The largest distance from a straight line, in bytes, that counts as none: float32's rounding is a thousandth of it,
# and another interpolation moves many bytes by one and more.
_STRAIGHT = 0.05
# By how much a mean or standard deviation may differ, relative to the standard deviation, and be the same.
_SAME = 1e-4


@dataclass(frozen=True)
class Explanation:
    """Where they part: in the "bytes" of the crop, or in the "tensor" that is made of them; and how, as a clause."""

    stage: Literal["bytes", "tensor"]
    sentence: str


@dataclass(frozen=True)
class _Line:
    """A channel of a tensor as a function of the crop's bytes: slope * byte + offset."""

    slope: float
    offset: float


def explain(picture: NDArray[np.uint8], expected: NDArray[np.float32], spec: PreprocessSpec) -> Explanation | None:
    """Why ``spec`` does not make ``expected``, float32 (3, h, w) or (h, w, 3) by its layout, of a picture.

    None when nothing that is tried explains it: other channels, interpolations, a transposed crop, other numbers.
    """
    for turned, color, interpolation in _ways(spec):
        other = _changed(spec, color, interpolation)
        try:
            cropped = Preprocessor(other).crop(picture)
        except BadImageError:
            continue
        lines = _lines(cropped.transpose(1, 0, 2) if turned else cropped, expected, spec.layout)
        if lines is None:
            continue
        return _told(spec, other, lines, turned=turned)
    return None


def _ways(spec: PreprocessSpec) -> Iterator[tuple[bool, str, str]]:
    """Transposed or not, colour and interpolation: the fewest changes first."""
    own = "" if spec.resize is None else spec.resize.interpolation
    interpolations = [own, *(each for each in INTERPOLATIONS if own and each != own)]
    colors = [spec.color, "BGR" if spec.color == "RGB" else "RGB"]
    ways = itertools.product((False, True), colors, interpolations)
    yield from sorted(ways, key=lambda way: way[0] + (way[1] != spec.color) + (way[2] != own))


def _changed(spec: PreprocessSpec, color: str, interpolation: str) -> PreprocessSpec:
    data = spec.to_json() | {"color": color}
    if data["resize"] is not None:
        data["resize"] = data["resize"] | {"interpolation": interpolation}
    return PreprocessSpec.from_json(data)


def _lines(cropped: NDArray[np.uint8], expected: NDArray[np.float32], layout: str) -> list[_Line] | None:
    """The line of each channel; None when they are no straight lines."""
    values = expected.transpose(1, 2, 0) if layout == "NCHW" else expected
    if values.shape != cropped.shape or not np.isfinite(values).all():
        return None
    lines = []
    for channel in range(3):
        x = cropped[:, :, channel].astype(np.float64).ravel()
        y = values[:, :, channel].astype(np.float64).ravel()
        if np.ptp(x) == 0:
            return None
        slope, offset = np.polyfit(x, y, 1)
        if slope == 0 or np.abs(slope * x + offset - y).max() > _STRAIGHT * abs(slope):
            return None
        lines.append(_Line(float(slope), float(offset)))
    return lines


def _told(spec: PreprocessSpec, other: PreprocessSpec, lines: list[_Line], *, turned: bool) -> Explanation | None:
    """What is to be said when ``other`` and ``lines`` are the truth; None when they are what ``spec`` says."""
    bytes_differ, parts = _geometry(spec, other, turned=turned)
    # Slope and offset have the mean and the deviation in them for the scale that the bundle has.
    stds = [spec.scale / line.slope for line in lines]
    means = [-line.offset * std for line, std in zip(lines, stds, strict=True)]
    for name, found, said in (("mean", means, spec.mean), ("std", stds, spec.std)):
        if any(abs(a - b) > _SAME * abs(std) for a, b, std in zip(found, said, stds, strict=True)):
            parts.append(f"{name} {_numbers(found)}, not {_numbers(said)}")
    if not parts:
        return None
    return Explanation("bytes" if bytes_differ else "tensor", "; ".join(parts))


def _geometry(spec: PreprocessSpec, other: PreprocessSpec, *, turned: bool) -> tuple[bool, list[str]]:
    parts = []
    if turned:
        parts.append("the crop lies on its side, rows and columns exchanged")
    if other.color != spec.color:
        parts.append(f"channels in the order {other.color}, not {spec.color}")
    if other.resize is not None and spec.resize is not None and other.resize != spec.resize:
        parts.append(f"{other.resize.interpolation} interpolation, not {spec.resize.interpolation}")
    return bool(parts), parts


def _numbers(values: list[float] | tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
