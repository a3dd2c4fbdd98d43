"""Small picture files of every kind that both programs read, and damaged ones."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["damaged", "pictures"]

_DAMAGED_PER_FILE = 12


def pictures(folder: Path) -> Path:
    """Fill a new folder with PNG and JPEG files of all pixel kinds, and every EXIF orientation."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    color = Image.fromarray(rng.integers(0, 256, (17, 23, 3), np.uint8))
    wide = Image.fromarray(rng.integers(0, 65536, (17, 23), np.uint16))
    color.save(folder / "rgb.png")
    for mode in ("L", "1", "P", "LA", "RGBA"):
        color.convert(mode).save(folder / f"{mode.lower()}.png")
    wide.save(folder / "l16.png")
    color.quantize(4).save(folder / "palette-2bit.png", bits=2)
    color.quantize(16).save(folder / "palette-alpha.png", bits=4, transparency=3)
    exif = Image.Exif()
    exif[0x0112] = 8
    color.save(folder / "turned.png", exif=exif)
    for orientation in range(1, 10):
        exif[0x0112] = orientation
        color.save(folder / f"exif-{orientation}.jpg", quality=95, exif=exif)
    color.save(folder / "whole-chroma.jpg", subsampling=0)
    color.save(folder / "half-chroma.jpg", subsampling=1)
    color.save(folder / "progressive.jpg", progressive=True)
    color.save(folder / "keep-rgb.jpg", keep_rgb=True)
    color.convert("L").save(folder / "grey.jpg")
    return folder


def damaged(folder: Path, out: Path) -> Path:
    """Files of ``folder`` cut, with bits flipped, and with bytes taken out; the same ones every time."""
    out.mkdir()
    dice = random.Random(0)
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        for number in range(_DAMAGED_PER_FILE):
            bytes_ = bytearray(content)
            if number % 3 == 0:
                del bytes_[dice.randrange(1, len(bytes_)) :]
            elif number % 3 == 1:
                for _ in range(dice.randint(1, 3)):
                    bytes_[dice.randrange(len(bytes_))] ^= 1 << dice.randrange(8)
            else:
                place = dice.randrange(len(bytes_))
                del bytes_[place : place + dice.randint(1, 5)]
            (out / f"{path.stem}-{number}{path.suffix}").write_bytes(bytes_)
    return out
