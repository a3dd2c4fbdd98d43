"""Five seconds of fuzzing at each door through which foreign bytes come in; native/fuzz/run.sh takes longer ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> Path:
    """The core of the build by the preset `fuzz`: of $OARLOCK_FUZZ_BUILD, else of build/fuzz, brought up to date."""
    if folder := os.environ.get("OARLOCK_FUZZ_BUILD"):
        return Path(folder) / "native"
    subprocess.run([_ROOT / "build.sh", "native", "fuzz"], check=True)
    return _ROOT / "build" / "fuzz" / "native"


@pytest.mark.parametrize("door", ["frame", "nb", "bundle", "npy", "png", "picture"])
def test_nothing_is_found(build: Path, door: str) -> None:
    command = [_ROOT / "native" / "fuzz" / "run.sh", build, "5", door]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{door}: nothing found in 5 s, "), done.stdout
