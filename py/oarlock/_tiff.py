"""What TIFF can hold beyond a picture of bytes: which of it is read, and in what words the rest is refused."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oarlock.errors import UnsupportedImageError

if TYPE_CHECKING:
    from typing import BinaryIO

    from PIL.Image import Image

__all__ = [
    "check",
    "describe",
    "grey_depth",
    "is_white_zero",
    "read_tags",
    "tags_of",
    "tile_size",
    "unsupported",
]

Tags = Mapping[int, Any]

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR = 258, 259, 262, 277, 284
_PALETTE, _TILE_WIDTH, _TILE_LENGTH, _SAMPLE_FORMAT, _SUBSAMPLING = 320, 322, 323, 339, 530
_WHITE_IS_ZERO, _YCBCR = 0, 6
_COLOR_SPACES = {4: "a mask", 8: "CIE L*a*b*", 9: "ICC L*a*b*", 10: "ITU L*a*b*", 32803: "raw sensor values"}
_SAMPLE_KINDS = {2: "signed integer", 3: "floating-point", 5: "complex integer", 6: "complex"}
_UNCOMPRESSED = 1
_SEPARATE_PLANES = 2


def read_tags(stream: BinaryIO) -> Tags:
    """The tags of a file's first page, for a file that Pillow did not open; raises whatever Pillow raises or warns of.

    To be called where the filters of warnings are put back afterwards.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    warnings.simplefilter("error")
    stream.seek(0)
    header = stream.read(8)
    if header[2:4] in (b"+\0", b"\0+"):
        header += stream.read(8)
    directory = ImageFileDirectory_v2(header)
    stream.seek(directory.next)
    directory.load(stream)
    return directory


def _describe_samples(tags: Tags) -> str:
    """The pixels in words, "3 channels of 32-bit floating-point numbers"."""
    count = int(tags.get(_SAMPLES, 1))
    kinds = {_SAMPLE_KINDS.get(kind, "integer") for kind in tags.get(_SAMPLE_FORMAT, (1,))}
    sizes = "- and ".join(map(str, dict.fromkeys(tags.get(_BITS, (1,)))))
    return f"{count} channel{'s' if count > 1 else ''} of {sizes}-bit {' and '.join(sorted(kinds))} numbers"


def describe(tags: Tags) -> str:
    """The samples, and how they are meant and packed by TIFF's own numbers."""
    photometric, compression = tags.get(_PHOTOMETRIC), tags.get(_COMPRESSION, _UNCOMPRESSED)
    return f"{_describe_samples(tags)} (photometric interpretation {photometric}, compression {compression})"


def unsupported(name: str, holds: str) -> UnsupportedImageError:
    """The error for a TIFF that holds what is not read."""
    return UnsupportedImageError(
        f"{name}: is a TIFF that holds {holds}, which is not read; expected grey, RGB, palette or CMYK in whole bytes, "
        "so convert it to 8 bits a channel first"
    )


def check(image: Image, name: str) -> None:
    """Raise UnsupportedImageError for what Pillow opens but drops, bends or reads wrongly."""
    if (reason := _refusal(tags_of(image))) is not None:
        raise unsupported(name, reason)


def _refusal(tags: Tags) -> str | None:
    bits = tags.get(_BITS, (1,))
    if any(kind in _SAMPLE_KINDS for kind in tags.get(_SAMPLE_FORMAT, (1,))) or max(bits) > 16:
        return _describe_samples(tags)
    color_space = tags.get(_PHOTOMETRIC)
    if color_space is None:
        return "pixels whose meaning it does not say (PhotometricInterpretation is missing)"
    if color_space in _COLOR_SPACES:
        return _COLOR_SPACES[color_space]
    if max(tags.get(_PALETTE, (65535,))) < 256:
        return "a palette of bytes, where 16-bit numbers belong"
    uncompressed = tags.get(_COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
    if uncompressed and tags.get(_PLANAR) == _SEPARATE_PLANES and max(bits) > 8 and tags.get(_SAMPLES, 1) > 1:
        return f"{_describe_samples(tags)} in separate planes without compression"
    if uncompressed and color_space == _YCBCR and tuple(tags.get(_SUBSAMPLING, (2, 2))) != (1, 1):
        return "YCbCr whose colour is coarser than its brightness, without compression"
    return None


def tile_size(image: Image) -> tuple[int, int]:
    """Width and height of a tile, which may exceed the picture's; (0, 0) where there are none."""
    tags = tags_of(image)
    width, height = tags.get(_TILE_WIDTH, 0), tags.get(_TILE_LENGTH, 0)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def grey_depth(image: Image) -> int:
    """The bits of a grey picture that Pillow hands out as 16-bit numbers; other formats than TIFF have 16."""
    return int(tags_of(image).get(_BITS, (16,))[0])


def is_white_zero(image: Image) -> bool:
    """Whether 16-bit grey is stored as ink, which Pillow does not turn into light."""
    return tags_of(image).get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def tags_of(image: Image) -> Tags:
    """The tags of a TIFF that Pillow opened; none for any other image."""
    tags: Tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    return tags
