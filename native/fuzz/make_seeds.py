#!/usr/bin/env python3
"""Writes what the fuzzers start from: make_seeds.py BUILD OUT, the folder of a native build with its tools, and where.

OUT gets a folder for each fuzzer. The same inputs come out every time.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

# JPEG files of a few pixels, by Pillow: turned by EXIF, progressive, grey, CMYK.
_JPEG = {
    "exif": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//"
        "8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////"
        "////////////////////////////////////////////////////wAARCAASABQDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAA"
        "AAEC/8QAHxABAAECBwEAAAAAAAAAAAAAAAECEQMSITEyQWGB/8QAFgEBAQEAAAAAAAAAAAAAAAAAAAEC/8QAHBEBAAIBBQAAAAAAAAAA"
        "AAAAAAERIUFxwdHw/9oADAMBAAIRAxEAPwCxE5fYSo+2LaegthiaZFr2OytmqtjoGdIJ5gw+AAj/2Q=="
    ),
    "progressive": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////"
        "////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////"
        "////wgARCAASABQDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAVAQEBAAAAAAAAAAAAAAAAAAAAAf/aAAwDAQACEAMQ"
        "AAABAIKIBP/EABYQAAMAAAAAAAAAAAAAAAAAAAABMP/aAAgBAQABBQKCP//EABQRAQAAAAAAAAAAAAAAAAAAACD/2gAIAQMBAT8BH//E"
        "ABQRAQAAAAAAAAAAAAAAAAAAACD/2gAIAQIBAT8BH//EABQQAQAAAAAAAAAAAAAAAAAAADD/2gAIAQEABj8CH//EABoQAAICAwAAAAAA"
        "AAAAAAAAAAABEBEgMUH/2gAIAQEAAT8h4PChxof/2gAMAwEAAgADAAAAEIMgg//EABkRAAIDAQAAAAAAAAAAAAAAAAABEBFxwf/aAAgB"
        "AwEBPxArB9Uf/8QAGxEAAQQDAAAAAAAAAAAAAAAAAAEQESFB0fD/2gAIAQIBAT8QI6tmEb//xAAdEAACAgEFAAAAAAAAAAAAAAAAARAR"
        "ITFBYXGB/9oACAEBAAE/EEn2UKPaKxyNjQbQ/wD/2Q=="
    ),
    "grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////"
        "////////////////wAALCAASABQBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAQAC/8QAHxAAAgECBwAAAAAAAAAAAAAAAAECEWEDEiEx"
        "MkGB/9oACAEBAAA/AFJ5boJDQPaFTS5lxZqWxdFh8D//2Q=="
    ),
    "cmyk": (
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwCgbniMeGSgjIKMtKqgvvD///Dc3PD/////////////////////////////////////////////"
        "/////////////8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAABA//EABsQAQACAgMAAAAAAAAAAAAAAAEA"
        "ERIxAiJB/9oADgRDAE0AWQBLAAA/AAIXtPJTLErZFPK+2ptP/9k="
    ),
}

_NV21, _NV12, _I420, _YUV_420_888, _YUYV, _RGB, _BGR, _RGBA = range(8)


def frames() -> dict[str, bytes]:
    """Sound frames of every format and orientation, in the fields of frame_fuzz.cc."""
    seeds = {}
    dice = random.Random(0)
    for format in range(8):
        for rotation in (0, 90, 180, 270):
            width, height = dice.randint(1, 40), dice.randint(1, 40)
            half = ((width + 1) // 2, (height + 1) // 2)
            # Elements of a row, rows, bytes of an element, pixel stride.
            luma = (width, height, 1, 1)
            planes = {
                _NV21: [luma, (*half, 2, 2)],
                _NV12: [luma, (*half, 2, 2)],
                _I420: [luma, (*half, 1, 1), (*half, 1, 1)],
                _YUV_420_888: [luma, (*half, 1, 2), (*half, 1, 1)],
                _YUYV: [(half[0], height, 4, 4)],
                _RGB: [(width, height, 3, 3)],
                _BGR: [(width, height, 3, 3)],
                _RGBA: [(width, height, 4, 4)],
            }[format]
            # color, crop_fraction * 255, resize, interpolation, its sides, the crop's sides, layout.
            resize = dice.randrange(3)
            spec = [dice.randrange(2), dice.choice([0, 0, 223]), resize, dice.randrange(3), 23, 30, 19]
            spec += [dice.randint(1, 19), dice.randint(1, 19)] if resize else [0]
            seed = bytes([*spec, dice.randrange(2)])
            seed += struct.pack("<biihbb", format, width, height, rotation, dice.randrange(2), dice.randint(1, 2))
            for elements, rows, size, stride in planes:
                row = (elements - 1) * stride + size
                row_stride = row + dice.randrange(4)
                seed += struct.pack("<Iqi", (rows - 1) * row_stride + row, row_stride, stride)
            seed += struct.pack("<Iqi", 0, 0, 0) * (3 - len(planes)) + dice.randbytes(64)
            seeds[f"{format}-{rotation}"] = seed
    return seeds


def models(build: Path, folder: Path) -> None:
    """Models of the fake engine's kind, written by fake/make_nb.cc."""
    variants = {
        "default": [],
        "arm": ["--target", "arm"],
        "two-inputs": ["--input", "a:float32:-1,3,8,8", "--input", "b:int64:-1,4", "--output", "y:-1,10"],
        "scalar": ["--input", "x:int32:1", "--output", "y:1", "--output", "z:2,2"],
        "old": ["--version", "v2.10"],
        "commit": ["--version", "1a2b3c4d"],
    }
    for name, options in variants.items():
        subprocess.run([build / "fake" / "oarlock_make_nb", folder / f"{name}.nb", *options], check=True)


