"""The child of a reference: how its end is told, and that none is left, whatever ends whom."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock_opt import reference
from oarlock_opt.errors import ReferenceFailedError, ReferenceTimeoutError, ReferenceUnavailableError
from oarlock_opt.reference import Reference
from oarlock_opt.source import find_files
from tests.opt.reference.conftest import child_of
from tests.py.processes import is_running, wait_until

_FEED = {"x": np.zeros((1, 4), np.float32)}

# Opens the heavy model, tells the child, and asks what takes it a minute, for which PaddlePaddle holds Python's lock.
_LONG_RUN = """
import os, pathlib, signal, sys, threading
import numpy as np
from oarlock_opt.reference import Reference
from oarlock_opt.source import find_files

with Reference.open(find_files(pathlib.Path(sys.argv[1]))) as opened:
    print(opened._worker._process.pid, flush=True)
    threading.Timer(1, os.kill, (os.getpid(), int(sys.argv[2]))).start()
    opened.run({"x": np.zeros((60_000, 2000), np.float32)})
    print("answered")
"""


@pytest.fixture
def opened(models: Path) -> Reference:
    return Reference.open(find_files(models / "no-parameters"))


def test_the_time_limit_of_loading(models: Path) -> None:
    with pytest.raises(ReferenceTimeoutError, match=r"gave no answer and was stopped after 0\.05 s") as caught:
        Reference.open(find_files(models / "digits"), timeout=0.05)
    assert caught.value.code == "OAR-REFERENCE-TIMEOUT"


def test_the_time_limit_of_an_answer(models: Path) -> None:
    with Reference.open(find_files(models / "no-parameters"), timeout=20) as opened:
        child = child_of(opened)
        opened._worker._channel._end.settimeout(0.2)  # type: ignore[union-attr]
        os.kill(child, signal.SIGSTOP)
        for _ in range(2):  # the second at once
            with pytest.raises(ReferenceTimeoutError, match="was stopped after 20 s"):
                opened.run(_FEED)
        assert not is_running(child)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "died of SIGSEGV|Segmentation fault"),
        (signal.SIGKILL, "died of SIGKILL, which the system sends"),
    ],
)
def test_a_death_by_signal(opened: Reference, number: signal.Signals, said: str) -> None:
    child = child_of(opened)
    os.kill(child, number)
    wait_until(lambda: not is_running(child))
    with pytest.raises(ReferenceFailedError, match=said) as caught:
        opened.run(_FEED)
    assert "\n" not in caught.value.message
    with pytest.raises(ReferenceFailedError, match=said):
        opened.run(_FEED)


def test_a_death_while_loading(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with pytest.raises(ReferenceFailedError, match="its process died of SIGSEGV"):
        reference.run(find_files(models / "digits"), [])


def test_a_process_that_cannot_be_started(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(ReferenceUnavailableError, match="a process for PaddlePaddle cannot be started"):
        reference.run(find_files(models / "digits"), [])


def test_without_paddlepaddle(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "paddle" else find_spec(name, *rest)
    )
    with pytest.raises(ReferenceUnavailableError) as caught:
        reference.run(find_files(models / "digits"), [])
    assert "pip install 'oarlock-opt[reference]'" in caught.value.message


def test_with_a_broken_paddlepaddle(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "paddle.py").write_text("raise ImportError('libgomp.so.1 is missing')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ReferenceUnavailableError, match=r"cannot be imported: ImportError: libgomp\.so\.1 is missing"):
        reference.run(find_files(models / "digits"), [])


class TestNoProcessIsLeft:
    def test_close(self, opened: Reference) -> None:
        child = child_of(opened)
        opened.close()
        assert not is_running(child)

    def test_garbage_collection(self, opened: Reference, request: pytest.FixtureRequest) -> None:
        files = find_files(request.getfixturevalue("models") / "no-parameters")
        forgotten = Reference.open(files)
        child = child_of(forgotten)
        del forgotten
        gc.collect()
        assert not is_running(child)
        opened.close()

    def test_an_opening_that_fails(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        children: list[int] = []
        ask = Reference._ask

        def refuse(self: Reference, *arguments: Any) -> Any:
            children.append(child_of(self))
            ask(self, *arguments)
            raise KeyboardInterrupt

        monkeypatch.setattr(Reference, "_ask", refuse)
        with pytest.raises(KeyboardInterrupt):
            Reference.open(find_files(models / "no-parameters"))
        [child] = children
        assert not is_running(child)

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
    def test_the_owner_ends_while_paddlepaddle_computes(self, models: Path, number: signal.Signals) -> None:
        command = [sys.executable, "-c", _LONG_RUN, str(models / "heavy"), str(int(number))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == -number, done.stderr
        [child] = done.stdout.split()
        wait_until(lambda: not is_running(int(child)), seconds=5)

    def test_ctrl_c_is_not_for_the_child(self, opened: Reference) -> None:
        os.kill(child_of(opened), signal.SIGINT)
        [found] = opened.run(_FEED).values()
        assert found.shape == (1, 4)
        opened.close()

    def test_the_child_outlives_the_thread_that_started_it(self, models: Path) -> None:
        references: list[Reference] = []
        thread = threading.Thread(
            target=lambda: references.append(Reference.open(find_files(models / "no-parameters")))
        )
        thread.start()
        thread.join()
        [opened] = references
        with opened:
            [found] = opened.run(_FEED).values()
        assert found.shape == (1, 4)
