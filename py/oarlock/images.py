"""Picture files to RGB pixels, with OpenCV's rules for what has no single right answer.

Alpha is dropped, not blended; 16 bits a channel give their high byte; grey and palettes become RGB; CMYK is converted
as OpenCV converts it; colour profiles and gamma are ignored. The first frame of an animation counts.
"""

from __future__ import annotations

import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oarlock.errors import (
    BadImageError,
    FileReadError,
    ImageTooLargeError,
    NotFoundError,
    TruncatedImageError,
    UnsupportedImageError,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "MAX_PIXELS", "SUFFIXES", "load", "to_rgb"]

MAX_PIXELS = 178_956_970
"""The most pixels a picture may have: what Pillow refuses to exceed, 0.5 GB as RGB."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
"""What is read, by Pillow's names. Whatever else Pillow can open stays closed: some of it starts other programs."""

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""Endings of picture files in folders, in lower case."""

_EXIF_ORIENTATION = 0x0112
# How Pillow's decoders tell that a file is damaged.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error)
_warnings_lock = threading.Lock()


def load(path: str | os.PathLike[str], exif_orientation: bool = True) -> NDArray[np.uint8]:
    """Read a picture: uint8 (H, W, 3) in RGB order, C-contiguous, turned upright by its EXIF tag unless told not to.

    Any thread. Raises NotFoundError, FileReadError, BadImageError (not a picture, empty, a folder, damaged),
    TruncatedImageError, UnsupportedImageError, ImageTooLargeError (see MAX_PIXELS).
    """
    file = Path(path)
    try:
        if file.is_dir():
            raise BadImageError(f"{path}: is a folder, expected a picture file")
        with file.open("rb") as stream:
            beginning = stream.read(16)
            if not beginning:
                raise BadImageError(f"{path}: is empty, expected a picture")
            stream.seek(0)
            return _decode(stream, f"{path}", beginning, exif_orientation)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file") from error
    except OSError as error:
        raise FileReadError(f"{path}: cannot be read ({error.strerror or error})") from error


def to_rgb(image: Image, exif_orientation: bool = True) -> NDArray[np.uint8]:
    """The pixels of a PIL image by the rules of this module: uint8 (H, W, 3) in RGB order, C-contiguous.

    Raises BadImageError, TruncatedImageError, UnsupportedImageError, ImageTooLargeError.
    """
    return _convert(image, str(getattr(image, "filename", "") or "the picture"), exif_orientation)


def _decode(stream: Any, name: str, beginning: bytes, exif_orientation: bool) -> NDArray[np.uint8]:
    from PIL import Image, UnidentifiedImageError

    try:
        with _no_warnings():
            image = Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BadImageError(
            f"{name}: is not a picture of a known kind (it begins with {beginning!r}), expected {', '.join(FORMATS)}"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name}: has more than {MAX_PIXELS} pixels") from error
    except _DAMAGE as error:
        raise BadImageError(f"{name}: is damaged ({error})") from error
    with image:
        return _convert(image, name, exif_orientation)


def _convert(image: Image, name: str, exif_orientation: bool) -> NDArray[np.uint8]:
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLargeError(f"{name}: has {image.width} x {image.height} pixels, expected at most {MAX_PIXELS}")
    try:
        # Only the TIFF decoder remarks on files while it decodes; the others need not take turns.
        with _no_warnings() if image.format == "TIFF" else nullcontext():
            image.load()
    except _DAMAGE as error:
        kind = TruncatedImageError if "truncated" in str(error).lower() else BadImageError
        raise kind(f"{name}: is damaged or ends too early ({error})") from error
    pixels = _rgb(image, name)
    if exif_orientation:
        pixels = _upright(pixels, _orientation(image))
    return np.ascontiguousarray(pixels)


def _rgb(image: Image, name: str) -> NDArray[np.uint8]:
    mode = image.mode
    if mode in ("RGB", "RGBA", "RGBX"):
        return np.asarray(image)[:, :, :3]
    if mode in ("1", "L", "LA"):
        grey = np.asarray(image.convert("LA" if mode == "LA" else "L"))
        return np.repeat(grey[:, :, :1] if mode == "LA" else grey[:, :, np.newaxis], 3, axis=2)
    if mode in ("P", "PA"):
        return np.asarray(image.convert("RGBA"))[:, :, :3]
    # Older Pillows open a grey PNG of 16 bits as "I", which elsewhere means 32 bits.
    if mode.startswith("I;16") or (mode == "I" and image.format == "PNG"):
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if mode == "CMYK":
        return _from_cmyk(np.asarray(image))
    if mode == "YCbCr":
        return np.asarray(image.convert("RGB"))
    raise UnsupportedImageError(
        f"{name}: has pixels of the kind {mode!r}, expected 8 or 16 bits a channel, grey, RGB, palette or CMYK"
    )


def _from_cmyk(cmyk: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB as OpenCV computes it; Pillow's values are amounts of ink, OpenCV's what the ink leaves of the light."""
    light = 255 - cmyk.astype(np.int32)
    black = light[:, :, 3:]
    return (black - ((255 - light[:, :, :3]) * black >> 8)).astype(np.uint8)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep Pillow's remarks on odd files off stderr; the filters are the whole process's, hence the lock."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _orientation(image: Image) -> int:
    try:
        with _no_warnings():
            return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _DAMAGE:
        return 1  # a broken tag says nothing, and OpenCV ignores it as well


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation: 2 to 8 as the standard numbers them, anything else is upright."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
