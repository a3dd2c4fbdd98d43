"""What oarlock-opt adds to oarlock doctor."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest

import oarlock_opt
from oarlock import _checks
from oarlock._checks import Check
from oarlock_opt import doctor
from oarlock_opt.lite import targets
from tests.conftest import Run
from tests.schemas import validate


def _by_name() -> dict[str, Check]:
    return {check["name"]: check for check in doctor.findings()["checks"]}


def test_all_is_there() -> None:
    found = _by_name()
    assert found["PaddlePaddle"]["found"] == "3.3.1"
    assert Path(str(found["optimiser"]["found"])).name == "oarlock-lite-optimizer"
    assert all(check["ok"] and check["fix"] is None for check in found.values() if check["group"] == "make")


def test_programs_for_boards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path))
    program = tmp_path / "programs" / "arm64" / "oarlock-classify"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"")
    found = _by_name()
    assert found["oarlock-classify arm64"]["found"] == str(program)
    assert found["oarlock-classify armv7"]["fix"] == "./build.sh native armv7hf"


def test_what_is_missing_comes_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(distribution: str) -> str:
        raise importlib.metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(_checks, "version", version)
    monkeypatch.setattr(oarlock_opt, "__path__", ["/nowhere"])
    found = _by_name()
    assert str(found["PaddlePaddle"]["fix"]).endswith(" -m pip install paddlepaddle==3.3.1")
    assert " -m pip install --force-reinstall --no-deps " in str(found["optimiser"]["fix"])
    assert not any(check["ok"] or check["required"] for check in found.values() if check["group"] == "make")
    assert doctor.findings()["builds"] == {}


def test_a_worker_that_does_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "_bin" / "oarlock-lite-optimizer"
    program.parent.mkdir()
    program.write_text("not a program", encoding="utf-8")
    monkeypatch.setattr(oarlock_opt, "__path__", [str(tmp_path)])
    assert _by_name()["optimiser"]["found"] == f"{program} does not run"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    program.chmod(0o755)
    assert not _by_name()["optimiser"]["ok"]


def test_what_it_builds_is_what_the_optimiser_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (fp32,) = targets.select(["arm64"], ["fp32"])[0]
    made = [("x86", "fp32"), ("arm64", "fp16"), ("arm64", "int8")]
    variants = tuple(targets.Variant(target, precision, fp32.recipe) for target, precision in made)
    monkeypatch.setattr(doctor, "select", lambda wanted, precisions, calibrated: (variants, ()))
    builds = {"x86": ["fp32"], "arm64": ["fp16", "int8"], "armv7": [], "opencl": []}
    assert doctor.findings()["builds"] == builds


def test_the_command_shows_them(oarlock_cli: Run, engine: Path) -> None:
    said = json.loads(oarlock_cli("doctor", "--json").stdout)
    validate(said, "doctor")
    assert {"PaddlePaddle", "optimiser"} <= {check["name"] for check in said["checks"]}
    made, _ = targets.select(targets.TARGETS, targets.PRECISIONS, calibrated=True)
    for target, can in said["targets"].items():
        assert can["precisions"] == [variant.precision for variant in made if variant.target == target]
        assert can["build"] == bool(can["precisions"])
