"""Sessions whose engine lives in a process of its own."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import oarlock
from oarlock import Bundle, Classifier, IsolatedSession, _child, isolated
from oarlock._channel import Channel
from oarlock.errors import (
    BadDtypeError,
    BadModelError,
    BadShapeError,
    ClosedError,
    EngineCrashedError,
    EngineFailedError,
    EngineNotInstalledError,
    EngineUnavailableError,
    HashMismatchError,
    InvalidArgumentError,
    NotFoundError,
    VersionMismatchError,
)
from oarlock.session import OutputSpec, TensorSpec

from ..helpers import Build, fake_scores, make_bundle
from ..processes import children_of, is_running, wait_until


@pytest.fixture
def session(model: Path) -> Iterator[IsolatedSession]:
    with IsolatedSession(model) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = set(children_of(os.getpid()))
    yield
    gc.collect()
    assert set(children_of(os.getpid())) <= before


def _image(batch: int = 1, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(batch, 3, 8, 8)).astype(np.float32)


def _worker(session: IsolatedSession) -> int:
    assert session._worker is not None
    return session._worker._process.pid


class TestLikeASession:
    def test_answers(self, session: IsolatedSession) -> None:
        for batch, seed in ((1, 1), (3, 2), (2, 3)):
            image = _image(batch, seed)
            [(name, output)] = session.run({"x": image}).items()
            assert name == "y"
            np.testing.assert_array_equal(output, fake_scores(image))
            assert output.flags.writeable

    def test_descriptions(self, session: IsolatedSession) -> None:
        assert session.inputs == (TensorSpec("x", (-1, 3, 8, 8), "float32"),)
        assert session.outputs == (OutputSpec("y", None, None),)
        assert session.last_run_seconds == 0
        session.run({"x": _image(2)})
        assert session.outputs == (OutputSpec("y", (2, 10), "float32"),)
        assert 0 < session.last_run_seconds < 10

    def test_several_inputs_and_dtypes(self, build: Build, tmp_path: Path) -> None:
        options = [
            "--input",
            "a:float32:-1,4",
            "--input",
            "b:int64:-1,3",
            "--output",
            "p:-1,10",
            "--output",
            "q:-1,2,5",
        ]
        feeds: dict[str, NDArray[Any]] = {
            "b": np.arange(6, dtype=np.int64).reshape(2, 3),
            "a": np.ones((4, 2), np.float32).T,
        }
        with IsolatedSession(build.make_nb(tmp_path / "two.nb", *options)) as session:
            outputs = session.run(feeds)
        expected = fake_scores(np.ascontiguousarray(feeds["a"]), feeds["b"])
        assert list(outputs) == ["p", "q"]
        np.testing.assert_array_equal(outputs["p"], expected)
        np.testing.assert_array_equal(outputs["q"], expected.reshape(2, 2, 5))

    def test_refusals_leave_the_worker(self, session: IsolatedSession) -> None:
        worker = _worker(session)
        for feed, error in (
            ({"y": _image()}, NotFoundError),
            ({"x": np.zeros((1, 3, 8, 8), ">f4")}, BadDtypeError),
            ({"x": np.zeros((1, 3, 8, 8), "int8")}, BadDtypeError),
            ({"x": np.zeros((1, 3, 9, 8), "float32")}, BadShapeError),
            ({"x": np.zeros((0, 3, 8, 8), "float32")}, BadShapeError),
            ({"x": np.zeros((), "float32")}, BadShapeError),
            ({"x": np.zeros((1,) * 9, "float32")}, BadShapeError),
        ):
            with pytest.raises(error, match="'x'"):
                session.run(feed)
        np.testing.assert_array_equal(session.run({"x": _image()})["y"], fake_scores(_image()))
        assert _worker(session) == worker

    def test_errors_of_the_engine(self, build: Build, tmp_path: Path) -> None:
        with IsolatedSession(build.make_nb(tmp_path / "model.nb", "--marker", "fake_throw_run")) as session:
            worker = _worker(session)
            for _ in range(2):
                with pytest.raises(EngineFailedError, match="the fake engine was told to fail") as caught:
                    session.run({"x": _image()})
                assert type(caught.value) is EngineFailedError
            assert _worker(session) == worker

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"threads": 0}, InvalidArgumentError),
            ({"power": "fast"}, InvalidArgumentError),
            ({"engine": "/nowhere/lite.so"}, NotFoundError),
        ],
    )
    def test_wrong_options(self, model: Path, options: dict[str, Any], error: type[Exception]) -> None:
        with pytest.raises(error, match=r"threads is 0|power is 'fast'|/nowhere/lite\.so"):
            IsolatedSession(model, **options)

    def test_wrong_models(self, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NotFoundError, match=r"nowhere\.nb"):
            IsolatedSession(tmp_path / "nowhere.nb")
        (tmp_path / "text.nb").write_text("text")
        with pytest.raises(BadModelError, match=r"text\.nb"):
            IsolatedSession(tmp_path / "text.nb")
        with pytest.raises(VersionMismatchError, match=r"2\.9"):
            IsolatedSession(build.make_nb(tmp_path / "old.nb", "--version", "v2.9"))
        monkeypatch.setenv("OARLOCK_HOME", str(tmp_path))
        with pytest.raises(EngineNotInstalledError, match="run `oarlock lite install`"):
            IsolatedSession(build.make_nb(tmp_path / "new.nb"))

    def test_relative_paths(self, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(model.parent)
        session = IsolatedSession(model.name)
        monkeypatch.chdir("/")
        os.kill(_worker(session), signal.SIGKILL)
        with pytest.raises(EngineCrashedError):
            session.run({"x": _image()})
        session.run({"x": _image()})
        session.close()

    def test_another_engine_than_this_process(self, model: Path, engine: Path, tmp_path: Path) -> None:
        other = tmp_path / "lite.so"
        shutil.copy(engine, other)
        with oarlock.Session(model), IsolatedSession(model, engine=other) as session:
            np.testing.assert_array_equal(session.run({"x": _image()})["y"], fake_scores(_image()))


class TestCrashes:
    @pytest.mark.parametrize(
        ("marker", "words"),
        [
            ("fake_abort_run", r"gave up \(SIGABRT\), saying: the fake engine was told to abort"),
            ("fake_crash_run", r"crashed \(SIGSEGV\)"),
            ("fake_exit_run", r"ended the process \(exit status 7\)"),
        ],
    )
    def test_when_run(self, build: Build, tmp_path: Path, marker: str, words: str) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--marker", marker)
        with IsolatedSession(path) as session:
            for _ in range(3):
                with pytest.raises(EngineCrashedError, match=rf"{path}: Paddle Lite {words}\. .*the next call starts"):
                    session.run({"x": _image()})

    def test_when_opened(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_abort_create")
        with pytest.raises(EngineCrashedError, match=r"gave up \(SIGABRT\)"):
            IsolatedSession(path)

    def test_the_next_call_starts_another_worker(self, session: IsolatedSession) -> None:
        expected = session.run({"x": _image()})["y"]
        first = _worker(session)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(EngineCrashedError, match=r"was ended from outside \(SIGKILL\)"):
            session.run({"x": _image()})
        np.testing.assert_array_equal(session.run({"x": _image()})["y"], expected)
        assert _worker(session) != first
        assert not is_running(first)

    def test_while_an_array_is_on_its_way(self, build: Build, tmp_path: Path) -> None:
        """More than the socket holds, for a worker that reads nothing."""
        path = build.make_nb(tmp_path / "wide.nb", "--input", "x:float32:-1,3,1000,1000")
        with IsolatedSession(path) as session:
            worker = _worker(session)
            os.kill(worker, signal.SIGSTOP)
            threading.Timer(0.5, os.kill, (worker, signal.SIGKILL)).start()
            with pytest.raises(EngineCrashedError):
                session.run({"x": np.zeros((4, 3, 1000, 1000), np.float32)})

    @pytest.mark.parametrize(
        "answer",
        [
            b"\xff\xff\xff\xff",
            b"\x02\0\0\0{}",
            b"\x02\0\0\0[]",
            b"\x04\0\0\0\xff\xff\xff\xff",
            b'\x0e\0\0\0{"tensors":[]}',
            b'\x28\0\0\0{"tensors":[["float32",[1,-1,3,224,1]]]}',
            b'\x28\0\0\0{"tensors":[["object00",[1,1,3,224,1]]]}',
            b'\x29\0\0\0{"tensors":[["float32",[99999999999999]]]}',
            b"\x10\0\0\0" + b"[" * 16,
        ],
    )
    def test_nonsense_for_an_answer(self, session: IsolatedSession, answer: bytes) -> None:
        worker = session._worker
        assert worker is not None
        ours, theirs = socket.socketpair()
        session._worker._channel = Channel(ours)  # type: ignore[union-attr]
        theirs.sendall(answer)
        with pytest.raises(EngineCrashedError, match=r"left nonsense for an answer \(.+\)"):
            session.run({"x": _image()})
        assert not is_running(worker._process.pid)
        theirs.close()
        ours.close()

    def test_a_worker_that_cannot_be_started(
        self, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(sys, "executable", "")
        with pytest.raises(EngineUnavailableError, match="does not know its Python"):
            IsolatedSession(model)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
        with pytest.raises(EngineUnavailableError, match="cannot be started"):
            IsolatedSession(model)
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(EngineCrashedError, match=r"ended the process \(exit status 1\)"):
            IsolatedSession(model)

    def test_what_the_engine_prints_does_not_pile_up(self, session: IsolatedSession) -> None:
        assert session._worker is not None
        output = session._worker._output
        os.write(output.fileno(), b"x" * 100_000)
        session.run({"x": _image()})
        assert os.fstat(output.fileno()).st_size == 0


class TestReplacedFiles:
    def test_file(self, build: Build, model: Path, session: IsolatedSession) -> None:
        build.make_nb(model, "--output", "y:-1,11")
        os.kill(_worker(session), signal.SIGKILL)
        with pytest.raises(EngineCrashedError):
            session.run({"x": _image()})
        with pytest.raises(HashMismatchError, match="replaced meanwhile; open it again"):
            session.run({"x": _image()})

    def test_bundle(self, build: Build, bundle: Path) -> None:
        session = Bundle.open(bundle).open_isolated_session()
        shutil.rmtree(bundle)
        make_bundle(build, bundle, variants={"x86-fp32": ("--output", "y:-1,11")})
        os.kill(_worker(session), signal.SIGKILL)
        with pytest.raises(EngineCrashedError):
            session.run({"x": _image()})
        with pytest.raises(HashMismatchError, match=r"small\.oar, x86-fp32: has .* replaced meanwhile"):
            session.run({"x": _image()})
        session.close()


class TestNoProcessIsLeft:
    def test_close(self, model: Path) -> None:
        session = IsolatedSession(model)
        worker = _worker(session)
        session.close()
        session.close()
        assert not is_running(worker)
        with pytest.raises(ClosedError):
            session.run({"x": _image()})
        with pytest.raises(ClosedError):
            _ = session.outputs

    def test_garbage_collection(self, model: Path) -> None:
        session = IsolatedSession(model)
        worker = _worker(session)
        del session
        gc.collect()
        assert not is_running(worker)

    @pytest.mark.parametrize("end", ["pass", "raise SystemExit(3)", "1 / 0", "os._exit(0)", "os.kill(os.getpid(), 9)"])
    def test_end_of_the_program(self, model: Path, end: str) -> None:
        code = (
            f"import oarlock, os; s = oarlock.IsolatedSession({str(model)!r}); "
            f"print(s._worker._process.pid, flush=True); {end}"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        worker = int(done.stdout)
        wait_until(lambda: not is_running(worker))

    def test_end_of_the_program_while_the_engine_hangs(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_hang_run")
        code = f"""
