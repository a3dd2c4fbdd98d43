"""Both programs measure the same way and say so in the same words: one set of tests for `oarlock bench` and --bench."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..py.helpers import Build, make_bundle
from ..py.processes import is_running, wait_until
from ..schemas import validate
from .conftest import Program

_QUICK = ("--threads", "1", "--runs", "3", "--warmup", "1")


@pytest.fixture(params=["oarlock", "oarlock-classify"])
def bench(request: pytest.FixtureRequest, program: Program) -> list[str]:
    """The command that measures, by either program."""
    if request.param == "oarlock":
        return [str(Path(sys.executable).with_name("oarlock")), "bench"]
    return [str(program.path), "--bench"]


def _run(
    command: list[str], program: Program, *arguments: str | Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=300, env=program.environment, check=False
    )
    assert done.returncode == status, f"{arguments}\nstdout: {done.stdout}\nstderr: {done.stderr}"
    return done


def _json(command: list[str], program: Program, *arguments: str | Path, status: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_run(command, program, *arguments, "--json", status=status).stdout)
    validate(data, "bench" if status == 0 else "failure")
    return data


def test_json(bench: list[str], program: Program, bundle: Path) -> None:
    data = _json(bench, program, bundle, "--threads", "2,1,2", "--runs", "4", "--warmup", "0", "--minutes", "0.02")
    assert list(data) == [
        "ok", "bundle", "variant", "place", "environment", "power", "runs", "sustained", "remarks"
    ]  # fmt: skip
    assert data["bundle"] == str(bundle)
    assert (data["variant"], data["place"], data["power"]) == ("x86-fp32", "host", "none")
    assert [(run["threads"], run["runs"], run["warmup"]) for run in data["runs"]] == [(2, 4, 0), (1, 4, 0)]
    for run in data["runs"]:
        assert 0 < run["min_ms"] <= run["p50_ms"] <= run["p90_ms"] <= run["p99_ms"] <= run["max_ms"]
        assert run["init_ms"] > 0
        assert 2 << 20 < run["peak_rss_bytes"] < 40 << 20
    assert [it["seconds"] for it in data["sustained"]["intervals"]] == pytest.approx([1.0, 1.2], abs=0.1)


def test_both_have_the_same_fields_and_values(program: Program, bundle: Path) -> None:
    commands = ([str(Path(sys.executable).with_name("oarlock")), "bench"], [str(program.path), "--bench"])
    python, native = (_json(command, program, bundle, *_QUICK) for command in commands)
    assert list(python) == list(native)
    assert python["environment"].pop("python")
    same = ("ok", "bundle", "variant", "place", "environment", "power", "sustained", "remarks")
    assert {name: python[name] for name in same} == {name: native[name] for name in same}
    assert list(python["runs"][0]) == list(native["runs"][0])


def test_table(bench: list[str], program: Program, bundle: Path) -> None:
    lines = _run(bench, program, bundle, *_QUICK).stdout.splitlines()
    assert lines[0].startswith(f"{bundle}, x86-fp32 on host: ")
    assert " ".join(lines[2].split()) == (
        "threads runs init ms first ms p50 ms p90 ms p99 ms mean ms min ms max ms peak memory"
    )
    assert lines[3].split()[:2] == ["1", "3"]
    assert lines[5:] == [
        "Note: Paddle Lite's x86 engine is there to check models: its times say nothing about a device."
    ]


def test_nan_is_remarked(bench: list[str], program: Program, build: Build, tmp_path: Path) -> None:
    bundle = make_bundle(build, tmp_path / "nan.oar", variants={"x86-int8": ("--marker", "fake_nan")})
    assert "The output 'y' holds NaN or infinity" in _json(bench, program, bundle, *_QUICK)["remarks"][1]


def test_sizes_that_nobody_knows(bench: list[str], program: Program, build: Build, tmp_path: Path) -> None:
    inputs = [{"name": "x", "shape": [-1, 3, -1, -1], "dtype": "float32"}]
    variants = {"x86-fp32": ("--input", "x:float32:-1,3,-1,-1")}
    known = make_bundle(build, tmp_path / "known.oar", variants=variants, inputs=inputs)
    assert _json(bench, program, known, *_QUICK)["ok"]
    unknown = make_bundle(build, tmp_path / "unknown.oar", variants=variants, inputs=inputs, preprocess=None)
    error = _json(bench, program, unknown, *_QUICK, status=1)["error"]
    assert error["code"] == "OAR-BAD-SHAPE"
    assert error["message"].startswith("the input 'x' takes (any, 3, any, any) and the bundle does not say which size")


def test_an_engine_that_crashes(bench: list[str], program: Program, bundle: Path) -> None:
    _run(bench, program, bundle, *_QUICK)  # So that Python finds the model well when it tries it.
    program.environment["OARLOCK_FAKE_FAILURE"] = "fake_crash_run"
    error = _json(bench, program, bundle, *_QUICK, status=1)["error"]
    assert error["code"] == "OAR-ENGINE-CRASHED"
    assert (
        "small.oar, x86-fp32 with 1 threads: Paddle Lite crashed (SIGSEGV). That was in a process" in error["message"]
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(bench: list[str], program: Program, bundle: Path, ending: signal.Signals) -> None:
    _run(bench, program, bundle, *_QUICK)
    environment = {**program.environment, "OARLOCK_FAKE_FAILURE": "fake_hang_run"}
    with subprocess.Popen(
        [*bench, bundle, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        wait_until(lambda: _children(running.pid))
        [child] = _children(running.pid)
        running.send_signal(ending)
        output, errors = running.communicate(timeout=30)
    assert output == ""
    wait_until(lambda: not is_running(child))
    if ending == signal.SIGINT or bench[-1] == "--bench":
        assert (running.returncode, errors) == (128 + ending, "Interrupted.\n")


def _children(process: int) -> list[int]:
    """Children of all threads of a process that live in a session of their own, as those that measure do."""
    try:
        files = list(Path(f"/proc/{process}/task").glob("*/children"))
        children = [int(number) for file in files for number in file.read_text().split()]
        return [child for child in children if os.getsid(child) == child]
    except (FileNotFoundError, ProcessLookupError):
        return []


@pytest.mark.parametrize("arguments", [("--threads", "0"), ("--threads", "1,,2"), ("--runs", "0"), ("--minutes", "0")])
def test_wrong_usage(bench: list[str], program: Program, bundle: Path, arguments: tuple[str, ...]) -> None:
    assert arguments[0] in _run(bench, program, bundle, *arguments, status=2).stderr
