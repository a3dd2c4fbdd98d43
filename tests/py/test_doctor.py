"""oarlock doctor: what it finds, with and without."""

from __future__ import annotations

import json
import platform
import re
from importlib.metadata import EntryPoint, PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import oarlock
from oarlock import _core, _diagnosis, store
from oarlock.cli import main

from ..schemas import validate
from .helpers import Build, install_fake_engine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_diagnosis, "entry_points", lambda group: ())
    return tmp_path / "home"


def _run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["doctor", *arguments])
    assert result.exit_code == status, result.output
    return result


def _diagnose(status: int = 0) -> dict[str, Any]:
    diagnosis: dict[str, Any] = json.loads(_run("--json", status=status).stdout)
    validate(diagnosis, "doctor")
    assert diagnosis["ok"] == (status == 0)
    for check in diagnosis["checks"]:
        assert (check["fix"] is None) == check["ok"]
    return diagnosis


def _check(diagnosis: dict[str, Any], name: str) -> dict[str, Any]:
    checks: dict[str, dict[str, Any]] = {it["name"]: it for it in diagnosis["checks"]}
    assert len(checks) == len(diagnosis["checks"])
    return checks[name]


def test_everything_there(build: Build, home: Path) -> None:
    library = install_fake_engine(build, home)
    diagnosis = _diagnose()
    assert diagnosis["version"] == oarlock.__version__
    assert diagnosis["machine"]["target"] == store.machine_target()
    assert diagnosis["machine"]["python"] == platform.python_version()
    assert _check(diagnosis, "paddle-lite")["found"] == f"2.12, {library}"
    assert _check(diagnosis, "core")["found"] == oarlock.__version__
    assert diagnosis["targets"]["x86"] == {"build": False, "run": True, "verify": False}
    assert diagnosis["targets"]["arm64"] == {"build": False, "run": False, "verify": False}
    text = _run().stdout
    assert text.startswith(f"oarlock {oarlock.__version__}, Python {platform.python_version()}, ")
    [row] = [line for line in text.splitlines() if " paddle-lite " in line]
    assert row.split() == ["ok", "paddle-lite", "2.12,", str(library), "runs", "the", "models"]


def test_commands_of_oarlock_opt_count(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake_engine(build, home)
    commands = tuple(EntryPoint(name, "x:y", "oarlock.commands") for name in ("opt", "verify"))
    monkeypatch.setattr(_diagnosis, "entry_points", lambda group: commands if group == "oarlock.commands" else ())
    targets = _diagnose()["targets"]
    assert targets["x86"] == {"build": True, "run": True, "verify": True}
    assert targets["armv7"] == {"build": True, "run": False, "verify": False}


def test_no_engine() -> None:
    diagnosis = _diagnose(status=1)
    check = _check(diagnosis, "paddle-lite")
    assert check["found"] is None
    assert check["fix"] == "oarlock lite install"
    assert not diagnosis["targets"]["x86"]["run"]
    text = _run(status=1).stdout
    assert "MISSING  paddle-lite" in text
    assert "  oarlock lite install    # paddle-lite\n" in text


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        ("raise SystemExit('cannot')", "does not load: cannot"),
        ("import os; os.abort()", "crashes (SIGABRT)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashes (SIGSEGV)"),
        ("import time; time.sleep(60)", "does not load within 1 s"),
        ("raise SystemExit(3)", "does not load: exit status 3"),
    ],
)
def test_engine_that_fails(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch, failure: str, found: str) -> None:
    library = install_fake_engine(build, home)
    monkeypatch.setattr(_diagnosis, "_ENGINE_PROGRAM", failure)
    if "sleep" in failure:
        monkeypatch.setattr(_diagnosis, "_ENGINE_SECONDS", 1)
    assert _check(_diagnose(status=1), "paddle-lite")["found"] == f"{library} {found}"
    assert re.search(rf"^BROKEN +paddle-lite +{re.escape(f'{library} {found}')} ", _run(status=1).stdout, re.MULTILINE)


def test_engine_that_is_none(build: Build, home: Path) -> None:
    library = install_fake_engine(build, home)
    library.write_bytes(bytes(library.stat().st_size))
    check = _check(_diagnose(status=1), "paddle-lite")
    assert check["found"].startswith(f"{library} does not load: oarlock.errors.EngineUnavailableError: {library}")


def test_no_engine_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    diagnosis = _diagnose(status=1)
    assert diagnosis["machine"]["target"] is None
    assert _check(diagnosis, "paddle-lite")["found"] == f"there is no Paddle Lite for {platform.system()} on riscv64"


def test_store_that_cannot_be_written(home: Path) -> None:
    home.write_text("a file")
    check = _check(_diagnose(status=1), "store")
    assert not check["ok"]
    assert check["fix"].startswith("export OARLOCK_HOME=")


def test_core_of_another_version_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "text", lambda value: "9.9.9")
    assert _check(_diagnose(status=1), "core")["found"] == "9.9.9"
    monkeypatch.setattr(oarlock, "__path__", ["/nowhere"])
    monkeypatch.delenv("OARLOCK_LIBRARY", raising=False)
    _core.library.cache_clear()
    try:
        assert "core is missing" in _check(_diagnose(status=1), "core")["found"]
    finally:
        _core.library.cache_clear()


def test_optional_parts(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    install_fake_engine(build, home)

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_diagnosis, "version", version)
    monkeypatch.setattr(features, "check", lambda feature: feature != "webp")
    diagnosis = _diagnose()
    assert _check(diagnosis, "oarlock-opt")["fix"] == "pip install oarlock-opt"
    assert _check(diagnosis, "pip")["found"] is None
    assert not _check(diagnosis, "WebP pictures")["ok"]
    monkeypatch.setattr(features, "check", lambda feature: feature != "jpg")
    assert not _check(_diagnose(status=1), "JPEG pictures")["ok"]


def test_checks_of_other_distributions(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake_engine(build, home)
    good = EntryPoint("good", f"{__name__}:good_checks", "oarlock.doctor")
    bad = EntryPoint("bad", f"{__name__}:bad_checks", "oarlock.doctor")
    monkeypatch.setattr(_diagnosis, "entry_points", lambda group: (good, bad) if group == "oarlock.doctor" else ())
    diagnosis = _diagnose(status=1)
    assert _check(diagnosis, "optimiser")["found"] == "2.12"
    assert _check(diagnosis, "bad")["found"] == "its checks fail (ZeroDivisionError: division by zero)"


def good_checks() -> list[dict[str, Any]]:
    return [{"name": "optimiser", "ok": True, "required": True, "found": "2.12", "purpose": "optimises", "fix": None}]


def bad_checks() -> list[dict[str, Any]]:
    raise ZeroDivisionError("division by zero")