import oarlock, numpy, os, threading
s = oarlock.IsolatedSession({str(path)!r})
print(s._worker._process.pid, flush=True)
threading.Timer(1, os.kill, (os.getpid(), 9)).start()
s.run({{'x': numpy.zeros((1, 3, 8, 8), 'float32')}})
"""
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == -signal.SIGKILL
        worker = int(done.stdout)
        wait_until(lambda: not is_running(worker))

    def test_ctrl_c(self, build: Build, tmp_path: Path) -> None:
        """It reaches the whole group, as from a terminal; the call is interrupted and the session goes on."""
        path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_hang_run")
        code = f"""
import oarlock, numpy, os, signal, threading
s = oarlock.IsolatedSession({str(path)!r})
print(s._worker._process.pid, flush=True)
try:
    threading.Timer(2, os.killpg, (0, signal.SIGINT)).start()
    s.run({{'x': numpy.zeros((1, 3, 8, 8), 'float32')}})
except KeyboardInterrupt:
    print(s._worker, flush=True)
"""
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, start_new_session=True)
        assert done.returncode == 0
        worker, remaining = done.stdout.split()
        assert remaining == "None"
        assert not is_running(int(worker))

    def test_ctrl_c_between_calls_is_not_for_the_worker(self, session: IsolatedSession) -> None:
        os.kill(_worker(session), signal.SIGINT)
        session.run({"x": _image()})


class TestForks:
    def test_a_child_gets_a_worker_of_its_own(self, session: IsolatedSession) -> None:
        expected = fake_scores(_image())
        first = _worker(session)
        receiver, sender = multiprocessing.Pipe(duplex=False)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                right = np.array_equal(session.run({"x": _image()})["y"], expected)
                sender.send((right, _worker(session)))
                session.close()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        right, second = receiver.recv()
        assert right
        assert second != first
        assert not is_running(second)
        assert _worker(session) == first
        np.testing.assert_array_equal(session.run({"x": _image()})["y"], expected)

    def test_a_child_that_ends_leaves_the_parents_worker(self, session: IsolatedSession) -> None:
        child = os.fork()
        if child == 0:
            gc.collect()
            os._exit(0)
        os.waitpid(child, 0)
        session.run({"x": _image()})

    @pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
    def test_a_fork_while_another_thread_runs(self, session: IsolatedSession) -> None:
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                session.run({"x": _image()})

        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(5):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    session.run({"x": _image()})
                    session.close()
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        thread.join()

    def test_the_owners_death_ends_the_worker_though_a_forked_child_lives(self, model: Path) -> None:
        code = f"""
