"""``oarlock predict`` over photographs, against the loop one would write: decode, preprocess, run, in one thread."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from benchmarks._measure import Ratio, compare
from benchmarks.session import make_bundle
from oarlock import Bundle

_PHOTOGRAPHS = 200
_SIZE = (4000, 3000)
_NAMES = ("astronaut", "camera", "chelsea", "coffee", "hubble_deep_field", "immunohistochemistry", "retina", "rocket")


def run() -> list[Ratio]:
    """One ratio, with the limit of one and a half times the speed on two processors."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = make_bundle(folder)
        files = _photographs(folder / "photographs")
        command = [Path(sys.executable).with_name("oarlock"), "predict", bundle, files[0].parent, "--json"]

        def ours() -> None:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            assert done.stdout.count("\n") == len(files)

        return [
            compare(
                "predict",
                (f"oarlock predict, {len(files)} JPEGs of 12 megapixels", ours),
                ("Pillow, OpenCV, NumPy, Session.run", lambda: _plain_loop(bundle, files)),
                pairs=3,
                limit=1 / 1.5,
                warmup=0,
            )
        ]


def _plain_loop(bundle: Path, files: list[Path]) -> list[int]:
    with Bundle.open(bundle).open_session() as session:
        best = []
        for file in files:
            [scores] = session.run({session.inputs[0].name: _tensor(np.asarray(Image.open(file)))}).values()
            best.append(int(scores.argmax()))
        return best


def _tensor(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """EfficientNet-Lite0's evaluation: the centred square of 7/8 of the short side, bicubic to 224, (x - 127) / 128."""
    height, width = rgb.shape[:2]
    side = min(width, height) * 7 // 8
    top, left = (height - side) // 2, (width - side) // 2
    resized = cv2.resize(rgb[top : top + side, left : left + side], (224, 224), interpolation=cv2.INTER_CUBIC)
    values = (resized.astype(np.float32) - 127) / 128
    return np.ascontiguousarray(values.transpose(2, 0, 1))[None]


def _photographs(folder: Path) -> list[Path]:
    """Eight photographs, enlarged and with a sensor's noise, under many names."""
    folder.mkdir()
    random = np.random.default_rng(0)
    originals = []
    for name in _NAMES:
        enlarged = np.asarray(Image.fromarray(getattr(skimage.data, name)()).convert("RGB").resize(_SIZE))
        noisy = enlarged + random.normal(0, 4, enlarged.shape)
        originals.append(folder / f"000-{name}.jpg")
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(originals[-1], quality=90)
    files = list(originals)
    for number in range(len(originals), _PHOTOGRAPHS):
        files.append(folder / f"{number:03}.jpg")
        files[-1].hardlink_to(originals[number % len(originals)])
    return sorted(files)
