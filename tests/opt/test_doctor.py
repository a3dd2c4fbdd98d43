"""What oarlock-opt adds to oarlock doctor."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

import oarlock_opt
from oarlock_opt import doctor
from tests.conftest import Run
from tests.schemas import validate


def _by_name() -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in doctor.checks()}


def test_all_is_there() -> None:
    found = _by_name()
    assert found["PaddlePaddle"]["found"] == "3.3.1"
    assert Path(found["optimiser"]["found"]).name == "oarlock-lite-optimizer"
    assert all(check["ok"] and check["fix"] is None for check in found.values())


def test_what_is_missing_comes_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(distribution: str) -> str:
        raise importlib.metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(oarlock_opt, "__path__", ["/nowhere"])
    found = _by_name()
    assert found["PaddlePaddle"]["fix"] == "pip install 'oarlock-opt[reference]'"
    assert found["optimiser"]["fix"] == "pip install --force-reinstall oarlock-opt"
    assert not any(check["ok"] for check in found.values())


def test_a_worker_that_does_not_run_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "_bin" / "oarlock-lite-optimizer"
    program.parent.mkdir()
    program.write_text("not a program", encoding="utf-8")
    monkeypatch.setattr(oarlock_opt, "__path__", [str(tmp_path)])
    assert _by_name()["optimiser"]["found"] is None
    program.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    program.chmod(0o755)
    assert not _by_name()["optimiser"]["ok"]


def test_the_command_shows_them(oarlock_cli: Run, engine: Path) -> None:
    said = json.loads(oarlock_cli("doctor", "--json").stdout)
    validate(said, "doctor")
    assert {"PaddlePaddle", "optimiser"} <= {check["name"] for check in said["checks"]}
    assert said["targets"]["arm64"]["build"]