def _file(name: str, content: bytes) -> dict[str, Any]:
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def bundles() -> dict[str, bytes]:
    """Texts of bundle.json over the files that bundle_fuzz.cc lays beside them."""
    model = _file("model.nb", b"model")
    golden = {"name": "x", **_file("golden/0.npy", b"golden")}
    variant = {
        **model,
        "id": "x86-fp32",
        "target": "x86",
        "precision": "fp32",
        "engine": {"name": "paddle-lite", "version": "2.12"},
        "ops": 3,
        "kernels": {"x86/float/nchw": 1},
        "quantisation": None,
    }
    full: dict[str, Any] = {
        "format": "oarlock-bundle",
        "format_version": 1,
        "name": "small",
        "created_by": {"tool": "seeds", "version": "0"},
        "inputs": [{"name": "x", "shape": [-1, 3, 8, 8], "dtype": "float32"}],
        "preprocess": {
            "color": "RGB",
            "exif_orientation": True,
            "crop_fraction": 0.875,
            "resize": {"short": 10, "interpolation": "bilinear"},
            "center_crop": {"width": 8, "height": 8},
            "scale": 0.00392156862745098,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "layout": "NCHW",
        },
        "outputs": [{"name": "y", "shape": [-1, 2], "dtype": "float32", "meaning": "logits"}],
        "labels": {**_file("labels.txt", b"cat\ndog\n"), "count": 2},
        "variants": [variant, {**variant, "id": "arm64-int8", "target": "arm64", "precision": "int8"}],
        "source": {
            "kind": "zoo",
            "zoo": {"name": "Small", "weights": "random", "seed": 0},
            "files": [{"name": "inference.pdmodel", "sha256": "0" * 64, "size": 7}],
            "paddle_version": "3.3.1",
            "repairs": [{"name": "relu6", "count": 2, "reason": "threshold"}],
        },
        "golden": {
            "reference": {"engine": "paddle", "version": "3.3.1", "device": "cpu"},
            "cases": [{"name": "0", "image": None, "inputs": [golden], "outputs": [golden]}],
            "tolerances": {"fp32": {"max_relative_error": 1e-5}},
        },
    }
    bare = {**copy.deepcopy(full), "preprocess": None, "labels": None, "golden": None}
    exact = copy.deepcopy(full)
    exact["preprocess"]["resize"] = {"width": 9, "height": 5, "interpolation": "bicubic"}
    exact["preprocess"]["center_crop"] = None
    texts = {"full": full, "bare": bare, "exact": exact}
    return {name: json.dumps(text, indent=1).encode() for name, text in texts.items()}


def arrays() -> dict[str, bytes]:
    """Files in NumPy's format 1.0, one of each dtype."""
    seeds = {}
    for descr in ("<f4", "<f8", "<f2", "<i8", "<i4", "<i2", "|i1", "|u1", "|b1"):
        for shape, count in (("()", 1), ("(3,)", 3), ("(2, 0, 3)", 0), ("(1, 2, 2)", 4)):
            header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            data = bytes(range(count * int(descr[2])))
            seeds[f"{descr[1:]}-{count}"] = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data
    return seeds


def pictures() -> dict[str, bytes]:
    """PNG files of 8-bit RGB: one for each filter, one in many chunks, one that is compressed."""

    def png(*streams: bytes) -> bytes:
        chunks = [
            (b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 2, 0, 0, 0)),
            *((b"IDAT", it) for it in streams),
            (b"IEND", b""),
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
            for name, content in chunks
        )

    rows = [bytes([kind, *range(6)]) * 3 for kind in range(5)]
    seeds = {f"filter-{kind}": png(zlib.compress(each, 0)) for kind, each in enumerate(rows)}
    stream = zlib.compress(rows[4], 0)
    return {**seeds, "chunks": png(stream[:3], stream[3:9], stream[9:]), "compressed": png(zlib.compress(bytes(21)))}


def picture_files() -> dict[str, bytes]:
    """JPEG files, and PNG files of every kind of pixels, also interlaced."""
    seeds = {f"jpeg-{name}": base64.b64decode(text) for name, text in _JPEG.items()}
    # Colour type, bits of a channel, channels.
    kinds = [(0, 1, 1), (0, 2, 1), (0, 8, 1), (0, 16, 1), (2, 8, 3), (2, 16, 3), (3, 4, 1), (4, 8, 2), (6, 16, 4)]
    for color, depth, channels in kinds:
        for interlaced in (0, 1):
            row = b"\0" + bytes(range(1 + (4 * depth * channels - 1) // 8))
            content = zlib.compress(row * 4 + bytes(64 * interlaced))
            chunks = [
                (b"IHDR", struct.pack(">IIBBBBB", 4, 4, depth, color, 0, 0, interlaced)),
                *([(b"PLTE", bytes(range(30)))] if color == 3 else []),
                (b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
                (b"IDAT", content),
                (b"IEND", b""),
            ]
            seeds[f"png-{color}-{depth}-{interlaced}"] = b"\x89PNG\r\n\x1a\n" + b"".join(
                struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
                for name, content in chunks
            )
    return seeds


def main(build: Path, out: Path) -> None:
    """Write all seeds."""
    for name in ("frame", "nb", "bundle", "npy", "png", "picture"):
        (out / name).mkdir(parents=True, exist_ok=True)
    models(build, out / "nb")
    doors = {"frame": frames(), "bundle": bundles(), "npy": arrays(), "png": pictures(), "picture": picture_files()}
    for name, seeds in doors.items():
        for seed, content in seeds.items():
            (out / name / seed).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
