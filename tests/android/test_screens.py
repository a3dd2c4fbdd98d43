"""The screens, drawn by the platform's own code (Robolectric); look at build/android/pictures after a change."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.android.conftest import BUILD, DEMO, run

pytestmark = pytest.mark.full

UPRIGHT = (720, 1560)
LYING = (1560, 720)


@pytest.fixture(scope="module")
def pictures(tools: None, jni: Path, fixtures: Path) -> Path:
    folder = BUILD / "pictures"
    printed = run(
        "mvn", "-B", "-f", DEMO / "pom.xml", "-P", "screens", "test", f"-Doarlock.build={BUILD / 'screens'}",
        f"-Doarlock.native={jni}", f"-Doarlock.fixtures={fixtures}", f"-Doarlock.screens={folder}",
    )  # fmt: skip
    # Of them one classifies Bitmaps, which are native code of the platform.
    assert re.search(r"Tests run: [1-9]\d*, Failures: 0, Errors: 0, Skipped: 0$", printed, re.MULTILINE)
    return folder


@pytest.mark.parametrize(
    ("name", "size", "dark"),
    [
        ("main-light", UPRIGHT, False),
        ("main-dark-zh", UPRIGHT, True),
        ("main-land", LYING, False),
        ("main-no-camera", UPRIGHT, False),
        ("selftest", UPRIGHT, False),
        ("benchmark", UPRIGHT, False),
    ],
)
def test_screen(pictures: Path, name: str, size: tuple[int, int], dark: bool) -> None:
    with Image.open(pictures / f"{name}.png") as picture:
        assert picture.size == size
        grey = np.asarray(picture.convert("L"))
    background = np.median(grey)
    assert (background < 64) if dark else (background > 192)
    # Words and bars: some of the screen differs clearly from the background, most does not.
    assert 0.002 < (np.abs(grey - background) > 64).mean() < 0.3


def test_bars_are_as_long_as_their_scores(pictures: Path) -> None:
    with Image.open(pictures / "main-light.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    # The accent colour of res/values/colors.xml, in rows where it is a bar and no letter.
    accent = (np.abs(pixels.astype(int) - (0x00, 0x69, 0x6B)).sum(axis=2) < 30).sum(axis=1)
    lengths = sorted({int(it) for it in accent if it > 80}, reverse=True)
    width = UPRIGHT[0] - 2 * 32
    assert lengths == pytest.approx([0.41 * width, 0.33 * width, 0.17 * width], abs=2)
