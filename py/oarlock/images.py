"""Picture files to RGB pixels, with OpenCV's rules for what has no single right answer.

Alpha is dropped, not blended; 16 bits a channel give their high byte; grey and palettes become RGB; CMYK is converted
as OpenCV converts it; colour profiles and gamma are ignored. Of an animation, of the pages of a TIFF and of the several
pictures in a phone's JPEG the first counts. What these rules do not cover, such as floating-point numbers, is refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oarlock import _tiff
from oarlock._picture_files import FORMATS, describe_other, identify, no_warnings, open_picture, reading_error
from oarlock.errors import (
    BadImageError,
    FileReadError,
    ImageTooLargeError,
    InvalidArgumentError,
    MemoryExhaustedError,
    NotFoundError,
    OarlockError,
    UnsupportedImageError,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "MAX_PIXELS", "SUFFIXES", "Stored", "load", "load_stored", "to_rgb", "to_stored"]

MAX_PIXELS = 178_956_970
"""The most pixels that a picture may have unless told otherwise: half a gigabyte as RGB, and Pillow's own limit."""

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""Endings of picture files in folders, in lower case."""

_MAX_STREAM_BYTES = 1 << 30
_STRIP_PIXELS = 1 << 18
_EXIF_ORIENTATION = 0x0112
# The orientation that undoes another; those not here undo themselves.
_OPPOSITE = {6: 8, 8: 6}


class Stored(NamedTuple):
    """A picture as it lies in its file: ``pixels`` uint8 (H, W, 3) RGB, and the EXIF orientation that they need.

    ``orientation`` is 1 to 8 as the standard numbers them; 1, also where there is none, is upright.
    """

    pixels: NDArray[np.uint8]
    orientation: int


def load(
    source: str | os.PathLike[str] | BinaryIO, exif_orientation: bool = True, *, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a picture: uint8 (H, W, 3) in RGB order, C-contiguous, turned upright by its EXIF tag unless told not to.

    ``source`` is a path, or a binary stream at the beginning of a picture, which stays open. A picture of more than
    ``max_pixels`` is refused before it is decoded. Above MAX_PIXELS, Pillow may refuse a TIFF, GIF or WebP by itself,
    until PIL.Image.MAX_IMAGE_PIXELS is changed, which is the whole process's.

    Any thread. Raises NotFoundError, FileReadError, BadImageError (not a picture, empty, a folder, damaged),
    TruncatedImageError, UnsupportedImageError, ImageTooLargeError, MemoryExhaustedError.
    """
    return _upright(load_stored(source, max_pixels=max_pixels), exif_orientation)


