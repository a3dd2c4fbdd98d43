"""Child processes: every end is a value, and nothing outlives the caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from oarlock_opt import _children
from oarlock_opt._children import Early, Ended, run_child, run_children


def _shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"


def _wait_for(path: Path) -> str:
    """The line that a child writes into a file."""
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text(encoding="ascii").endswith("\n"):
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.01)
    return path.read_text(encoding="ascii")


def _wait_until_dead(pid: int) -> None:
    deadline = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.01)


def test_tells_status_and_output() -> None:
    ended = run_child(_shell("echo lost; echo kept >&2; exit 3"), timeout=30)
    assert (ended.status, ended.output, ended.timed_out) == (3, "kept\n", False)


def test_tells_signals() -> None:
    assert run_child(_shell("kill -SEGV $$"), timeout=30).status == -signal.SIGSEGV


def test_stops_at_the_time_limit() -> None:
    start = time.monotonic()
    ended = run_child(_shell("echo before >&2; sleep 60"), timeout=0.2)
    assert ended.timed_out
    assert ended.output == "before\n"
    assert time.monotonic() - start < 10


def test_stops_the_children_of_the_child_too(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    run_child(_shell(f"sleep 60 & echo $! > {pid_file}; wait"), timeout=0.5)
    _wait_until_dead(int(pid_file.read_text(encoding="ascii")))


def test_a_child_that_closes_stderr_and_stays_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_children, "_GRACE", 0.2)
    assert run_child(_shell("exec 2>&-; exec sleep 60"), timeout=30).status == -signal.SIGKILL


def test_keeps_the_end_of_much_output() -> None:
    script = "i=0; while [ $i -lt 20000 ]; do echo line-$i >&2; i=$((i+1)); done"
    output = run_child(_shell(script), timeout=60).output
    assert output.endswith("line-19999\n")
    assert len(output) == 64 << 10


def test_results_come_in_the_order_given_and_at_most_so_many_run(tmp_path: Path) -> None:
    order = []
    (tmp_path / "running").mkdir()
    script = "touch running/{0}; ls running | wc -l >> counts; sleep {1}; rm running/{0}; exit {0}"
    commands = [_shell(f"cd {tmp_path}; {script.format(index, delay)}") for index, delay in enumerate((0.6, 0, 0.1, 0))]
    results = run_children(commands, timeout=30, parallel=2, on_end=lambda index, how: order.append(index))
    assert [it.status for it in results] == [0, 1, 2, 3]
    assert max(map(int, (tmp_path / "counts").read_text(encoding="ascii").split())) == 2
    assert order[-1] == 0


def test_the_next_starts_before_the_result_of_the_last_is_looked_at() -> None:
    events = []
    run_children(
        [_shell("exit 0"), _shell("exit 0")],
        timeout=30,
        on_start=lambda index: events.append(f"> {index}"),
        on_end=lambda index, how: events.append(f"< {index}"),
    )
    assert events == ["> 0", "> 1", "< 0", "< 1"]


def test_an_exception_of_a_callback_kills_the_others(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def ended(index: int, how: Ended) -> None:
        raise ValueError("enough")

    commands = [_shell(f"echo $$ > {pid_file}; exec sleep 60"), _shell(f"while [ ! -s {pid_file} ]; do :; done")]
    with pytest.raises(ValueError, match="enough"):
        run_children(commands, timeout=60, parallel=2, on_end=ended)
    _wait_until_dead(int(pid_file.read_text(encoding="ascii")))


def test_ctrl_c_kills_all(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def interrupt() -> None:
        while not pid_file.exists() or not pid_file.read_text(encoding="ascii"):
            time.sleep(0.01)
        # To the main thread, as the terminal's Ctrl-C, so that it stops waiting at once.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    start = time.monotonic()
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_child(_shell(f"echo $$ > {pid_file}; exec sleep 60"), timeout=60)
    thread.join()
    assert time.monotonic() - start < 30
    _wait_until_dead(int(pid_file.read_text(encoding="ascii")))


def test_a_missing_program_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run_child(["/nowhere/program"], timeout=1)


def test_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = (
        "import os, time, pathlib\n"
        "from oarlock_opt._children import die_with_parent\n"
        "die_with_parent()\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    process = subprocess.Popen([sys.executable, "-c", parent])
    while not pid_file.exists() or not pid_file.read_text(encoding="ascii"):
        time.sleep(0.01)
    process.kill()
    process.wait()
    _wait_until_dead(int(pid_file.read_text(encoding="ascii")))


def test_what_goes_into_stdin() -> None:
    ended = run_children([_shell("cat >&2")] * 2, timeout=30, stdin=b"model\0params\0")
    assert [each.output for each in ended] == ["model\0params\0"] * 2


def test_children_started_early_wait_for_their_work(tmp_path: Path) -> None:
    command = _shell(f"echo >> {tmp_path}/starts; cat >&2")
    with Early() as early:
        early.start(command)
        _wait_for(tmp_path / "starts")
        [ended] = run_children([command], timeout=30, stdin=b"work", early=early)
    assert ended.output == "work"
    assert (tmp_path / "starts").read_text() == "\n"


def test_children_started_early_for_nothing_are_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with Early() as early:
        early.start(_shell(f"echo $$ > {pid_file}; exec sleep 60"))
        early.start(["/nowhere/program"])
        pid = int(_wait_for(pid_file))
    assert not _alive(pid)
