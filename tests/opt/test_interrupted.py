"""oarlock opt killed at any moment, and two of them at once: the bundle is the complete old or the complete new one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Figure

Files = dict[str, bytes]
_NAMES = ("left", "right")
_SWAP_MS = 30.0
"""From the moment when bundle.json exists, the longest time after which a run aimed at the swap is killed."""

pytestmark = pytest.mark.usefixtures("engine")


def _start(model: Path, bundle: Path, name: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("oarlock")), "opt", str(model), "-o", str(bundle), "--name", name]
    options = ["--target", "x86", "--preprocess", "none", "--no-golden"]
    return subprocess.Popen(command + options, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _finish(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()


def _files(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class _Runs:
    """Bundles called left and right in turn, at one place; ``whole`` are their files when nothing disturbs the run."""

    def __init__(self, model: Path, folder: Path) -> None:
        self.folder = folder / "out"
        self.folder.mkdir()
        self._model = model
        self._bundle = self.folder / "d.oar"
        self.whole = []
        self.seconds = 0.0
        for name in _NAMES:
            start = time.monotonic()
            _finish(self.start(name))
            self.seconds = time.monotonic() - start
            self.whole.append(_files(self._bundle))

    def start(self, name: str) -> subprocess.Popen[bytes]:
        return _start(self._model, self._bundle, name)

    def at_the_swap(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the new bundle is complete but for its place."""
        while process.poll() is None and not list(self.folder.glob(".d.oar.*/bundle/bundle.json")):
            time.sleep(0.0005)

    def check(self) -> int:
        """What every moment must show; returns which of the two is there."""
        found = _files(self._bundle)
        assert found in self.whole, sorted(found)
        leftovers = [path.name for path in self.folder.iterdir() if path != self._bundle]
        assert len(leftovers) <= 1, leftovers
        return self.whole.index(found)


def _kill(runs: _Runs, name: str, when: Callable[[subprocess.Popen[bytes]], None]) -> bool:
    """Kill a run that makes ``name``; returns whether its bundle had already been put in place."""
    process = runs.start(name)
    when(process)
    process.kill()
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    return _NAMES[runs.check()] == name


@pytest.mark.parametrize("count", [6, pytest.param(50, marks=pytest.mark.full)])
def test_killed_at_any_moment(models: Path, tmp_path: Path, figure: Figure, count: int) -> None:
    runs = _Runs(models / "digits", tmp_path)
    moments = random.Random(count)

    def anywhere(process: subprocess.Popen[bytes]) -> None:
        time.sleep(moments.uniform(0, runs.seconds))

    def swapping(process: subprocess.Popen[bytes]) -> None:
        runs.at_the_swap(process)
        time.sleep(moments.uniform(0, _SWAP_MS) / 1000)

    done = {"anywhere": 0, "at the swap": 0}
    for index in range(count):
        name = _NAMES[1 - runs.check()]
        aimed = index % 2
        done["at the swap" if aimed else "anywhere"] += _kill(runs, name, swapping if aimed else anywhere)
    figure(f"opt killed {count} times, half of them at the swap: the new bundle was in place", sum(done.values()))
    if count >= 50:
        assert 0 < done["at the swap"] < count // 2, "the aim is off: no kill, or every one, came before the swap"
    _finish(runs.start("left"))
    assert [path.name for path in runs.folder.iterdir()] == ["d.oar"]
    assert runs.check() == 0


def test_two_at_once(models: Path, tmp_path: Path) -> None:
    """Both end well, and the later one's bundle stays, whole."""
    runs = _Runs(models / "digits", tmp_path)
    for _ in range(3):
        for process in [runs.start(name) for name in _NAMES]:
            _finish(process)
        assert [path.name for path in runs.folder.iterdir()] == ["d.oar"]
        runs.check()
