"""Whether a preprocessing gives what a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from oarlock._preprocess_spec import PreprocessSpec, ResizeExact
from oarlock.errors import PreprocessingError

__all__ = ["check_fit"]

_CHANNELS = 3


class Tensor(Protocol):
    """What a model says of an input; -1 in the shape where any size goes."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> str: ...


def check_fit(spec: PreprocessSpec, origin: str, inputs: Sequence[Tensor], advice: str) -> None:
    """Raise PreprocessingError unless ``inputs`` is one input that takes what ``spec`` makes of a picture.

    ``origin`` names where the specification comes from, ``advice`` says what to do.
    """
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs)
        raise PreprocessingError(
            f"{origin}: a picture is one input, but the model takes {len(inputs)} ({names}); {advice}"
        )
    (tensor,) = inputs
    width, height = _size(spec)
    gives = (_CHANNELS, height, width) if spec.layout == "NCHW" else (height, width, _CHANNELS)
    if tensor.dtype != "float32" or not _matches(gives, tensor.shape[1:]):
        raise PreprocessingError(
            f"{origin}: it gives float32 {_show((-1, *gives))}, but the input {tensor.name!r} takes {tensor.dtype} "
            f"{_show(tensor.shape)}; {advice}"
        )


def _size(spec: PreprocessSpec) -> tuple[int, int]:
    """Width and height of what the specification makes; -1 where that depends on the picture."""
    if spec.center_crop is not None:
        return spec.center_crop
    if isinstance(spec.resize, ResizeExact):
        return spec.resize.width, spec.resize.height
    if spec.resize is not None and spec.crop_fraction is not None:
        return spec.resize.short, spec.resize.short  # a square stays one
    return -1, -1


def _matches(gives: Sequence[int], takes: Sequence[int]) -> bool:
    return len(gives) == len(takes) and all(taken in (-1, given) for given, taken in zip(gives, takes, strict=True))


def _show(shape: Sequence[int]) -> str:
    return "[" + ", ".join("any" if size == -1 else str(size) for size in shape) + "]"
