"""The quick part of docs/coverage.md, and what must hold of the whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Figure, run_oarlock
from tests.coverage.architectures import FAST, names
from tests.coverage.run import FORMS, LIMIT
from tests.coverage.trial import attempt

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", FAST)
def test_small_architectures(name: str, form: str, figure: Figure) -> None:
    trial = attempt(name, form)
    assert not trial.exported, trial.exported
    assert not trial.failures, trial.failures
    assert trial.first_place
    assert trial.worst <= LIMIT
    figure(f"{name}, {form}: relative error against PaddlePaddle", trial.worst)


def test_a_network_of_ones_own(tmp_path: Path) -> None:
    """A file that defines MODELS, and one of whose networks Paddle Lite has no operator for."""
    own = tmp_path / "own.py"
    own.write_text(
        "import paddle\n"
        "from paddle import nn\n"
        "class Odd(nn.Layer):\n"
        "    def forward(self, x):\n"
        "        return paddle.erfinv(x).mean(axis=[2, 3])\n"
        "def plain():\n"
        "    return nn.Sequential(nn.Conv2D(3, 4, 3), nn.AdaptiveAvgPool2D(1), nn.Flatten())\n"
        "MODELS = {'plain': plain, 'odd': Odd}\n"
        "INPUTS = {'plain': (3, 8, 8), 'odd': (3, 8, 8)}\n",
        encoding="utf-8",
    )
    assert names(own) == ["plain", "odd"]
    assert attempt("plain", "pir", own).passed(LIMIT)
    odd = attempt("odd", "pir", own)
    assert not odd.exported, odd.exported
    assert set(odd.failures) == {"x86", "arm64", "armv7"}
    assert all(error.startswith("OAR-") and "erfinv" in error for error in odd.failures.values()), odd.failures


def _operators(name: str, form: str, folder: Path) -> dict[str, dict[str, int]]:
    """How often each operator is in the model for x86 and for arm64."""
    source = folder / form
    source.mkdir()
    command = [sys.executable, "-m", "tests.coverage.export", name, form, str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    bundle = folder / f"{form}.oar"
    run_oarlock("opt", source, "-o", bundle, "--target", "x86,arm64", "--preprocess", "none", "--no-golden")
    return {target: _inspect(bundle / f"{target}-fp32.nb")["ops"] for target in ("x86", "arm64")}


def _inspect(model: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(run_oarlock("inspect", model, "--json").stdout)["nb"]
    return described


@pytest.mark.full
@pytest.mark.parametrize("name", ["DPN68", "resnet50", "mobilenet_v3_large"])
def test_both_formats_are_fused_alike(name: str, tmp_path: Path, figure: Figure) -> None:
    """A model read from PIR is as fast in the engine as the legacy export of the same network."""
    pir, legacy = (_operators(name, form, tmp_path) for form in FORMS)
    assert pir == legacy
    figure(f"{name}, both formats: operators for arm64", sum(pir["arm64"].values()))