import oarlock, os, time
s = oarlock.IsolatedSession({str(model)!r})
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(60)
print(s._worker._process.pid, child, flush=True)
os.kill(os.getpid(), 9)
"""
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60)
        worker, child = map(int, done.stdout.split())
        try:
            wait_until(lambda: not is_running(worker))
            assert is_running(child)
        finally:
            os.kill(child, signal.SIGKILL)

    def test_sessions_do_not_travel(self, session: IsolatedSession) -> None:
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(session)


class TestThreads:
    def test_one_session_shared(self, session: IsolatedSession) -> None:
        wrong: list[int] = []

        def work(number: int) -> None:
            image = _image(1 + number % 3, number)
            for _ in range(20):
                if not np.array_equal(session.run({"x": image})["y"], fake_scores(image)):
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_a_worker_started_by_a_thread_outlives_it(self, model: Path) -> None:
        opened: list[IsolatedSession] = []
        thread = threading.Thread(target=lambda: opened.append(IsolatedSession(model)))
        thread.start()
        thread.join()
        [session] = opened
        session.run({"x": _image()})
        session.close()


class TestClassifier:
    def test_same_answers(self, bundle: Path, model: Path) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
        for one, other in (
            (Classifier.open(bundle), Classifier.open(bundle, isolated=True)),
            (Classifier.from_nb(model, preprocess=Bundle(bundle).preprocess or oarlock.IMAGENET),) * 2,
        ):
            with one, other:
                assert one.classify(picture) == other.classify(picture)

    def test_from_nb(self, bundle: Path, model: Path) -> None:
        spec = Bundle(bundle).preprocess
        assert spec is not None
        picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
        with (
            Classifier.from_nb(model, preprocess=spec) as one,
            Classifier.from_nb(model, preprocess=spec, isolated=True) as other,
        ):
            assert one.classify(picture) == other.classify(picture)

    def test_a_server_that_must_not_die(self, build: Build, tmp_path: Path) -> None:
        path = make_bundle(build, tmp_path / "bad.oar", variants={"x86-fp32": ("--marker", "fake_crash_run")})
        picture = np.zeros((10, 10, 3), np.uint8)
        with Classifier.open(path, isolated=True) as classifier:
            for _ in range(3):
                with pytest.raises(EngineCrashedError, match=r"bad\.oar, x86-fp32: Paddle Lite crashed \(SIGSEGV\)"):
                    classifier.classify(picture)

    def test_it_is_not_tried_before(self, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from oarlock import probe

        monkeypatch.setattr(probe, "child_command", lambda *arguments: pytest.fail("a child was started"))
        with Classifier.open(bundle, isolated=True) as classifier:
            classifier.classify(np.zeros((10, 10, 3), np.uint8))


def test_the_command_names_its_module() -> None:
    command = _child.child_command("oarlock._worker", "7")
    assert command is not None
    assert command[0] == sys.executable
    assert "oarlock._worker" in command[2]
    assert command[3].split("\n") == [str(it) for it in sys.path]
    assert command[4:] == ["7"]
    assert isolated.__all__ == ["IsolatedSession"]
