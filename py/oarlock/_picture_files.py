"""Which kind of picture a file is, told by its first bytes, and Pillow's reader for that kind alone.

Pillow is never left to choose: whatever else it can open stays closed, since some of it starts other programs, and a
file that one reader rejects is not offered to the others, so that the reason is known.
"""

from __future__ import annotations

import importlib
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from oarlock import _tiff
from oarlock.errors import BadImageError, ImageError, ImageTooLargeError, TruncatedImageError, UnsupportedImageError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["FORMATS", "describe_other", "identify", "no_warnings", "open_picture", "reading_error"]

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
"""What is read, by Pillow's names."""

_READERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
}
_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
)
# Pictures that people have and that are not read: where the mark lies, the mark, what to call it.
_OTHERS = (
    (4, b"ftypavi", "an AVIF picture"),
    (4, b"ftyp", "a HEIF picture or a video"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL \r\n\x87\n", "a JPEG XL picture"),
    (4, b"jP  \r\n\x87\n", "a JPEG 2000 picture"),
    (0, b"MM\0+", "a big-endian BigTIFF, which Pillow cannot read"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"\0\0\1\0", "an icon"),
)
# What Pillow says, in lower case, when a file ends before its picture does, and when it lacks a decoder.
_CUT_SHORT = ("truncated", "unpack requires", "unpack_from requires", "image data")
_NOT_SUPPORTED = ("unsupported", "not supported", "not yet supported", "cannot handle", "unknown raw mode")
_warnings_lock = threading.Lock()


def identify(beginning: bytes) -> str | None:
    """The kind, one of FORMATS, of a file with these first 16 bytes; None for every other file."""
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for mark, kind in _BEGINNINGS if beginning.startswith(mark)), None)


def describe_other(beginning: bytes) -> str:
    """What a file is that ``identify`` does not know."""
    for offset, mark, words in _OTHERS:
        if beginning[offset:].startswith(mark):
            return f"is {words}"
    return f"is not a picture of a known kind (it begins with {beginning!r})"


def open_picture(kind: str, stream: BinaryIO, name: str) -> ImageFile:
    """Pillow's picture, its size known and its pixels not decoded. Raises ImageError."""
    module, reader = _READERS[kind]
    try:
        with no_warnings():
            image: ImageFile = getattr(importlib.import_module(module), reader)(stream)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise whatever a damaged file drives them into.
        raise _opening_error(kind, stream, name, error) from error
    return image


def reading_error(kind: str, name: str, error: Exception) -> ImageError:
    """What a failure of Pillow's while it reads a file of that kind means."""
    from PIL.Image import DecompressionBombError

    if isinstance(error, DecompressionBombError):
        return ImageTooLargeError(f"{name}: has more pixels than PIL.Image.MAX_IMAGE_PIXELS allows here ({error})")
    text = str(error) or type(error).__name__
    lower = text.lower()
    if any(words in lower for words in _CUT_SHORT):
        return TruncatedImageError(f"{name}: ends too early or is damaged, expected a whole {kind} picture ({text})")
    if any(words in lower for words in _NOT_SUPPORTED):
        return UnsupportedImageError(f"{name}: is a {kind} picture of a kind that is not read ({text})")
    return BadImageError(f"{name}: is damaged or ends too early, expected a whole {kind} picture ({text})")


@contextmanager
def no_warnings() -> Iterator[None]:
    """Keep Pillow's remarks on odd files off stderr; the filters are the whole process's, hence the lock."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opening_error(kind: str, stream: BinaryIO, name: str, error: Exception) -> ImageError:
    if _ends_early(kind, stream):
        return TruncatedImageError(f"{name}: ends too early, expected a whole {kind} picture")
    if kind == "TIFF":
        try:
            with no_warnings():
                return _tiff.unsupported(name, _tiff.describe(_tiff.read_tags(stream)))
        except Exception:
            return reading_error(kind, name, error)
    return reading_error(kind, name, error)


def _ends_early(kind: str, stream: BinaryIO) -> bool:
    """Whether a file is shorter than its own header says, where a header says it."""
    size = stream.seek(0, 2)
    stream.seek(0)
    header = stream.read(16)
    if kind == "WEBP":
        return size < 8 + int(struct.unpack_from("<I", header, 4)[0])
    if kind == "TIFF" and b"*" in header[2:4] and len(header) >= 8:
        return size < int(struct.unpack_from("<I" if header[:1] == b"I" else ">I", header, 4)[0])
    return False
