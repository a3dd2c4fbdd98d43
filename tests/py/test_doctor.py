"""oarlock doctor: what it finds of the runtime, with and without, and what it makes of the findings of others."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import oarlock
from oarlock import _checks, _core, _diagnosis, store
from oarlock._checks import check
from oarlock._diagnosis import Findings
from oarlock.cli import main

from ..schemas import validate
from .helpers import Build, install_fake_engine

ARM = {"arm64": ["fp32"], "armv7": ["fp32", "fp16"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, no other distribution, and no tools, whose turn is in test_doctor_tools.py."""
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_diagnosis, "entry_points", lambda group: ())
    monkeypatch.setattr(_diagnosis, "tool_checks", list)
    return tmp_path / "home"


def _run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["doctor", *arguments])
    assert result.exit_code == status, result.output
    return result


def _diagnose(status: int = 0) -> dict[str, Any]:
    diagnosis: dict[str, Any] = json.loads(_run("--json", status=status).stdout)
    validate(diagnosis, "doctor")
    assert diagnosis["ok"] == (status == 0)
    for it in diagnosis["checks"]:
        assert (it["fix"] is None) == it["ok"]
    return diagnosis


def _check(diagnosis: dict[str, Any], name: str) -> dict[str, Any]:
    checks: dict[str, dict[str, Any]] = {it["name"]: it for it in diagnosis["checks"]}
    assert len(checks) == len(diagnosis["checks"])
    return checks[name]


def _register(monkeypatch: pytest.MonkeyPatch, *functions: str, commands: tuple[str, ...] = ()) -> None:
    """Have functions of this module be doctors, and commands exist."""
    points = {
        "oarlock.doctor": tuple(EntryPoint(name, f"{__name__}:{name}", "oarlock.doctor") for name in functions),
        "oarlock.commands": tuple(EntryPoint(name, "x:y", "oarlock.commands") for name in commands),
    }
    monkeypatch.setattr(_diagnosis, "entry_points", lambda group: points[group])


def test_everything_there(build: Build, home: Path) -> None:
    library = install_fake_engine(build, home)
    diagnosis = _diagnose()
    assert diagnosis["version"] == oarlock.__version__
    assert diagnosis["machine"]["target"] == store.machine_target()
    assert diagnosis["machine"]["python"] == platform.python_version()
    assert _check(diagnosis, "Paddle Lite")["found"] == f"2.12, {library}"
    assert _check(diagnosis, "core")["found"] == oarlock.__version__
    nothing = {"build": False, "precisions": [], "run": False, "verify": False}
    assert diagnosis["targets"] == {
        "x86": {**nothing, "run": True},
        **dict.fromkeys(("arm64", "armv7", "opencl"), nothing),
    }
    text = _run().stdout
    assert text.startswith(f"oarlock {oarlock.__version__}, Python {platform.python_version()}, ")
    [row] = [line for line in text.splitlines() if line.startswith("  ok       Paddle Lite ")]
    assert row.split() == ["ok", "Paddle", "Lite", "runs", "models", "2.12,", str(library)]
    assert "\nRun bundles on this machine\n" in text
    assert re.search(r"^x86 +no +yes +no$", text, re.MULTILINE)


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, "builds_for_arm", commands=("verify",))
    diagnosis = _diagnose(status=1)
    found = _check(diagnosis, "Paddle Lite")
    assert (found["found"], found["required"], found["fix"]) == (None, True, "oarlock lite install")
    assert not any(can[what] for can in diagnosis["targets"].values() for what in ("build", "run", "verify"))
    text = _run(status=1).stdout
    assert re.search(r"^  MISSING  Paddle Lite +runs models +-\n +fix: oarlock lite install$", text, re.MULTILINE)


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
    assert _check(_diagnose(status=1), "Paddle Lite")["found"] == f"{library} {found}"
    row = rf"^  BROKEN +Paddle Lite +runs models +{re.escape(f'{library} {found}')}$"
    assert re.search(row, _run(status=1).stdout, re.MULTILINE)


