"""Models to break, and the one way in which every broken one must end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_oarlock
from tests.schemas import validate

_EXPORTER = Path(__file__).parent.parent / "export_models.py"
Refused = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def pir_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of export_models.py as PIR. Not to be written to."""
    folder = tmp_path_factory.mktemp("pir-models")
    environment = {**os.environ, "FLAGS_enable_pir_api": "1"}
    done = subprocess.run(
        [sys.executable, str(_EXPORTER), str(folder)], capture_output=True, text=True, timeout=300, env=environment,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / "digits" / "inference.json").is_file()
    return folder


@pytest.fixture
def legacy(models: Path, tmp_path: Path) -> Path:
    """A folder of one's own with a small classifier, as inference.pdmodel and inference.pdiparams."""
    return Path(shutil.copytree(models / "digits", tmp_path / "digits"))


@pytest.fixture
def pir(pir_models: Path, tmp_path: Path) -> Path:
    """The same classifier as inference.json and inference.pdiparams."""
    return Path(shutil.copytree(pir_models / "digits", tmp_path / "digits"))


@pytest.fixture
def refused(engine: Path, tmp_path: Path) -> Refused:
    """Runs ``oarlock opt`` on a source, which must fail as the contract has it, and returns the error object.

    ``refused(source, code, *words)``: exit status 1, one sentence on stderr, the same in JSON, the code (or one of
    several, with a bar between them), the words in the sentence, and no file that was not there before. ``options`` are
    more arguments, ``output`` is the bundle; other keywords are for ``subprocess.run``.
    """

    def run(
        source: Path | str,
        code: str,
        *words: str,
        options: tuple[str, ...] = ("--target", "arm64", "--preprocess", "none"),
        output: Path | None = None,
        **how: Any,
    ) -> dict[str, Any]:
        bundle = output or tmp_path / "broken.oar"
        before = _listing(tmp_path)
        command = ("opt", source, "-o", bundle, "--no-golden", "--no-cache", "--json", *options)
        done = run_oarlock(*command, status=1, **how)
        failure = json.loads(done.stdout)
        validate(failure, "failure")
        error: dict[str, Any] = failure["error"]
        assert error["code"] in code.split("|"), error
        for word in words:
            assert word in error["message"], error
        lines = [line for line in done.stderr.splitlines() if not line.startswith("Note: ")]
        assert lines[0].startswith("Error: ")
        assert len(done.stderr) < 4000
        assert _listing(tmp_path) == before, "something is left behind"
        return error

    return run


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every path below a folder, with its kind and, of a file, its size."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root, name)
            stat = path.lstat()
            found[str(path)] = (stat.st_mode, stat.st_size if name in files else 0)
    return found
