"""scikit-learn's handwritten digits as a data set in PaddleClas' form.

1,797 pictures of 8x8 pixels in 17 shades of grey, in ten classes, from the test set of UCI's "Optical Recognition of
Handwritten Digits" (Alpaydin and Kaynak); the wheel of scikit-learn holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

LABELS = tuple("0123456789")
TEST_COUNT = 500

_SEED = 0
_WHITE = 16  # of the data set's shades, 0 to 16


@dataclass(frozen=True)
class Digits:
    """A data set: lists of "PATH CLASS", paths from ``root``, which is also the folder of the lists."""

    root: Path
    train_list: Path
    test_list: Path


def make_digits(folder: Path) -> Digits:
    """Write the pictures as train/CLASS/NUMBER.png and test/CLASS/NUMBER.png, 8x8 RGB, and a list of each.

    500 to test with and 1,297 to train with, every time the same.
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    pixels = (source.images * (255 / _WHITE)).round().astype(np.uint8)
    order = np.random.default_rng(_SEED).permutation(len(pixels))
    digits = Digits(folder, folder / "train_list.txt", folder / "test_list.txt")
    for part, file, chosen in (
        ("test", digits.test_list, order[:TEST_COUNT]),
        ("train", digits.train_list, order[TEST_COUNT:]),
    ):
        for label in LABELS:
            (folder / part / label).mkdir(parents=True, exist_ok=True)
        lines = []
        for index in sorted(chosen):
            label = int(source.target[index])
            path = f"{part}/{label}/{index:04d}.png"
            Image.fromarray(pixels[index]).convert("RGB").save(folder / path)
            lines.append(f"{path} {label}\n")
        file.write_text("".join(lines), encoding="utf-8")
    return digits
