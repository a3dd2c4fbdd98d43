"""oarlock.images gives OpenCV's pixels for good files and a typed error for every other."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from oarlock import images
from oarlock.errors import (
    BadImageError,
    ImageError,
    ImageTooLargeError,
    NotFoundError,
    TruncatedImageError,
    UnsupportedImageError,
)

_ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def cat() -> Image.Image:
    return Image.fromarray(data.chelsea())


def _same_as_opencv(path: Path, exif_orientation: bool = True) -> None:
    flags = cv2.IMREAD_COLOR if exif_orientation else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    expected = cv2.imread(str(path), flags)
    assert expected is not None
    pixels = images.load(path, exif_orientation)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, expected[:, :, ::-1])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_modes(cat: Image.Image, tmp_path: Path, mode: str, suffix: str) -> None:
    cat.convert(mode).save(tmp_path / f"x.{suffix}")
    _same_as_opencv(tmp_path / f"x.{suffix}")


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", {"quality": 90}),
        ("jpg", {"progressive": True, "subsampling": 0}),
        ("png", {}),
        ("bmp", {}),
        ("gif", {}),
        ("webp", {"lossless": True}),
        ("tif", {}),
    ],
)
def test_formats(cat: Image.Image, tmp_path: Path, suffix: str, options: dict[str, Any]) -> None:
    cat.save(tmp_path / f"x.{suffix}", **options)
    _same_as_opencv(tmp_path / f"x.{suffix}")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpeg_modes(cat: Image.Image, tmp_path: Path, mode: str) -> None:
    cat.convert(mode).save(tmp_path / "x.jpg", quality=95)
    _same_as_opencv(tmp_path / "x.jpg")


def test_alpha_is_dropped_not_blended(cat: Image.Image, tmp_path: Path) -> None:
    pixels = np.asarray(cat.convert("RGBA")).copy()
    pixels[:, :, 3] = np.random.default_rng(0).integers(0, 256, pixels.shape[:2])
    Image.fromarray(pixels).save(tmp_path / "x.png")
    np.testing.assert_array_equal(images.load(tmp_path / "x.png"), pixels[:, :, :3])
    _same_as_opencv(tmp_path / "x.png")


@pytest.mark.parametrize("transparency", [3, bytes(range(64))], ids=["one colour", "every colour"])
def test_transparent_palette(cat: Image.Image, tmp_path: Path, transparency: int | bytes) -> None:
    cat.quantize(64).save(tmp_path / "x.png", transparency=transparency)
    _same_as_opencv(tmp_path / "x.png")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_give_their_high_byte(tmp_path: Path, channels: int) -> None:
    shape = (37, 53) if channels == 1 else (37, 53, channels)
    pixels = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "x.png"), pixels)
    _same_as_opencv(tmp_path / "x.png")
    expected = np.repeat(pixels[:, :, None], 3, 2) if channels == 1 else pixels[:, :, 2::-1]
    np.testing.assert_array_equal(images.load(tmp_path / "x.png"), expected >> 8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_exif_orientation(cat: Image.Image, tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    path = tmp_path / f"x.{suffix}"
    cat.save(path, exif=exif)
    _same_as_opencv(path)
    _same_as_opencv(path, exif_orientation=False)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12"]
)
def test_broken_exif_counts_as_none(cat: Image.Image, tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "x.jpg"
    cat.save(path, exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = images.load(path)
    np.testing.assert_array_equal(pixels, images.load(path, exif_orientation=False))


def test_pil_images(cat: Image.Image) -> None:
    np.testing.assert_array_equal(images.to_rgb(cat), data.chelsea())
    turned = cat.copy()
    turned.getexif()[_ORIENTATION] = 6
    np.testing.assert_array_equal(images.to_rgb(turned), np.rot90(data.chelsea(), -1))
    np.testing.assert_array_equal(images.to_rgb(turned, exif_orientation=False), data.chelsea())


def test_animation_gives_its_first_frame(cat: Image.Image, tmp_path: Path) -> None:
    still, moving = tmp_path / "still.gif", tmp_path / "moving.gif"
    cat.save(still)
    cat.save(moving, save_all=True, append_images=[Image.new("RGB", cat.size)])
    np.testing.assert_array_equal(images.load(moving), images.load(still))


@pytest.mark.parametrize(
    ("name", "content", "error", "sentence"),
    [
        ("empty.png", b"", BadImageError, "is empty"),
        ("text.jpg", b"Hello, this is text", BadImageError, "is not a picture of a known kind .*Hello"),
        (
            "script.eps",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            BadImageError,
            "is a PostScript document",
        ),
        ("head.png", b"\x89PNG\r\n\x1a\n", TruncatedImageError, "head.png: ends too early"),
    ],
)
def test_no_pictures(tmp_path: Path, name: str, content: bytes, error: type[ImageError], sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=sentence) as caught:
        images.load(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadImageError, match="is a folder, expected a picture file"):
        images.load(tmp_path)
    with pytest.raises(NotFoundError, match=r"nowhere\.png: no such file"):
        images.load(tmp_path / "nowhere.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "gif", "webp", "tif"])
def test_truncated(cat: Image.Image, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    cat.save(path)
    whole = path.read_bytes()
    for part in (0.01, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(ImageError, match=str(path)):
            images.load(path)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_truncated_has_its_own_type(cat: Image.Image, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    cat.save(path)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(TruncatedImageError):
        images.load(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "tif", "bmp"])
def test_mutated_files(tmp_path: Path, suffix: str) -> None:
    """Damage gives pixels of some kind or a typed error, and no warning."""
    random = np.random.default_rng(0)
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(random.integers(0, 256, (24, 31, 3)).astype(np.uint8)).save(path)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    errors: list[ImageError] = []
    for _ in range(150):
        mutated = whole.copy()
        places = random.integers(0, min(len(whole), 400), random.integers(1, 6))
        mutated[places] = random.integers(0, 256, len(places))
        path.write_bytes(mutated.tobytes())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                pixels = images.load(path)
                assert pixels.shape[2:] == (3,)
            except ImageError as error:
                errors.append(error)
    assert errors
    assert all(str(path) in str(error) for error in errors)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(1_000_000, 1_000_000), (20_000, 20_000), (13_378, 13_378)])
def test_decompression_bombs(tmp_path: Path, width: int, height: int) -> None:
    assert width * height > images.MAX_PIXELS
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(width, height))
    with pytest.raises(ImageTooLargeError, match=f"{path}: has .*{images.MAX_PIXELS}"):
        images.load(path)


def test_large_but_allowed_does_not_warn(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(_png(12_000, 9_000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TruncatedImageError):
            images.load(path)


@pytest.mark.parametrize("mode", ["F", "I", "LAB", "HSV"])
def test_unsupported_pixels(mode: str) -> None:
    with pytest.raises(UnsupportedImageError, match=f"the picture: has pixels of the kind '{mode}'"):
        images.to_rgb(Image.new(mode, (8, 8)))
