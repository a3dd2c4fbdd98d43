"""oarlock verify, with the engine and PaddlePaddle: what is right passes, and what was planted is named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import Run
from tests.opt.layers.conftest import change_weights
from tests.schemas import validate

Figure = Callable[[str, float], None]
_SHOWN = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "cell.png")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name in _SHOWN:
        shutil.copyfile(photographs / name, folder / name)
    return folder


def _copy(bundle: Path, folder: Path, change: Callable[[dict[str, Any]], None] = lambda data: None) -> Path:
    """A copy of a bundle whose bundle.json was changed."""
    copy = folder / "changed.oar"
    shutil.copytree(bundle, copy)
    data = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    change(data)
    (copy / "bundle.json").write_text(json.dumps(data), encoding="utf-8")
    return copy


def _verify(run: Run, bundle: Path, *arguments: str | Path, status: int = 0) -> dict[str, Any]:
    done = run("verify", bundle, "--json", *arguments, status=status)
    data: dict[str, Any] = json.loads(done.stdout)
    validate(data, "verify")
    assert data["ok"] == (status == 0)
    return data


def _x86(data: dict[str, Any]) -> dict[str, Any]:
    [variant] = [each for each in data["variants"] if each["id"] == "x86-fp32"]
    return dict(variant)


def test_goldens(oarlock_cli: Run, lite0: Path) -> None:
    data = _verify(oarlock_cli, lite0)
    assert data["sentence"].startswith("On host, 1 of 3 variants answered as the reference on the goldens")
    assert data["reference"]["engine"].startswith("PaddlePaddle")
    variant = _x86(data)
    assert variant["goldens"]["engine"]["count"] == 5  # three pictures, and a batch of two
    assert variant["goldens"]["preprocessing"]["pictures"] == 3
    assert variant["goldens"]["engine"]["relative_error"]["largest"] <= 1e-5
    refusals = {each["id"]: each["refusal"] for each in data["variants"] if each["refusal"]}
    assert refusals == {
        "arm64-fp32": "it is for arm64, and this machine runs x86",
        "armv7-fp32": "it is for armv7, and this machine runs x86",
    }


def test_pictures(oarlock_cli: Run, lite0: Path, lite0_source: Path, pictures: Path, figure: Figure) -> None:
    (pictures / "broken.png").write_bytes((pictures / "coffee.png").read_bytes()[:5000])
    data = _verify(oarlock_cli, lite0, "--images", pictures, "--reference", lite0_source, status=1)
    (pictures / "broken.png").unlink()
    assert [Path(each["file"]).name for each in data["pictures"]["failed"]] == ["broken.png"]
    stages = _x86(data)["pictures"]
    assert stages["ok"]
    assert stages["preprocessing"] == {
        "ok": True,
        "pictures": len(_SHOWN),
        "bytes": {"differ": 0, "largest": 0},
        "tensor": {"differ": 0, "largest": 0.0},
        "cause": None,
    }
    assert stages["end_to_end"]["top1_agreement"] == 1.0
    assert stages["end_to_end"]["relative_error"]["largest"] <= 1e-5
    largest = stages["end_to_end"]["relative_error"]["largest"]
    figure("verify, EfficientNet-Lite0 over photographs: largest relative error", largest)
    assert (
        _verify(oarlock_cli, lite0, "--images", pictures, "--reference", lite0_source)["reference"]["device"] == "cpu"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"color": "BGR"}, "in the bytes of 3 of 3 crops (by up to 255): the reference has channels in the order RGB"),
        ({"mean": [0.5, 0.4, 0.4]}, "in the tensor made of the same crop, 3 of 3 times"),
        ({"std": [64.0, 128.0, 128.0]}, "the reference has std (128, 128, 128), not (64, 128, 128)"),
        ({"interpolation": "nearest"}, "the reference has bicubic interpolation, not nearest"),
    ],
)
def test_planted_preprocessing(
    oarlock_cli: Run, lite0: Path, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    def change(data: dict[str, Any]) -> None:
        if "interpolation" in changes:
            data["preprocess"]["resize"].update(changes)
        else:
            data["preprocess"].update(changes)

    variant = _x86(_verify(oarlock_cli, _copy(lite0, tmp_path, change), status=1))
    assert variant["sentence"].startswith("Preprocessing differs on the golden inputs")
    assert sentence in variant["sentence"]
    assert variant["goldens"]["engine"]["ok"], "given the same tensors, the engine is right"


def test_a_transposed_crop(oarlock_cli: Run, lite0: Path, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for case in data["golden"]["cases"]:
            if case["image"] is not None:
                path = tmp_path / "changed.oar" / case["image"]["file"]
                with Image.open(path) as image:
                    image.transpose(Image.Transpose.TRANSPOSE).save(path)
                case["image"] |= {"sha256": _sha256(path), "size": path.stat().st_size}

    variant = _x86(_verify(oarlock_cli, _copy(lite0, tmp_path, change), status=1))
    assert "the crop lies on its side, rows and columns exchanged" in variant["sentence"]


def test_planted_preprocessing_over_pictures(
    oarlock_cli: Run, lite0: Path, lite0_source: Path, pictures: Path, tmp_path: Path
) -> None:
    changed = _copy(lite0, tmp_path, lambda data: data["preprocess"].update(mean=[0.0, 0.0, 0.0]))
    arguments = ("--images", pictures, "--reference", lite0_source)
    variant = _x86(_verify(oarlock_cli, changed, *arguments, status=1))
    assert variant["sentence"].startswith("Preprocessing differs on the pictures, in the tensor made of the same crop")
    assert "the reference has mean (127, 127, 127), not (0, 0, 0)" in variant["sentence"]
    assert variant["pictures"]["engine"]["ok"]
    assert not variant["pictures"]["end_to_end"]["ok"]
    assert variant["disagreements"]


def _with_weights(bundle: Path, folder: Path, change: Callable[[NDArray[np.float32]], None]) -> Path:
    """A copy in which the last layer's weights were changed in x86-fp32.nb, the hashes made right."""

    def change_file(data: dict[str, Any]) -> None:
        [variant] = [each for each in data["variants"] if each["id"] == "x86-fp32"]
        path = folder / "changed.oar" / variant["file"]
        change_weights(path, "linear_0.w_0", change, path)
        variant |= {"sha256": _sha256(path)}

    return _copy(bundle, folder, change_file)


