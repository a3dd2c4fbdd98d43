"""Makes findings.json, which the tests of the report render: what `oarlock verify --json` says of a real bundle.

python -m tests.opt.report.make_findings

EfficientNet-Lite0 with its ImageNet weights over photographs and their quarters: as the reference in fp32, and not in
an int8 that was calibrated with dull pictures, so that pictures with two answers are among them. The folder and the
machine's system are left out, and so are most of the points, for the file is in the repository.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.conftest import run_oarlock
from tests.opt.report.pictures import LABELS, PHOTOGRAPHS, QUARTERS, picture

DESTINATION = Path(__file__).with_name("findings.json")

_POINTS = 300
_DULL = (
    "cell.png", "chessboard_GRAY.png", "chessboard_RGB.png", "horse.png", "logo.png", "microaneurysms.png", "moon.png",
    "phantom.png", "text.png",
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        listed = _pictures(folder)
        dull = folder / "dull"
        dull.mkdir()
        for name in _DULL:
            shutil.copy(PHOTOGRAPHS / name, dull)
        source, bundle = folder / "lite0", folder / "lite0.oar"
        run_oarlock("export", "EfficientNetLite0", "--weights", "imagenet", "-o", source)
        run_oarlock(
            "opt", source, "-o", bundle, "--name", "EfficientNet-Lite0", "--target", "x86,arm64",
            "--precision", "fp32,int8", "--calibrate", dull, "--method", "abs_max", "--max-drop", "off",
        )  # fmt: skip
        every = _verify(folder, bundle, source, listed)
        # Operators of a calibrated model have nothing in the source to be compared with.
        plain = _verify(folder, bundle, source, listed, "--variant", "x86-fp32", "--layers")
    every["variants"][0]["layers"] = plain["variants"][0]["layers"]
    for variant in every["variants"]:
        step = max(1, len(variant["points"]) // _POINTS)
        variant["points"] = [[float(f"{value:.5g}") for value in pair] for pair in variant["points"][::step]]
    every["environment"]["system"] = "Linux"
    DESTINATION.write_text(json.dumps(every, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _pictures(folder: Path) -> Path:
    """The photographs and their quarters, and the list of them with the label of the whole."""
    lines = []
    for whole, label in LABELS.items():
        for name in (whole, *(f"{Path(whole).stem}-{quarter}.png" for quarter in range(QUARTERS))):
            if name == whole:
                shutil.copy(PHOTOGRAPHS / whole, folder)
            else:
                Image.fromarray(picture(name)).save(folder / name)
            lines.append(f"{name} {label}\n")
    listed = folder / "list.txt"
    listed.write_text("".join(lines), encoding="utf-8")
    return listed


def _verify(folder: Path, bundle: Path, source: Path, listed: Path, *options: str) -> dict[str, Any]:
    command = [Path(sys.executable).with_name("oarlock"), "verify", bundle, "--reference", source, "--list", listed]
    done = subprocess.run([*command, *options, "--json"], capture_output=True, text=True, check=False)
    findings: dict[str, Any] = json.loads(done.stdout.replace(f"{folder}/", ""))
    return findings


if __name__ == "__main__":
    main()
