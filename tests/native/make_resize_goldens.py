"""Writes native/tests/resize_goldens.h: hashes of pictures that OpenCV has resized.

With them the core's resize is held to OpenCV's bytes where there is no OpenCV: on ARM under emulation, on a board.
Bicubic comes from bicubic_reference.py. Run `python -m tests.native.make_resize_goldens` after a change of CASES;
test_resize_goldens.py fails until then.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.native.bicubic_reference import resize as resize_bicubic

HEADER = Path(__file__).parents[2] / "native" / "tests" / "resize_goldens.h"

# Width and height before and after.
CASES = [
    (1, 1, 1, 1),
    (1, 1, 8, 5),
    (2, 3, 1, 1),
    (5, 4, 7, 6),
    (5, 4, 3, 2),
    (97, 1, 31, 64),
    (1, 130, 64, 16),
    (64, 64, 32, 32),  # every weight a half
    (90, 60, 30, 20),
    (100, 100, 99, 101),
    (37, 53, 224, 224),
    (300, 200, 300, 200),
    (513, 512, 256, 256),
    (640, 480, 341, 256),
]


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """The pixels that `picture` in native/tests/pictures.h makes: (height, width, 3), no two neighbours alike."""
    hashed = np.arange(width * height * 3, dtype=np.uint32) * np.uint32(2654435761)
    hashed ^= hashed >> np.uint32(15)
    hashed *= np.uint32(2246822519)
    pixels: NDArray[np.uint8] = (hashed >> np.uint32(24)).astype(np.uint8)
    return pixels.reshape(height, width, 3)


def fnv1a(data: bytes) -> int:
    """64-bit FNV-1a, the hash that the C++ test computes."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def _rows() -> list[str]:
    rows = []
    for width, height, new_width, new_height in CASES:
        image = picture(width, height)
        size = (new_width, new_height)
        results = {
            "BILINEAR": cv2.resize(image, size, interpolation=cv2.INTER_LINEAR),
            "BICUBIC": resize_bicubic(image, *size),
            "NEAREST": cv2.resize(image, size, interpolation=cv2.INTER_NEAREST),
        }
        for name, result in results.items():
            sides = f"{width}, {height}, {new_width}, {new_height}"
            rows.append(f"    {{{sides}, OAR_INTERPOLATION_{name}, 0x{fnv1a(result.tobytes()):016x}}},")
    return rows


def header() -> str:
    """The text of resize_goldens.h."""
    return "\n".join(
        [
            "// Made by tests/native/make_resize_goldens.py; change that instead.",
            "#ifndef OARLOCK_TESTS_RESIZE_GOLDENS_H_",
            "#define OARLOCK_TESTS_RESIZE_GOLDENS_H_",
            "",
            "#include <cstdint>",
            "",
            '#include "oarlock.h"',
            "",
            "struct ResizeGolden {",
            "  int32_t width;",
            "  int32_t height;",
            "  int32_t resized_width;",
            "  int32_t resized_height;",
            "  oar_interpolation interpolation;",
            "  uint64_t fnv1a;  // of the resized picture's bytes",
            "};",
            "",
            "constexpr ResizeGolden kResizeGoldens[] = {",
            *_rows(),
            "};",
            "",
            "#endif  // OARLOCK_TESTS_RESIZE_GOLDENS_H_",
            "",
        ]
    )


if __name__ == "__main__":
    HEADER.write_text(header(), encoding="utf-8")
