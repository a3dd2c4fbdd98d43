"""Runs fake_engine/ in processes of their own, since a process can load one engine only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_MODULES = sorted((Path(__file__).parent / "fake_engine").glob("test_*.py"))


@pytest.mark.parametrize("module", _MODULES, ids=lambda path: path.stem)
def test_with_the_fake_engine(module: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(module)],
        env={**os.environ, "OARLOCK_TEST_FAKE_ENGINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
