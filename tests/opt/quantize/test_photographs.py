"""EfficientNet-Lite0 with its ImageNet weights, calibrated with crops of photographs and judged on others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from oarlock import images
from oarlock._specs import TensorSpec
from oarlock.preprocess import PreprocessSpec
from oarlock_opt.commands.opt import opt
from oarlock_opt.quantize import samples
from oarlock_opt.quantize.judge import Measured, compare
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.reference import run
from oarlock_opt.source import find_files
from tests.conftest import Figure, Run

pytestmark = pytest.mark.full

_OF_SCIKIT_IMAGE = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png",
    "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png",
    "motorcycle_right.png", "page.png", "retina.jpg", "rocket.jpg", "text.png",
)  # fmt: skip


def _photographs(folder: Path) -> Iterator[NDArray[np.uint8]]:
    for name in _OF_SCIKIT_IMAGE:
        yield images.load(folder / name)
    for name in ("china.jpg", "flower.jpg"):
        yield images.load(Path(sklearn.__file__).parent / "datasets" / "images" / name)


def _write_crops(photographs: list[NDArray[np.uint8]], count: int, seed: int, folder: Path) -> Path:
    """Squares of 0.4 to 1 of the shorter side, anywhere, of one photograph after the other."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    for index in range(count):
        pixels = photographs[index % len(photographs)]
        height, width = pixels.shape[:2]
        side = int(min(height, width) * random.uniform(0.4, 1))
        top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
        Image.fromarray(pixels[top : top + side, left : left + side]).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="module")
def crops(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """128 to calibrate with, 160 to judge by, 160 that nobody saw."""
    folder = tmp_path_factory.mktemp("crops")
    whole = list(_photographs(photographs))
    counts = (("calibration", 128), ("judged", 160), ("unseen", 160))
    return {name: _write_crops(whole, count, seed, folder / name) for seed, (name, count) in enumerate(counts)}


def _calibrated(run_oarlock: Run, source: Path, crops: dict[str, Path], folder: Path, *options: str) -> dict[str, Any]:
    """What the command says of arm64-fp32 and arm64-int8, and the quantised program in ``folder``."""
    done = run_oarlock(
        "opt", source, "-o", folder / "m.oar", "--target", "arm64", "--precision", "fp32,int8", "--no-golden", "--json",
        "--calibrate", crops["calibration"], "--validate", crops["judged"], "--save-quantized", folder / "quantized",
        *options, timeout=3600,
    )  # fmt: skip
    return {it["id"]: it for it in json.loads(done.stdout)["variants"]}


def _measured(source: Path, quantized: Path, folder: Path) -> Measured:
    """The agreement by PaddlePaddle's run of both programs, with nothing of the code that chose them."""
    spec = PreprocessSpec.read(source / "preprocess.json")
    found = tuple(samples.find(folder, pictures=True))
    inputs = (TensorSpec("x", (-1, 3, 224, 224), "float32"),)
    feeds = [batch.feed for batch in Samples(found, inputs, spec).batches(4)]
    theirs, ours = (
        np.concatenate([next(iter(it.values())) for it in run(find_files(each), feeds).outputs])
        for each in (source, quantized)
    )
    return compare(theirs, ours, "logits", None)


def test_auto_is_the_best_method_and_the_gate_keeps_what_it_promises(
    lite0_source: Path, crops: dict[str, Path], oarlock_cli: Run, tmp_path: Path, figure: Figure
) -> None:
    made = _calibrated(oarlock_cli, lite0_source, crops, tmp_path)
    facts, size = made["arm64-int8"]["quantisation"], made["arm64-int8"]["size"] / made["arm64-fp32"]["size"]
    for method, measured in facts["methods"].items():
        figure(f"EfficientNet-Lite0 int8, {method}, gate off: agreement over 160 crops", measured["top1_agreement"])
    assert facts["methods"][facts["method"]]["top1_agreement"] == max(
        it["top1_agreement"] for it in facts["methods"].values()
    )
    figure("EfficientNet-Lite0 int8, gate at its default: size / fp32", size)
    figure("EfficientNet-Lite0 int8, gate at its default: operators in fp32", len(facts["kept_fp32"]))
    assert size <= 0.45
    assert facts["kept_fp32"]
    assert all(kept["why"] for kept in facts["kept_fp32"])
    judged = _measured(lite0_source, tmp_path / "quantized", crops["judged"])
    assert judged.top1_agreement == pytest.approx(facts["measured"]["top1_agreement"])
    figure("EfficientNet-Lite0 int8, gate at its default: agreement over 160 crops", judged.top1_agreement or 0)
    assert judged.top1_agreement is not None
    assert judged.top1_agreement >= 0.95
    assert judged.sure_agreement == 1.0
    unseen = _measured(lite0_source, tmp_path / "quantized", crops["unseen"])
    figure("EfficientNet-Lite0 int8, gate at its default: agreement over 160 unseen crops", unseen.top1_agreement or 0)
    assert (unseen.top1_agreement or 0) >= 0.9
    assert (unseen.sure_agreement or 0) >= 0.95


def test_with_the_gate_off_it_is_a_quarter_of_the_size(
    lite0_source: Path, crops: dict[str, Path], oarlock_cli: Run, tmp_path: Path, figure: Figure
) -> None:
    made = _calibrated(oarlock_cli, lite0_source, crops, tmp_path, "--method", "hist", "--max-drop", "off")
    size = made["arm64-int8"]["size"] / made["arm64-fp32"]["size"]
    figure("EfficientNet-Lite0 int8, hist, gate off: size / fp32", size)
    assert size <= 0.27
    measured = made["arm64-int8"]["quantisation"]["measured"]
    assert measured["top1_agreement"] >= 0.8
    assert measured["sure_agreement"] == 1.0


@pytest.mark.parametrize("spoil", ["black", "one"])
def test_a_bad_calibration_is_brought_back_or_refused(
    lite0_source: Path, crops: dict[str, Path], engine: Path, tmp_path: Path, spoil: str
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    if spoil == "black":
        for index in range(4):
            Image.new("RGB", (64, 64)).save(folder / f"{index}.png")
    else:
        (folder / "one.png").write_bytes((crops["calibration"] / "000.png").read_bytes())
    arguments = [
        lite0_source, "-o", tmp_path / "m.oar", "--target", "arm64", "--precision", "int8", "--no-golden", "--json",
        "--calibrate", folder, "--validate", crops["judged"], "--method", "abs_max",
    ]  # fmt: skip
    result = CliRunner().invoke(opt, list(map(str, arguments)))
    said = json.loads(result.stdout)
    if result.exit_code:
        assert said["error"]["code"] == "OAR-CALIBRATION-LIMIT"
        return
    measured = said["variants"][0]["quantisation"]["measured"]
    assert measured["top1_agreement"] >= 0.95
    assert measured["sure_agreement"] == 1.0