def test_nan_is_no_score(oarlock_cli: Run, lite0: Path, tmp_path: Path) -> None:
    def spoil(weights: NDArray[np.float32]) -> None:
        weights[123] = np.nan

    done = oarlock_cli("verify", _with_weights(lite0, tmp_path, spoil), status=1)
    assert "answers have NaN or infinity in them" in done.stdout
    data = _verify(oarlock_cli, tmp_path / "changed.oar", status=1)
    assert _x86(data)["goldens"]["engine"]["finite"] == 0
    assert _x86(data)["goldens"]["engine"]["top1_agreement"] is None


def test_one_flipped_bit_is_of_the_engine_stage(oarlock_cli: Run, lite0: Path, tmp_path: Path) -> None:
    def flip(weights: NDArray[np.float32]) -> None:
        weights.view(np.uint32)[np.abs(weights).argmax()] ^= 1 << 25  # the value times 16, or by it

    variant = _x86(_verify(oarlock_cli, _with_weights(lite0, tmp_path, flip), status=1))
    assert variant["sentence"].startswith("The engine differs on the golden inputs")
    assert variant["goldens"]["preprocessing"]["ok"]


def test_limits_can_be_set(oarlock_cli: Run, lite0: Path) -> None:
    variant = _x86(_verify(oarlock_cli, lite0, "--max-error", "1e-9", status=1))
    assert "the limit is 1e-09" in variant["sentence"]


def test_usage(oarlock_cli: Run, lite0: Path, tmp_path: Path) -> None:
    both = oarlock_cli("verify", lite0, "--images", tmp_path, "--list", tmp_path, status=2)
    assert "--images and --list exclude each other" in both.stderr
    assert "--save-inputs is for --layers" in oarlock_cli("verify", lite0, "--save-inputs", "x", status=2).stderr
    assert "holds no pictures" in oarlock_cli("verify", lite0, "--images", tmp_path, status=1).stderr
    assert "has no variant x86-int9" in oarlock_cli("verify", lite0, "--variant", "x86-int9", status=1).stderr
    listed = tmp_path / "list.txt"
    for line, sentence in (
        ("a.png 1000\n", "line 1: class 1000, expected 0 to 999"),
        ("a.png\n", "line 1: is 'a.png', expected a picture's path and the number of its class"),
        ("\n", "is empty"),
    ):
        listed.write_text(line, encoding="utf-8")
        assert sentence in oarlock_cli("verify", lite0, "--list", listed, status=1).stderr


def test_nothing_ran(oarlock_cli: Run, lite0: Path) -> None:
    data = _verify(oarlock_cli, lite0, "--variant", "arm64-fp32", status=1)
    assert data["sentence"] == "None of the 1 variants runs on host, so that nothing was verified."


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
