"""A home that somebody else owns or nobody can write: commands work without it, and what lies there is not believed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oarlock import store
from tests.conftest import run_oarlock

_NOBODY = 65534
# Reads all that root reads and writes nothing, as another user does on a machine whose folders are open to be read.
_AS_NOBODY = (
    "setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search", "--securebits=+no_setuid_fixup",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, engine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own with the installed engine, for everybody to read."""
    folder = tmp_path / "home"
    (folder / "lite").mkdir(parents=True)
    shutil.copytree(store.home() / "lite" / "2.12", folder / "lite" / "2.12")
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    return folder


def _as_nobody(*arguments: str | Path) -> str:
    oarlock = Path(sys.executable).with_name("oarlock")
    done = subprocess.run([*_AS_NOBODY, oarlock, *arguments], capture_output=True, text=True, timeout=300, check=False)
    if "setpriv: " in done.stderr:
        pytest.skip(f"acting as another user needs root: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def _content(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file with its owner, size and time of change."""
    stats = {str(path.relative_to(folder)): path.lstat() for path in folder.rglob("*") if not path.is_dir()}
    return {name: (stat.st_uid, stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def _top(said: str) -> str:
    """The answer without its time."""
    return said.split('"ms"')[0]


def test_predict_with_a_home_of_another_user(lite0: Path, photographs: Path, home: Path) -> None:
    before = _content(home)
    arguments = ("predict", lite0, photographs / "chelsea.png", "--json")
    answer = _top(_as_nobody(*arguments))
    assert "tiger cat" in answer
    assert _content(home) == before
    assert _top(run_oarlock(*arguments).stdout) == answer
    mine = _content(home)
    assert mine != before, "the owner's run leaves what it found out"
    assert _top(_as_nobody(*arguments)) == answer
    assert _content(home) == mine


def test_two_users_of_one_home(lite0: Path, photographs: Path, home: Path) -> None:
    home.chmod(0o777)
    arguments = ("predict", lite0, photographs / "coffee.png", "--json")
    answers = {_top(_as_nobody(*arguments)), _top(run_oarlock(*arguments).stdout), _top(_as_nobody(*arguments))}
    assert len(answers) == 1
    assert "espresso" in answers.pop()


def test_opt_with_a_home_of_another_user(lite0_source: Path, home: Path, tmp_path: Path) -> None:
    before = _content(home)
    out = tmp_path / "out"
    out.mkdir()
    os.chown(out, _NOBODY, _NOBODY)
    _as_nobody("opt", lite0_source, "-o", out / "lite0.oar", "--target", "x86", "--no-golden")
    assert (out / "lite0.oar" / "x86-fp32.nb").is_file()
    assert _content(home) == before


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    """The home on a file system that is mounted read-only."""
    for options in (["--bind", str(home), str(home)], ["-o", "remount,ro,bind", str(home)]):
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"mounting needs root: {done.stderr.strip()}")
    yield home
    subprocess.run(["umount", str(home)], check=True)


def test_a_read_only_home(lite0_source: Path, photographs: Path, read_only: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Read-only file system"):
        (read_only / "probe").touch()
    bundle = tmp_path / "lite0.oar"
    for _ in range(2):
        run_oarlock("opt", lite0_source, "-o", bundle, "--target", "x86", "--no-golden")
        assert "missile" in run_oarlock("predict", bundle, photographs / "rocket.jpg").stdout
    environment = {**os.environ, "OARLOCK_HOME": str(read_only / "another")}
    refused = run_oarlock("lite", "install", status=1, env=environment)
    assert refused.stderr.startswith(f"Error: {read_only / 'another'}")
    assert "Read-only file system" in refused.stderr
