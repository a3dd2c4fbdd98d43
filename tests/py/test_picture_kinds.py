"""The kinds of pictures that people have beyond plain JPEG and PNG: converted rightly or refused truly, never bent."""

from __future__ import annotations

import io
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageFile
from skimage import data

from oarlock import images
from oarlock.errors import (
    BadImageError,
    FileReadError,
    ImageError,
    ImageTooLargeError,
    InvalidArgumentError,
    TruncatedImageError,
    UnsupportedImageError,
)

_RANDOM = np.random.default_rng(0)
_RGB: NDArray[np.uint8] = data.chelsea()[:40, :57].copy()
_RGB16 = _RANDOM.integers(0, 65536, (40, 57, 3)).astype(np.uint16)
_GREY16 = _RGB16[:, :, 0].copy()
_ALPHA = np.dstack([_RGB, _RANDOM.integers(0, 256, (40, 57)).astype(np.uint8)])
_ALPHA16 = np.dstack([_RGB16, _RGB16[:, :, 0]])


def _three(grey: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _planes(picture: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(picture, 2, 0))


class TestTiff:
    """Against the numbers that were written, since OpenCV multiplies by alpha and rounds 16 bits in TIFFs."""

    @pytest.mark.parametrize("byteorder", ["<", ">"])
    @pytest.mark.parametrize(
        ("pixels", "expected", "options"),
        [
            (_GREY16, _three(_GREY16 >> 8), {}),
            (_GREY16, _three(_GREY16 >> 8), {"compression": "zlib"}),
            (_RGB16, _RGB16 >> 8, {"photometric": "rgb"}),
            (_RGB16, _RGB16 >> 8, {"photometric": "rgb", "compression": "zlib", "predictor": True}),
            (_planes(_RGB16), _RGB16 >> 8, {"photometric": "rgb", "planarconfig": "separate", "compression": "zlib"}),
            (_ALPHA16, _RGB16 >> 8, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
            (_RGB, _RGB, {"photometric": "rgb", "tile": (16, 32)}),
            (_planes(_RGB), _RGB, {"photometric": "rgb", "planarconfig": "separate"}),
            (_ALPHA, _RGB, {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
            (_ALPHA, _RGB, {"photometric": "rgb", "extrasamples": ["unspecified"]}),
            (np.stack([_RGB, 255 - _RGB]), _RGB, {"photometric": "rgb"}),
        ],
    )
    def test_converted(
        self, tmp_path: Path, pixels: NDArray[Any], expected: NDArray[Any], options: dict[str, Any], byteorder: Any
    ) -> None:
        tifffile.imwrite(tmp_path / "x.tif", pixels, byteorder=byteorder, **options)
        np.testing.assert_array_equal(images.load(tmp_path / "x.tif"), expected)

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_grey_of_16_bits_as_ink(self, tmp_path: Path, compression: Any) -> None:
        path = tmp_path / "x.tif"
        tifffile.imwrite(path, _GREY16, photometric="miniswhite", byteorder="<", compression=compression)
        np.testing.assert_array_equal(images.load(path), _three((65535 - _GREY16) >> 8))

    @pytest.mark.parametrize(("bits", "factor"), [(1, 255), (2, 85), (4, 17), (12, None)])
    def test_odd_depths(self, tmp_path: Path, bits: int, factor: int | None) -> None:
        (tmp_path / "x.tif").write_bytes(_tiff(_GREY16 >> (16 - bits), bits))
        expected = _GREY16 >> 8 if factor is None else (_GREY16 >> (16 - bits)) * factor
        np.testing.assert_array_equal(images.load(tmp_path / "x.tif"), _three(expected))

    def test_cmyk_of_16_bits(self, tmp_path: Path) -> None:
        for name, pixels in (("8.tif", (_ALPHA16 >> 8).astype(np.uint8)), ("16.tif", _ALPHA16)):
            tifffile.imwrite(tmp_path / name, pixels, photometric="separated")
        np.testing.assert_array_equal(images.load(tmp_path / "16.tif"), images.load(tmp_path / "8.tif"))

    @pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
    def test_compressions_of_faxes(self, tmp_path: Path, compression: str) -> None:
        page = Image.fromarray(_RGB).convert("1")
        page.save(tmp_path / "x.tif", compression=compression)
        np.testing.assert_array_equal(images.load(tmp_path / "x.tif"), _three(np.asarray(page.convert("L"))))

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_orientation(self, tmp_path: Path, orientation: int, compression: Any) -> None:
        path, jpeg = tmp_path / "x.tif", tmp_path / "x.png"
        tag = (0x0112, "H", 1, orientation, True)
        tifffile.imwrite(path, _RGB, photometric="rgb", compression=compression, extratags=[tag])
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(_RGB).save(jpeg, exif=exif)
        np.testing.assert_array_equal(images.load(path), images.load(jpeg))
        np.testing.assert_array_equal(images.load(path, exif_orientation=False), _RGB)

    @pytest.mark.parametrize(
        ("pixels", "options", "words"),
        [
            (_GREY16.astype(np.float32), {}, "1 channel of 32-bit floating-point numbers"),
            (_RGB16.astype(np.float32), {"photometric": "rgb"}, "3 channels of 32-bit floating-point numbers"),
            (_GREY16.astype(np.float16), {}, "1 channel of 16-bit floating-point numbers"),
            (_GREY16.astype(np.float64), {"byteorder": ">"}, "1 channel of 64-bit floating-point numbers"),
            (_GREY16.astype(np.complex64), {}, "1 channel of 64-bit complex numbers"),
            (_GREY16.astype(np.uint32), {}, "1 channel of 32-bit integer numbers"),
            (_RGB16.astype(np.uint32), {"photometric": "rgb"}, "3 channels of 32-bit integer numbers"),
            (_GREY16.astype(np.int32), {}, "1 channel of 32-bit signed integer numbers"),
            (_GREY16.astype(np.int16), {"byteorder": ">"}, "1 channel of 16-bit signed integer numbers"),
            (_RGB[:, :, 0].astype(np.int8), {}, "1 channel of 8-bit signed integer numbers"),
            (_RGB, {"photometric": "cielab"}, r"CIE L\*a\*b\*"),
            (
                _planes(_RGB16),
                {"photometric": "rgb", "planarconfig": "separate"},
                "3 channels of 16-bit integer numbers in separate planes without compression",
            ),
            (np.zeros((40, 57, 5), np.uint8), {"planarconfig": "contig"}, "5 channels of 8-bit integer numbers"),
        ],
    )
    def test_refused(self, tmp_path: Path, pixels: NDArray[Any], options: dict[str, Any], words: str) -> None:
        path = tmp_path / "x.tif"
        tifffile.imwrite(path, pixels, **options)
        with pytest.raises(UnsupportedImageError, match=f"{path}: is a TIFF that holds {words}.*, which is not read"):
            images.load(path)

    def test_depths_that_pillow_does_not_know(self, tmp_path: Path) -> None:
        for bits in (10, 14):
            (tmp_path / "x.tif").write_bytes(_tiff(_GREY16 >> (16 - bits), bits))
            with pytest.raises(UnsupportedImageError, match=f"1 channel of {bits}-bit integer numbers"):
                images.load(tmp_path / "x.tif")

    def test_pixels_without_a_meaning(self, tmp_path: Path) -> None:
        (tmp_path / "x.tif").write_bytes(_tiff(_GREY16 >> 8, 8, photometric=None))
        with pytest.raises(UnsupportedImageError, match="PhotometricInterpretation is missing"):
            images.load(tmp_path / "x.tif")

    def test_pil_images_of_tiffs_follow_the_same_rules(self, tmp_path: Path) -> None:
        tifffile.imwrite(tmp_path / "ink.tif", _GREY16, photometric="miniswhite", byteorder="<")
        with Image.open(tmp_path / "ink.tif") as image:
            np.testing.assert_array_equal(images.to_rgb(image), images.load(tmp_path / "ink.tif"))
        tifffile.imwrite(tmp_path / "signed.tif", _RGB[:, :, 0].astype(np.int8))
        with Image.open(tmp_path / "signed.tif") as image, pytest.raises(UnsupportedImageError, match="signed integer"):
            images.to_rgb(image)


class TestOthers:
    def test_phone_pictures_of_several(self, tmp_path: Path) -> None:
        path = tmp_path / "x.jpg"
        Image.fromarray(_RGB).save(path, format="MPO", save_all=True, append_images=[Image.fromarray(255 - _RGB)])
        np.testing.assert_array_equal(images.load(path), cv2.imread(str(path))[:, :, ::-1])

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation_of_webp(self, tmp_path: Path, orientation: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(_RGB).save(tmp_path / "x.webp", lossless=True, exif=exif)
        Image.fromarray(_RGB).save(tmp_path / "x.png", exif=exif)
        np.testing.assert_array_equal(images.load(tmp_path / "x.webp"), images.load(tmp_path / "x.png"))

    def test_orientation_of_xmp_alone_is_not_heeded(self, tmp_path: Path) -> None:
        """As in OpenCV, and in browsers."""
        path = tmp_path / "x.jpg"
        xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
        content = io.BytesIO()
        Image.fromarray(_RGB).save(content, "JPEG")
        marker = b"http://ns.adobe.com/xap/1.0/\0" + xmp
        segment = b"\xff\xe1" + struct.pack(">H", len(marker) + 2) + marker
        path.write_bytes(content.getvalue()[:2] + segment + content.getvalue()[2:])
        assert images.load(path).shape == (40, 57, 3)
        np.testing.assert_array_equal(images.load(path), cv2.imread(str(path))[:, :, ::-1])

    def test_cmyk_without_adobes_mark_is_not_inverted(self, tmp_path: Path) -> None:
        """OpenCV takes every CMYK JPEG for Adobe's, whose numbers are inverted, and shows the others as negatives."""
        cmyk = Image.fromarray(_RGB).convert("CMYK")
        cmyk.save(tmp_path / "adobe.jpg", quality=100)
        content = (tmp_path / "adobe.jpg").read_bytes()
        at = content.index(b"\xff\xee")
        plain = content[:at] + content[at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0] :]
        (tmp_path / "plain.jpg").write_bytes(plain)
        with Image.open(tmp_path / "plain.jpg") as image:
            stored = np.asarray(image)
        np.testing.assert_array_equal(
            images.load(tmp_path / "plain.jpg"), images.to_rgb(Image.fromarray(stored, "CMYK"))
        )
        assert abs(images.load(tmp_path / "adobe.jpg").astype(int) - _RGB).mean() < 3
        expected = cv2.imread(str(tmp_path / "adobe.jpg"))[:, :, ::-1]
        np.testing.assert_array_equal(images.load(tmp_path / "adobe.jpg"), expected)

    @pytest.mark.parametrize("width", [1, 3, 4096, 300_000])
    def test_strips_of_any_shape(self, tmp_path: Path, width: int) -> None:
        pixels = _RANDOM.integers(0, 256, (600_000 // width, width, 3)).astype(np.uint8)
        np.testing.assert_array_equal(images.to_rgb(Image.fromarray(pixels)), pixels)

    @pytest.mark.parametrize(
        ("beginning", "words"),
        [
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1", "is an AVIF picture"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "is a HEIF picture or a video"),
            (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\0", "is a JPEG XL picture"),
            (b"\xff\x0a\xfa\x7f" + bytes(20), "is a JPEG XL picture"),
            (b"8BPS\0\1" + bytes(20), "is a Photoshop document"),
            (b"%PDF-1.7\n" + bytes(20), "is a PDF document"),
            (b"MM\0+\0\x08" + bytes(20), "is a big-endian BigTIFF"),
        ],
    )
    def test_named_when_refused(self, tmp_path: Path, beginning: bytes, words: str) -> None:
        (tmp_path / "x.jpg").write_bytes(beginning)
        with pytest.raises(BadImageError, match=f"x.jpg: {words}.*, expected JPEG, PNG, BMP, GIF, WEBP, TIFF"):
            images.load(tmp_path / "x.jpg")

    def test_jpeg_of_12_bits(self, tmp_path: Path) -> None:
        content = io.BytesIO()
        Image.fromarray(_RGB).save(content, "JPEG")
        frame = bytearray(content.getvalue())
        frame[frame.index(b"\xff\xc0") + 4] = 12
        (tmp_path / "x.jpg").write_bytes(frame)
        with pytest.raises(UnsupportedImageError, match=r"is a JPEG picture of a kind that is not read .*12-bit"):
            images.load(tmp_path / "x.jpg")


def _saved(format: str, mode: str = "RGB", **options: Any) -> Callable[[], bytes]:
    def save() -> bytes:
        content = io.BytesIO()
        Image.fromarray(_RGB).convert(mode).save(content, format, **options)
        return content.getvalue()

    return save


@pytest.mark.parametrize(
    "save",
    [
        pytest.param(_saved("JPEG"), id="jpeg"),
        pytest.param(_saved("JPEG", progressive=True), id="progressive"),
        pytest.param(_saved("PNG"), id="png"),
        pytest.param(_saved("PNG", "P"), id="palette"),
        pytest.param(_saved("GIF"), id="gif"),
        pytest.param(_saved("BMP"), id="bmp"),
        pytest.param(_saved("WEBP"), id="webp"),
        pytest.param(_saved("WEBP", lossless=True), id="lossless"),
        pytest.param(_saved("TIFF"), id="tiff"),
        pytest.param(_saved("TIFF", compression="tiff_lzw"), id="lzw"),
        pytest.param(_saved("TIFF", "1", compression="group4"), id="fax"),
    ],
)
def test_cut_anywhere(tmp_path: Path, save: Callable[[], bytes]) -> None:
    """A file that ends early is refused, unless nothing of the picture is missing."""
    content = save()
    path = tmp_path / "x"
    path.write_bytes(content)
    whole = images.load(path)
    errors: list[ImageError] = []
    for end in range(1, len(content), 7):
        path.write_bytes(content[:end])
        try:
            pixels = images.load(path)
        except ImageError as error:
            errors.append(error)
        else:
            np.testing.assert_array_equal(pixels, whole)
    assert len(errors) > 0.9 * len(content) / 7
    assert all(str(path) in str(error) for error in errors)
    assert any(isinstance(error, TruncatedImageError) for error in errors)


class TestLimit:
    def test_any_number(self, tmp_path: Path) -> None:
        path = tmp_path / "x.png"
        Image.fromarray(_RGB).save(path)
        assert images.load(path, max_pixels=40 * 57).shape == (40, 57, 3)
        sentence = f"{path}: has 57 x 40 pixels, expected at most 2279 in all; .*--max-pixels"
        with pytest.raises(ImageTooLargeError, match=sentence):
            images.load(path, max_pixels=40 * 57 - 1)
        with Image.open(path) as image, pytest.raises(ImageTooLargeError, match="expected at most 99 "):
            images.to_rgb(image, max_pixels=99)

    @pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "bmp", "webp", "tif"])
    def test_before_decoding(self, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / f"x.{suffix}"
        Image.fromarray(_RGB).save(path)
        monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it was decoded"))
        with pytest.raises(ImageTooLargeError):
            images.load(path, max_pixels=1000)

    def test_above_pillows_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300_000)  # it refuses twice as many
        for suffix in ("jpg", "png", "bmp"):
            path = tmp_path / f"x.{suffix}"
            Image.fromarray(_RGB).resize((1000, 700)).save(path)
            assert images.load(path).shape == (700, 1000, 3)

    def test_pillows_own_is_told_as_such(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(_: object) -> None:
            raise Image.DecompressionBombError("Image size exceeds limit")

        Image.fromarray(_RGB).save(tmp_path / "x.gif")
        monkeypatch.setattr(ImageFile.ImageFile, "load", load)
        with pytest.raises(ImageTooLargeError, match=r"has more pixels than PIL\.Image\.MAX_IMAGE_PIXELS allows here"):
            images.load(tmp_path / "x.gif")

    def test_tiles_larger_than_the_picture(self, tmp_path: Path) -> None:
        path = tmp_path / "x.tif"
        tifffile.imwrite(path, _RGB[:, :, 0], tile=(4096, 4096), compression="zlib")
        assert images.load(path).shape == (40, 57, 3)
        with pytest.raises(ImageTooLargeError, match="has 4096 x 4096 pixels"):
            images.load(path, max_pixels=1_000_000)


class TestStreams:
    def test_seekable_or_not(self, tmp_path: Path) -> None:
        path = tmp_path / "x.png"
        Image.fromarray(_RGB).save(path)
        with path.open("rb") as stream:
            np.testing.assert_array_equal(images.load(stream), _RGB)
            assert not stream.closed
        np.testing.assert_array_equal(images.load(io.BytesIO(path.read_bytes())), _RGB)
        ahead = io.BytesIO(b"ahead" + path.read_bytes())
        ahead.seek(5)
        np.testing.assert_array_equal(images.load(ahead), _RGB)

    def test_pipes(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        content = _saved("TIFF", compression="tiff_lzw")()
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        np.testing.assert_array_equal(images.load(pipe), _RGB)
        writer.join()

    def test_endless(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(BadImageError, match="is not a picture of a known kind"):
            images.load("/dev/zero")
        monkeypatch.setattr(images, "_MAX_STREAM_BYTES", 1000)
        with pytest.raises(ImageTooLargeError, match="the picture: has more than 1000 bytes"):
            images.load(_Unseekable(_saved("BMP")()))

    def test_names(self, tmp_path: Path) -> None:
        with pytest.raises(BadImageError, match="the picture: is empty"):
            images.load(io.BytesIO())
        with pytest.raises(InvalidArgumentError, match=r"'a\\x00b' holds a NUL"):
            images.load("a\0b")
        (tmp_path / "secret").touch(0)
        with pytest.raises(FileReadError if os.getuid() else BadImageError, match="secret"):
            images.load(tmp_path / "secret")


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def _tiff(samples: NDArray[Any], bits: int, photometric: int | None = 1) -> bytes:
    """An uncompressed grey TIFF, its samples packed without gaps within a row."""
    height, width = samples.shape
    places = (samples[:, :, np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1
    strip = np.packbits(places.astype(np.uint8).reshape(height, -1), axis=1).tobytes()
    strip += b"\0" * (len(strip) % 2)
    tags = {256: width, 257: height, 258: bits, 259: 1, 273: 8, 277: 1, 278: height, 279: len(strip)}
    if photometric is not None:
        tags[262] = photometric
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, 4, 1, tags[tag]) if tag in (273, 279) else struct.pack("<HHIHH", tag, 3, 1, value, 0)
        for tag, value in sorted(tags.items())
    )
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory + b"\0\0\0\0"
