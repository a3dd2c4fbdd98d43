"""Models are tried in a child process before they are loaded here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oarlock import Bundle, Classifier, Session, _child, probe
from oarlock.errors import EngineCrashedError, EngineFailedError, EngineNotInstalledError, NotFoundError, OarlockError

from ..helpers import Build, install_fake_engine, make_bundle
from ..processes import children_of, is_running, wait_until

CRASHES = {
    "fake_abort_create": r"gave up \(SIGABRT\), saying: the fake engine was told to abort",
    "fake_abort_run": r"gave up \(SIGABRT\), saying: the fake engine was told to abort",
    "fake_crash_create": r"crashed \(SIGSEGV\)",
    "fake_crash_run": r"crashed \(SIGSEGV\)",
    "fake_exit_run": r"ended the process \(exit status 7\)",
}


@pytest.fixture
def home(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, so that nothing has been tried yet."""
    folder = tmp_path / "home"
    install_fake_engine(build, folder)
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    monkeypatch.setattr(probe, "_unwritten", {})
    return folder


@pytest.fixture(autouse=True)
def one_engine(home: Path, engine: Path) -> None:
    """A process can load one engine file only, and every home has a copy of its own."""
    [copy] = (home / "lite").rglob("lite.so")
    copy.unlink()
    copy.symlink_to(engine)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the children that were started."""
    started: list[list[str]] = []

    def spy(module: str, *arguments: str) -> list[str] | None:
        command = _child.child_command(module, *arguments)
        assert command is not None
        started.append(command)
        return command

    monkeypatch.setattr(probe, "child_command", spy)
    return started


def verdicts(home: Path) -> list[Path]:
    return sorted((home / "probes").iterdir())


def test_once_for_each_model(build: Build, tmp_path: Path, home: Path, children: list[list[str]]) -> None:
    for name in ("first.nb", "copy.nb"):
        Session(build.make_nb(tmp_path / name)).close()
    assert len(children) == 1
    [verdict] = verdicts(home)
    assert json.loads(verdict.read_text()) == {"model": str(tmp_path / "first.nb"), "crash": None}
    Session(build.make_nb(tmp_path / "other.nb", "--output", "y:-1,11")).close()
    assert len(children) == 2
    assert len(verdicts(home)) == 2


def test_once_for_each_engine(model: Path, home: Path, children: list[list[str]], engine: Path) -> None:
    Session(model).close()
    os.utime(engine)
    Session(model).close()
    assert len(children) == 2


@pytest.mark.parametrize("marker", CRASHES)
def test_what_crashes_is_an_error(
    build: Build, tmp_path: Path, home: Path, children: list[list[str]], marker: str
) -> None:
    path = build.make_nb(tmp_path / "model.nb", "--marker", marker)
    for _ in range(2):
        with pytest.raises(EngineCrashedError, match=rf"{path}: Paddle Lite {CRASHES[marker]}\. That was in a child"):
            Session(path)
    assert len(children) == 1
    [verdict] = verdicts(home)
    with pytest.raises(EngineCrashedError, match=f"remembered in {verdict}: remove it, or open the model"):
        Session(path)
    with pytest.raises(EngineCrashedError):
        Session(path, probe="again")
    assert len(children) == 2
    verdict.unlink()
    with pytest.raises(EngineCrashedError):
        Session(path)
    assert len(children) == 3


def test_what_hangs_is_an_error(
    build: Build, tmp_path: Path, home: Path, children: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "LIMIT_SECONDS", 1.0)
    path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_hang_run")
    for _ in range(2):
        with pytest.raises(EngineCrashedError, match=r"did not load and run it within 1 s"):
            Session(path)
    assert len(children) == 1


def test_a_later_success_replaces_the_verdict(model: Path, home: Path, children: list[list[str]]) -> None:
    Session(model).close()
    [verdict] = verdicts(home)
    verdict.write_text(json.dumps({"model": "", "crash": "crashed (SIGILL)"}))
    with pytest.raises(EngineCrashedError, match=r"crashed \(SIGILL\)"):
        Session(model)
    Session(model, probe="again").close()
    Session(model).close()
    assert json.loads(verdict.read_text())["crash"] is None
    assert len(children) == 2


def test_a_model_ended_from_outside_is_tried_again(
    build: Build, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_hang_run")
    run = probe._run

    def run_and_kill(command: list[str], *rest: object) -> int | None:
        code = f"import os; os.write({rest[0]}, b'b'); os.kill(os.getpid(), 9)"
        return run([sys.executable, "-c", code], *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(probe, "_run", run_and_kill)
    with pytest.raises(
        EngineCrashedError, match=r"was ended from outside \(SIGKILL\), as the .*child process; try again"
    ):
        Session(path)
    assert not (home / "probes").exists()


def test_refusals_are_left_to_the_session(build: Build, tmp_path: Path, home: Path, engine: Path) -> None:
    path = build.make_nb(tmp_path / "throws.nb", "--marker", "fake_throw_create")
    with pytest.raises(EngineFailedError, match="the fake engine was told to fail") as caught:
        Session(path)
    assert type(caught.value) is EngineFailedError
    with pytest.raises(NotFoundError):
        Session(tmp_path / "nowhere.nb")
    with pytest.raises(NotFoundError, match=r"nowhere\.so"):
        Session(path, engine=tmp_path / "nowhere.so")


def test_never(build: Build, model: Path, home: Path, children: list[list[str]]) -> None:
    Session(model, probe=False).close()
    assert children == []
    assert not (home / "probes").exists()


def test_from_bytes(build: Build, tmp_path: Path, home: Path, children: list[list[str]]) -> None:
    data = build.make_nb(tmp_path / "model.nb").read_bytes()
    for name in ("one", "two"):
        Session.from_bytes(data, name=name).close()
    Session(tmp_path / "model.nb").close()
    assert len(children) == 1
    data = build.make_nb(tmp_path / "bad.nb", "--marker", "fake_abort_run").read_bytes()
    with pytest.raises(EngineCrashedError, match=r"^downloaded: Paddle Lite gave up"):
        Session.from_bytes(data, name="downloaded")


def test_bundles_and_classifiers(build: Build, tmp_path: Path, home: Path, children: list[list[str]]) -> None:
    good = make_bundle(build, tmp_path / "good.oar")
    bad = make_bundle(build, tmp_path / "bad.oar", variants={"x86-fp32": ("--marker", "fake_abort_run")})
    with Classifier.open(good), Bundle.open(good).open_session():
        assert len(children) == 1
    with pytest.raises(EngineCrashedError, match=r"bad\.oar/x86-fp32\.nb: Paddle Lite gave up"):
        Classifier.open(bad)
    with pytest.raises(EngineCrashedError):
        Bundle.open(bad).open_session()
    assert len(children) == 2
    with Classifier.open(bad, probe=False):
        assert len(children) == 2


def test_inputs_of_any_size_are_not_guessed(build: Build, tmp_path: Path, home: Path) -> None:
    path = build.make_nb(tmp_path / "any.nb", "--input", "x:float32:-1,3,-1,-1", "--marker", "fake_abort_run")
    Session(path).close()
    path = build.make_nb(tmp_path / "two.nb", "--input", "a:int64:-1,3", "--input", "b:float32:2", "--output", "y:2,3")
    Session(path).close()
    assert [json.loads(it.read_text())["crash"] for it in verdicts(home)] == [None, None]


def test_an_input_that_no_machine_holds(build: Build, tmp_path: Path, home: Path) -> None:
    path = build.make_nb(tmp_path / "huge.nb", "--input", f"x:float32:-1,{1 << 30},{1 << 20}")
    Session(path).close()


def test_home_that_cannot_be_written(
    build: Build, model: Path, tmp_path: Path, home: Path, children: list[list[str]]
) -> None:
    (home / "probes").write_text("a file in the way")
    for _ in range(2):
        Session(model).close()
    assert len(children) == 1
    path = build.make_nb(tmp_path / "bad.nb", "--marker", "fake_abort_run")
    for _ in range(2):
        with pytest.raises(
            EngineCrashedError, match=r"remembered by this process, or open the model with probe=\"again\""
        ):
            Session(path)
    assert len(children) == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"crash": 1}', "null", "\xff"])
def test_damaged_verdicts_count_for_nothing(model: Path, home: Path, children: list[list[str]], content: str) -> None:
    Session(model).close()
    [verdict] = verdicts(home)
    verdict.write_text(content, encoding="latin-1")
    Session(model).close()
    assert len(children) == 2
    assert json.loads(verdict.read_text())["crash"] is None


def test_the_folder_does_not_grow_forever(model: Path, home: Path) -> None:
    (home / "probes").mkdir()
    for number in range(600):
        (home / "probes" / f"{number}.json").write_text("{}")
        os.utime(home / "probes" / f"{number}.json", (number, number))
    Session(model).close()
    left = {it.name for it in verdicts(home)}
    assert len(left) == 601 - 256
    assert "255.json" not in left
    assert "256.json" in left


def test_a_program_that_does_not_know_its_python(
    model: Path, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for executable in ("", str(tmp_path / "nowhere"), "/bin/false"):
        monkeypatch.setattr(sys, "executable", executable)
        Session(model).close()
    assert not (home / "probes").exists()


def test_modules_in_the_current_folder_are_not_run(
    model: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    for name in ("json", "ctypes", "oarlock", "resource", "signal"):
        (folder / f"{name}.py").write_text(f"open('{folder}/was-run', 'w')")
    monkeypatch.chdir(folder)
    Session(model).close()
    assert not (folder / "was-run").exists()
    assert len(verdicts(home)) == 1


def test_ctrl_c_ends_the_child(build: Build, tmp_path: Path, home: Path) -> None:
    path = build.make_nb(tmp_path / "model.nb", "--marker", "fake_hang_run")
    code = f"import oarlock; oarlock.Session({str(path)!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: children_of(parent.pid))
    [child] = children_of(parent.pid)
    wait_until(lambda: "liboarlock_lite" in Path(f"/proc/{child}/maps").read_text())
    parent.send_signal(signal.SIGINT)
    assert parent.stderr is not None
    assert "KeyboardInterrupt" in parent.stderr.read()
    assert parent.wait(20) == -signal.SIGINT
    assert not is_running(child)
    assert not (home / "probes").exists()


def test_every_code_of_a_crash_is_an_engine_failure() -> None:
    assert issubclass(EngineCrashedError, EngineFailedError)
    assert issubclass(EngineNotInstalledError, OarlockError)