def test_engine_that_is_none(build: Build, home: Path) -> None:
    library = install_fake_engine(build, home)
    library.write_bytes(bytes(library.stat().st_size))
    found = _check(_diagnose(status=1), "Paddle Lite")["found"]
    assert found.startswith(f"{library} does not load: oarlock.errors.EngineUnavailableError: {library}")


def test_engine_that_is_damaged(build: Build, home: Path) -> None:
    library = install_fake_engine(build, home)
    library.write_bytes(library.read_bytes()[:-1])
    assert _check(_diagnose(status=1), "Paddle Lite")["fix"] == "oarlock lite install"


def test_no_engine_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    diagnosis = _diagnose(status=1)
    assert diagnosis["machine"]["target"] is None
    assert _check(diagnosis, "Paddle Lite")["found"] == f"there is none for {platform.system()} on riscv64"


def test_other_versions_of_the_engine(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = install_fake_engine(build, home)
    monkeypatch.setattr(_diagnosis, "OFFERED_VERSIONS", ("2.12", "2.11"))
    found = _check(_diagnose(), "Paddle Lite 2.11")
    assert (found["found"], found["required"]) == (None, False)
    assert found["fix"] == "oarlock lite install --version 2.11"
    other = home / "lite" / "2.11" / library.parent.name
    other.mkdir(parents=True)
    record = (library.parent / "engine.json").read_text().replace('"2.12"', '"2.11"')
    (other / "engine.json").write_text(record)
    (other / library.name).write_bytes(library.read_bytes())
    assert _check(_diagnose(), "Paddle Lite 2.11")["found"] == str(other / library.name)


def test_store_that_cannot_be_written(home: Path) -> None:
    home.write_text("a file")
    found = _check(_diagnose(status=1), "store")
    assert not found["ok"]
    assert found["fix"].startswith("export OARLOCK_HOME=")


def test_core_of_another_version_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "text", lambda value: "9.9.9")
    found = _check(_diagnose(status=1), "core")
    assert (found["found"], found["required"]) == ("9.9.9", True)
    monkeypatch.setattr(oarlock, "__path__", ["/nowhere"])
    monkeypatch.delenv("OARLOCK_LIBRARY", raising=False)
    _core.library.cache_clear()
    try:
        assert "core is missing" in _check(_diagnose(status=1), "core")["found"]
    finally:
        _core.library.cache_clear()


