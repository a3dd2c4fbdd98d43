"""A small classifier, pictures for it, and its calibration by every method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oarlock.preprocess import PreprocessSpec, ResizeExact
from oarlock_opt.cache import Cache
from oarlock_opt.imported import Imported, import_model
from oarlock_opt.quantize import samples
from oarlock_opt.quantize.calibration import Calibration, calibrate
from oarlock_opt.quantize.methods import METHODS
from oarlock_opt.quantize.program import Program
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.source import find_files

SPEC = PreprocessSpec(resize=ResizeExact(32, 32, "bilinear"), center_crop=None)


def write_pictures(folder: Path, count: int, *, seed: int = 0, dark: bool = False) -> Path:
    """So many pictures of coloured squares on noise, or black ones."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        pixels = np.zeros((40, 40, 3), np.uint8)
        if not dark:
            pixels += random.integers(0, 80, pixels.shape, dtype=np.uint8)
            top, left = random.integers(0, 20, 2)
            pixels[top : top + 18, left : left + 18] = random.integers(0, 256, 3)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 40."""
    return write_pictures(tmp_path_factory.mktemp("calibration") / "pictures", 40)


@pytest.fixture(scope="session")
def digits(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The small classifier, imported."""
    folder = tmp_path_factory.mktemp("digits")
    files = find_files(models / "digits")
    return import_model(files, None, lite_version="2.12", folder=folder, cache=Cache.none())


@pytest.fixture(scope="session")
def data(digits: Imported, pictures: Path) -> Samples:
    """The pictures on their way into it."""
    return Samples(tuple(samples.find(pictures, pictures=True)), digits.interface.inputs, SPEC)


@pytest.fixture(scope="session")
def calibration(digits: Imported, data: Samples, tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    """By every method, with all of the pictures."""
    folder = tmp_path_factory.mktemp("quantized")
    return calibrate(digits.program, data, METHODS, name="digits", folder=folder, timeout=120)


@pytest.fixture(scope="session")
def program(digits: Imported, calibration: Calibration) -> Program:
    """Before and after."""
    return Program(digits.program, calibration.program, {})
