"""What the tests of the reference share: a calibrated model, and ways to look at the child."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oarlock_opt.reference import Reference

_QUANTIZER = Path(__file__).with_name("quantize_model.py")


@pytest.fixture(scope="session")
def quantized(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits model after PaddlePaddle's static post-training quantisation."""
    folder = tmp_path_factory.mktemp("quantized") / "digits"
    command = [sys.executable, str(_QUANTIZER), str(models / "digits"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def child_of(reference: Reference) -> int:
    """The number of the process in which PaddlePaddle runs."""
    assert reference._worker is not None
    return reference._worker._process.pid