def test_pictures(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    install_fake_engine(build, home)
    monkeypatch.setattr(features, "check", lambda feature: feature != "webp")
    assert _check(_diagnose(), "WebP pictures")["found"] is None
    monkeypatch.setattr(features, "check", lambda feature: feature != "jpg")
    found = _check(_diagnose(status=1), "JPEG pictures")
    assert found["fix"] == f"{sys.executable} -m pip install --force-reinstall pillow"
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert _check(_diagnose(status=1), "Pillow")["found"].startswith("cannot be imported: ")


def test_distributions_that_are_missing(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake_engine(build, home)
    monkeypatch.setenv("PATH", "/nowhere")
    missing = {"oarlock-opt", "pip"}

    def version(name: str) -> str:
        if name in missing:
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(_checks, "version", version)
    diagnosis = _diagnose()
    assert _check(diagnosis, "oarlock-opt")["fix"] == _checks.host_install()
    assert _check(diagnosis, "pip")["fix"] == f"{sys.executable} -m ensurepip"
    missing.add("numpy")
    assert _check(_diagnose(status=1), "numpy")["fix"].endswith(" -m pip install --force-reinstall numpy")


def test_pip_of_another_environment_serves(build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake_engine(build, home)
    pip = home / "bin" / "pip"
    pip.parent.mkdir()
    pip.write_text("#!/bin/sh\n")
    pip.chmod(0o755)
    monkeypatch.setenv("PATH", str(pip.parent), prepend=os.pathsep)
    monkeypatch.setattr(_diagnosis, "installed", lambda name: None if name == "pip" else "1.0")
    found = _check(_diagnose(), "pip")["found"]
    assert Path(found).name in ("pip", "pip3")


class TestOtherDistributions:
    def test_their_checks_and_variants_are_shown(
        self, build: Build, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install_fake_engine(build, home)
        _register(monkeypatch, "builds_for_arm", commands=("verify",))
        diagnosis = _diagnose()
        assert _check(diagnosis, "optimiser")["found"] == "2.12"
        assert {target: can["precisions"] for target, can in diagnosis["targets"].items()} == {
            "x86": [],
            **ARM,
            "opencl": [],
        }
        assert diagnosis["targets"]["armv7"] == {
            "build": True,
            "precisions": ["fp32", "fp16"],
            "run": False,
            "verify": False,
        }
        assert diagnosis["targets"]["x86"]["verify"]
        assert re.search(r"^armv7 +fp32, fp16 +no +no$", _run().stdout, re.MULTILINE)

    def test_what_they_require_counts(self, build: Build, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        install_fake_engine(build, home)
        _register(monkeypatch, "requires_something")
        assert _check(_diagnose(status=1), "something")["fix"] == "get it"

    @pytest.mark.parametrize("name", ["fails", "answers_in_another_way"])
    def test_their_defects_hide_nothing(
        self, build: Build, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        install_fake_engine(build, home)
        _register(monkeypatch, name, "builds_for_arm")
        diagnosis = _diagnose()
        assert "its checks fail (" in _check(diagnosis, f"{name} itself")["found"]
        assert _check(diagnosis, "optimiser")["ok"]


def builds_for_arm() -> Findings:
    return {"checks": [check("make", "optimiser", "2.12", "optimises", "-")], "builds": ARM}


def requires_something() -> Findings:
    return {"checks": [check("make", "something", None, "is needed", "get it", required=True)], "builds": {}}


def fails() -> Findings:
    raise ZeroDivisionError("division by zero")


def answers_in_another_way() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Has oarlock come from somewhere, told as pip tells it."""

    class Installed:
        version = "0.1.0"
        text: str | None = None

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return self.text

    def come_from(url: object) -> None:
        Installed.text = None if url is None else json.dumps(url)

    monkeypatch.setattr(_checks, "distribution", lambda name: Installed())
    return come_from


def test_installing_again_from_where_it_came(origin: Callable[[object], None], tmp_path: Path) -> None:
    pip = f"{sys.executable} -m pip install"
    again = f"{pip} --force-reinstall --no-deps"
    repository = tmp_path / "a folder"
    (repository / "opt").mkdir(parents=True)
    (repository / "opt" / "pyproject.toml").touch()

    origin({"url": f"file://{tmp_path}/a%20folder/py", "dir_info": {"editable": True}})
    assert _checks.reinstall("oarlock") == f"{again} --editable '{repository}/py'"
    assert _checks.host_install() == f"{pip} --editable '{repository}/opt'"
    origin({"url": f"file://{tmp_path}/a%20folder/py", "dir_info": {}})
    assert _checks.reinstall("oarlock") == f"{again} '{repository}/py'"

    wheel = tmp_path / "oarlock-0.1.0-py3-none-linux_x86_64.whl"
    origin({"url": wheel.as_uri(), "archive_info": {}})
    assert _checks.reinstall("oarlock") == f"{again} {wheel}"
    assert _checks.host_install() == f"{pip} ./opt    # in Oarlock's repository"
    beside = tmp_path / "oarlock_opt-0.1.0-py3-none-linux_x86_64.whl"
    beside.touch()
    assert _checks.host_install() == f"{pip} {beside}"

    origin({"url": "ssh://somewhere/repository", "vcs_info": {}})
    assert _checks.reinstall("oarlock") == f"{again} ssh://somewhere/repository"
    origin(None)
    assert _checks.reinstall("oarlock") == f"{again} oarlock"
    assert _checks.host_install() == f"{pip} oarlock-opt==0.1.0"


def test_what_is_emulated_can_be_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, "builds_for_arm", commands=("verify",))
    names = ("qemu for arm64", "oarlock-classify arm64", "Paddle Lite arm64")
    checks = [_checks.check("elsewhere", name, "here", "", "") for name in names]
    assert _diagnosis._emulated(checks) == {"arm64"}
    assert _diagnosis._targets("x86", {"arm64"}, [])["arm64"]["verify"]
    assert not _diagnosis._emulated(checks[1:])
