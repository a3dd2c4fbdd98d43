"""What the tests of the PIR reader share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def case_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model of every case, each in a folder of its name. Not to be written to."""
    folder = tmp_path_factory.mktemp("cases")
    command = [sys.executable, "-m", "tests.opt.importer.pir.export_cases", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=_ROOT)
    assert done.returncode == 0, done.stderr
    return folder
