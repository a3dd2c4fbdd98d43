"""oarlock lite install and list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oarlock._catalog import WHEELS
from oarlock.cli import main

from ..schemas import validate
from .lite_archives import LIBRARY_IN_RELEASE, elf, fields_of, write_release, write_wheel


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path, pinned = write_wheel(tmp_path)
    monkeypatch.setitem(WHEELS, "2.12", fields_of(pinned))
    return path


def _lite(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["lite", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def test_install_and_list(wheel: Path, home: Path, tmp_path: Path) -> None:
    assert json.loads(_lite("list", "--json").stdout) == []
    empty = _lite("list")
    assert empty.stdout == ""
    assert empty.stderr == f"No Paddle Lite in {home / 'lite'}; install it with `oarlock lite install`.\n"

    library = home / "lite" / "2.12" / "x86" / "lite.so"
    first = _lite("install", "--archive", wheel)
    assert first.stdout == f"Paddle Lite 2.12 for x86: {library}\n"
    assert first.stderr == f"unpacking {wheel.name}\n"
    again = _lite("install", "--json")
    assert again.stderr == "Paddle Lite 2.12 for x86 is already installed\n"
    validate([json.loads(again.stdout)], "lite-list")

    release = write_release(tmp_path / "lib.tar.gz", {LIBRARY_IN_RELEASE: elf()})
    arm = json.loads(_lite("install", "--target", "arm64", "--archive", release, "--json").stdout)
    engines = json.loads(_lite("list", "--json").stdout)
    validate(engines, "lite-list")
    assert engines == [arm, json.loads(again.stdout)]
    listed = _lite("list")
    others = "2.10, 2.11, 2.13rc0, 2.14rc0"
    assert listed.stderr == f"Not installed for x86: {others} (`oarlock lite install --version VERSION`).\n"
    table = listed.stdout.splitlines()
    assert table[0].split() == ["target", "version", "size", "origin", "library"]
    assert table[1].split()[:4] == ["arm64", "2.12", f"{arm['size']}", "bytes"]
    assert "(not a known hash)" in table[1]
    assert table[2].split()[:2] == ["x86", "2.12"]


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_failures(tmp_path: Path, json_flag: list[str]) -> None:
    nowhere = tmp_path / "nowhere.whl"
    result = _lite("install", "--archive", nowhere, *json_flag, status=1)
    assert result.stderr == f"Error: {nowhere}: No such file or directory\n"
    if json_flag:
        validate(json.loads(result.stdout), "failure")
    assert "--archive FILE" in _lite("install", "--target", "armv7", *json_flag, status=1).stderr
    known = "2.10, 2.11, 2.12, 2.13rc0, 2.14rc0"
    assert f"expected one of: {known}" in _lite("install", "--version", "2.9", *json_flag, status=1).stderr


def test_usage() -> None:
    assert "'sparc' is not one of 'x86', 'arm64'" in _lite("install", "--target", "sparc", status=2).stderr
