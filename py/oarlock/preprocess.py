"""From a picture to a model's input tensor, by a specification that travels with the model."""

from __future__ import annotations

import weakref
from ctypes import Structure, byref, c_float, c_int32, c_void_p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oarlock import _core
from oarlock._preprocess_spec import (
    COLORS,
    IMAGENET,
    INTERPOLATIONS,
    LAYOUTS,
    PreprocessSpec,
    Resize,
    ResizeExact,
    ResizeShort,
)
from oarlock.errors import BadDtypeError, BadImageError
from oarlock.frames import Frame, to_core

__all__ = ["IMAGENET", "PreprocessSpec", "Preprocessor", "Resize", "ResizeExact", "ResizeShort"]

PIXEL_FORMATS = {1: 3, 3: 0, 4: 2}
"""oar_pixel_format by the number of channels: grey, RGB, RGBA."""


class Preprocessor:
    """Applies a PreprocessSpec with the core's code, the same bits on every platform.

    Immutable; any number of threads may use one at once. EXIF orientation is not a property of pixels: it is applied by
    ``oarlock.images.load``.
    """

    def __init__(self, spec: PreprocessSpec) -> None:
        """Raises InvalidArgumentError when the specification contradicts itself."""
        self._spec = spec
        handle = c_void_p()
        _core.call("oar_preprocessor_create", byref(_to_core(spec)), byref(handle))
        self._handle = handle
        weakref.finalize(self, _core.library().oar_preprocessor_destroy, handle)

    @property
    def spec(self) -> PreprocessSpec:
        """What this preprocessor applies."""
        return self._spec

    def output_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels of what a picture of ``width`` x ``height`` becomes.

        Raises BadImageError when such a picture is too small for the crop, or no picture at all.
        """
        out_width, out_height = c_int32(), c_int32()
        _core.call("oar_preprocessor_output_size", self._handle, width, height, byref(out_width), byref(out_height))
        return out_width.value, out_height.value

    def crop(self, image: NDArray[np.uint8] | Frame) -> NDArray[np.uint8]:
        """The picture after resizing and cropping: uint8 (H, W, 3), channels in the specification's order.

        ``image`` is uint8: (H, W, 3) RGB, (H, W, 4) RGBA whose alpha is dropped, (H, W) or (H, W, 1) grey; or a camera
        frame. It is only read. Raises BadDtypeError and BadImageError.
        """
        source = _source(image)
        width, height = self.output_size(*source.size)
        result = np.empty((height, width, 3), np.uint8)
        crop = f"oar_preprocessor_crop{source.suffix}"
        _core.call(crop, self._handle, byref(source.core), result.ctypes.data, result.nbytes)
        return result

    def __call__(self, image: NDArray[np.uint8] | Frame) -> NDArray[np.float32]:
        """The model's input for one picture: float32 (3, H, W), or (H, W, 3) for the layout NHWC; no batch dimension.

        ``image`` as for ``crop``. Raises BadDtypeError and BadImageError.
        """
        source = _source(image)
        width, height = self.output_size(*source.size)
        shape = (3, height, width) if self._spec.layout == "NCHW" else (height, width, 3)
        result = np.empty(shape, np.float32)
        run = f"oar_preprocessor_run{source.suffix}"
        _core.call(run, self._handle, byref(source.core), result.ctypes.data, result.size)
        return result


class _Source(NamedTuple):
    """A picture or a frame for the core."""

    suffix: str  # of the functions that take it
    core: Structure
    size: tuple[int, int]  # upright width and height
    owner: object  # holds the memory that ``core`` points into


def _source(image: NDArray[np.uint8] | Frame) -> _Source:
    if isinstance(image, Frame):
        return _Source("_frame", to_core(image), image.upright_size, image)
    pixels = _pixels(image)
    return _Source("", _image(pixels), (pixels.shape[1], pixels.shape[0]), pixels)


def _pixels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture as (H, W, channels) whose pixels lie side by side within a row; copied only if they do not."""
    if not isinstance(image, np.ndarray):
        raise BadImageError(f"the picture is a {type(image).__name__}, expected a numpy array")
    if image.dtype != np.uint8:
        raise BadDtypeError(f"the picture is {image.dtype}, expected uint8")
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    if pixels.ndim != 3 or pixels.shape[2] not in PIXEL_FORMATS or pixels.size == 0:
        raise BadImageError(
            f"the picture has shape {image.shape}, expected (height, width, 3) RGB, (height, width, 4) RGBA "
            "or (height, width) grey"
        )
    channels = pixels.shape[2]
    row = pixels.shape[1] * channels
    side_by_side = pixels.strides[1:] == (channels, 1) and pixels.strides[0] >= row
    return pixels if side_by_side else np.ascontiguousarray(pixels)


def _image(pixels: NDArray[np.uint8]) -> _core.Image:
    """The picture as the core takes it; it points into ``pixels``, which must outlive it."""
    height, width, channels = pixels.shape
    return _core.Image(
        format=PIXEL_FORMATS[channels],
        data=pixels.ctypes.data,
        width=width,
        height=height,
        # Of one row NumPy may say any stride, and calls the pixels contiguous all the same.
        row_stride=pixels.strides[0] if height > 1 else width * channels,
    )


def _to_core(spec: PreprocessSpec) -> _core.PreprocessSpec:
    """oar_preprocess_spec."""
    core = _core.PreprocessSpec(
        color=COLORS.index(spec.color),
        crop_fraction=spec.crop_fraction or 0,
        scale=spec.scale,
        mean=(c_float * 3)(*spec.mean),
        std=(c_float * 3)(*spec.std),
        layout=LAYOUTS.index(spec.layout),
    )
    if spec.resize is not None:
        core.interpolation = INTERPOLATIONS.index(spec.resize.interpolation)
    if isinstance(spec.resize, ResizeShort):
        core.resize, core.resize_short = 1, spec.resize.short
    elif isinstance(spec.resize, ResizeExact):
        core.resize, core.resize_width, core.resize_height = 2, spec.resize.width, spec.resize.height
    if spec.center_crop is not None:
        core.crop_width, core.crop_height = spec.center_crop
    return core