def to_rgb(image: Image, exif_orientation: bool = True, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The pixels of a PIL image by the rules of this module: uint8 (H, W, 3) in RGB order, C-contiguous.

    Raises BadImageError, TruncatedImageError, UnsupportedImageError, ImageTooLargeError, MemoryExhaustedError.
    """
    return _upright(to_stored(image, max_pixels=max_pixels), exif_orientation)


def load_stored(source: str | os.PathLike[str] | BinaryIO, *, max_pixels: int = MAX_PIXELS) -> Stored:
    """``load`` without turning, for those who turn only what they need."""
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
    else:
        name = named if isinstance(named := getattr(source, "name", None), str) else "the picture"
    if "\0" in name:
        raise InvalidArgumentError(f"the path {name!r} holds a NUL character")
    try:
        if not isinstance(source, str | os.PathLike):
            return _load(source, name, max_pixels)
        if Path(name).is_dir():
            raise BadImageError(f"{name}: is a folder, expected a picture file")
        with Path(name).open("rb") as stream:
            return _load(stream, name, max_pixels)
    except FileNotFoundError as error:
        raise NotFoundError(f"{name}: no such file") from error
    except OSError as error:
        raise FileReadError(f"{name}: cannot be read ({error.strerror or error})") from error


def to_stored(image: Image, *, max_pixels: int = MAX_PIXELS) -> Stored:
    """``to_rgb`` without turning."""
    name = str(getattr(image, "filename", "") or "the picture")
    return _decode(image, name, max_pixels, lambda: image.getexif().get(_EXIF_ORIENTATION))


def _load(stream: BinaryIO, name: str, max_pixels: int) -> Stored:
    beginning = stream.read(16)
    if not beginning:
        raise BadImageError(f"{name}: is empty, expected a picture")
    kind = identify(beginning)
    if kind is None:
        raise BadImageError(f"{name}: {describe_other(beginning)}, expected {', '.join(FORMATS)}")
    with open_picture(kind, _rewound(stream, beginning, name), name) as image:
        return _decode(image, name, max_pixels, lambda: _recorded_orientation(image))


def _rewound(stream: BinaryIO, beginning: bytes, name: str) -> BinaryIO:
    """The stream before its beginning; what is left of one that cannot go back is read into memory."""
    if stream.seekable() and stream.tell() == len(beginning):
        stream.seek(0)
        return stream
    rest = stream.read(_MAX_STREAM_BYTES)
    if len(rest) == _MAX_STREAM_BYTES:
        raise ImageTooLargeError(f"{name}: has more than {_MAX_STREAM_BYTES} bytes; save it, and name the file")
    return io.BytesIO(beginning + rest)


def _decode(image: Image, name: str, max_pixels: int, read_orientation: Callable[[], Any]) -> Stored:
    kind = image.format or "PIL"
    _check_size(name, *image.size, max_pixels)
    try:
        if kind != "TIFF":
            image.load()
            return Stored(_rgb(image, name), _number(read_orientation))
        _tiff.check(image, name)
        _check_size(name, *_tiff.tile_size(image), max_pixels)
        orientation = _number(read_orientation)
        with no_warnings():  # Only the TIFF decoder remarks on files while it decodes; the others need not take turns.
            image.load()
        pixels = _rgb(image, name)
        turned = _number(read_orientation) != orientation
    except OarlockError:
        raise
    except MemoryError as error:
        size = f"{image.width} x {image.height}"
        raise MemoryExhaustedError(f"{name}: memory ran out while {size} pixels were decoded") from error
    except Exception as error:  # Pillow's decoders raise whatever a damaged file drives them into.
        raise reading_error(kind, name, error) from error
    # Pillow turns TIFFs itself; that is undone here, so that one place decides.
    return Stored(_turned(pixels, _OPPOSITE.get(orientation, orientation)) if turned else pixels, orientation)


def _check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: has {width} x {height} pixels, expected at most {max_pixels} in all; a picture from a trusted "
            "source passes with a higher limit (max_pixels, --max-pixels)"
        )


def _rgb(image: Image, name: str) -> NDArray[np.uint8]:
    """The picture in strips, whose memory is used again and again: several times as fast as np.asarray at once."""
    convert = _converter(image, name)
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // max(1, width))
    for top in range(0, height, rows):
        pixels[top : top + rows] = convert(image.crop((0, top, width, min(top + rows, height))))
    return pixels


def _converter(image: Image, name: str) -> Callable[[Image], NDArray[Any]]:
    """What turns a strip of the image into an array that broadcasts to (rows, W, 3)."""
    mode = image.mode
    if mode in ("RGB", "RGBA", "RGBX"):
        return lambda strip: np.asarray(strip)[:, :, :3]
    if mode == "L":
        return lambda strip: np.asarray(strip)[:, :, np.newaxis]
    if mode == "1":
        return lambda strip: np.asarray(strip.convert("L"))[:, :, np.newaxis]
    if mode in ("LA", "La"):
        return lambda strip: np.asarray(strip.convert("LA"))[:, :, :1]
    if mode in ("P", "PA", "RGBa"):
        return lambda strip: np.asarray(strip.convert("RGBA"))[:, :, :3]
    # Older Pillows open a grey PNG of 16 bits as "I", which elsewhere means 32 bits.
    if mode.startswith("I;16") or (mode == "I" and image.format == "PNG"):
        shift, ink = _tiff.grey_depth(image) - 8, 255 if _tiff.is_white_zero(image) else 0
        return lambda strip: (np.asarray(strip) >> shift).astype(np.uint8)[:, :, np.newaxis] ^ np.uint8(ink)
    if mode == "CMYK":
        return lambda strip: _from_cmyk(np.asarray(strip))
    if mode == "YCbCr":
        return lambda strip: np.asarray(strip.convert("RGB"))
    raise UnsupportedImageError(
        f"{name}: has pixels of the kind {mode!r}, expected 8 or 16 bits a channel, grey, RGB, palette or CMYK"
    )


def _from_cmyk(cmyk: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB as OpenCV computes it; Pillow's values are amounts of ink, OpenCV's what the ink leaves of the light."""
    light = 255 - cmyk.astype(np.int32)
    black = light[:, :, 3:]
    return (black - ((255 - light[:, :, :3]) * black >> 8)).astype(np.uint8)


def _recorded_orientation(image: Image) -> object:
    """What the file's EXIF data say; Pillow's getexif would also believe XMP, which OpenCV and browsers do not."""
    from PIL.Image import Exif

    if image.format == "TIFF":
        return _tiff.tags_of(image).get(_EXIF_ORIENTATION)
    exif = Exif()
    exif.load(image.info.get("exif", b""))
    return exif.get(_EXIF_ORIENTATION)


def _number(read_orientation: Callable[[], Any]) -> int:
    try:
        with no_warnings():
            orientation = int(read_orientation() or 1)
    except Exception:  # A broken tag drives Pillow into anything; it says nothing, and OpenCV ignores it as well.
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _upright(stored: Stored, exif_orientation: bool) -> NDArray[np.uint8]:
    return _turned(stored.pixels, stored.orientation) if exif_orientation else stored.pixels


def _turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """What an EXIF orientation, 1 to 8 as the standard numbers them, makes of pixels."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
