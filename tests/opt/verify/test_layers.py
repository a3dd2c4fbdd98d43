"""oarlock verify --layers: the operator that is at fault, through the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.conftest import Run
from tests.opt.verify.test_verify import _verify, _with_weights, _x86


def test_a_flipped_bit_is_named_with_its_layer(
    oarlock_cli: Run, lite0: Path, lite0_source: Path, tmp_path: Path
) -> None:
    def flip(weights: NDArray[np.float32]) -> None:
        weights.view(np.uint32)[np.abs(weights).argmax()] ^= 1 << 25

    changed = _with_weights(lite0, tmp_path, flip)
    saved = tmp_path / "saved"
    arguments = ("--variant", "x86-fp32", "--layers", "--save-inputs", saved, "--reference", lite0_source)
    layers = _x86(_verify(oarlock_cli, changed, *arguments, status=1))["layers"]
    assert layers["compared"] == len(layers["layers"])
    [culprit] = [each for each in layers["layers"] if each["index"] == layers["first"]]
    assert "linear" in culprit["variable"] + culprit["origin"] + json.dumps(culprit["changes"])
    assert culprit["own_error"] > 1e-5
    assert (saved / "x86-fp32" / "op.json").is_file()


def test_without_a_fault_none_is_named(oarlock_cli: Run, lite0: Path, lite0_source: Path) -> None:
    arguments = ("--variant", "x86-fp32", "--layers", "--reference", lite0_source)
    layers = _x86(_verify(oarlock_cli, lite0, *arguments))["layers"]
    assert layers["first"] is None
    assert layers["sentence"].startswith("All ")
