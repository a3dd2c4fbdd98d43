"""Small pictures inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oarlock import images
from oarlock.errors import OarlockError

__all__ = ["MOST", "Thumbnail", "Thumbnails", "from_files"]

MOST = 30
"""The most pictures in a page, of all variants together."""

_SIDE = 288  # three times what is shown: sharp on a phone's screen
_QUALITY = 80


@dataclass(frozen=True)
class Thumbnail:
    """A JPEG as a data: address, and its size in pixels."""

    address: str
    width: int
    height: int


def from_files(file: str) -> NDArray[np.uint8] | None:
    """The pixels of a picture file, upright; None when it is gone or is none any more."""
    try:
        return images.load(file)
    except OarlockError:
        return None


@dataclass
class Thumbnails:
    """Makes each file's once, and no more than MOST. One thread at a time."""

    picture: Callable[[str], NDArray[np.uint8] | None]
    _made: dict[str, Thumbnail | None] = field(default_factory=dict)

    def of(self, file: str) -> Thumbnail | None:
        """Of the file; None where there is none, or there are enough."""
        if file not in self._made:
            if len(self._made) >= MOST:
                return None
            pixels = self.picture(file)
            self._made[file] = None if pixels is None else _thumbnail(pixels)
        return self._made[file]


def _thumbnail(pixels: NDArray[np.uint8]) -> Thumbnail:
    image = Image.fromarray(pixels)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail("data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode(), *image.size)
