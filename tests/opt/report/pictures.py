"""The pictures of findings.json: scikit-image's photographs, and the quarters of each."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray

from oarlock import images

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"

# The nearest of ImageNet's classes: Egyptian cat, espresso, missile, moped, stone wall, military uniform, sorrel, wall
# clock, crossword puzzle, analog clock, honeycomb, tripod.
LABELS = {
    "astronaut.png": 652,
    "brick.png": 825,
    "camera.png": 872,
    "chelsea.png": 285,
    "clock_motion.png": 892,
    "coffee.png": 967,
    "coins.png": 409,
    "gravel.png": 825,
    "horse.png": 339,
    "hubble_deep_field.jpg": 599,
    "motorcycle_left.png": 665,
    "motorcycle_right.png": 665,
    "page.png": 918,
    "rocket.jpg": 657,
    "text.png": 918,
}

QUARTERS = 4


def picture(file: str) -> NDArray[np.uint8]:
    """By the name in findings.json: "chelsea.png", or one of its quarters, "chelsea-0.png"; uint8 (H, W, 3) RGB."""
    name = Path(file).name
    if (quarter := re.fullmatch(r"(.+)-(\d)\.png", name)) is None:
        return images.load(PHOTOGRAPHS / name)
    (whole,) = (each for each in LABELS if Path(each).stem == quarter[1])
    pixels = images.load(PHOTOGRAPHS / whole)
    row, column = divmod(int(quarter[2]), 2)
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    return pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
