"""What the tests of the optimiser share."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.cache import Cache
from oarlock_opt.imported import import_model
from oarlock_opt.source import SourceFiles, find_files


@pytest.fixture(scope="session")
def digits_program(models: Path, tmp_path_factory: pytest.TempPathFactory) -> SourceFiles:
    """The classifier of digits as the optimiser of Paddle Lite 2.12 takes it."""
    folder = tmp_path_factory.mktemp("program")
    files = find_files(models / "digits")
    model = import_model(files, None, lite_version="2.12", folder=folder, cache=Cache.none())
    return model.program
