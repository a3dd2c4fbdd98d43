"""oarlock bench on this machine, with the fake engine in the measuring processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from oarlock import bench
from oarlock.bench import BenchOptions, Step
from oarlock.cli import main
from oarlock.commands._bench_view import progress_text
from oarlock.errors import EngineCrashedError, InvalidArgumentError

from ...schemas import validate
from ..helpers import Build, make_bundle
from ..processes import is_running, wait_until

_QUICK = BenchOptions(threads=(1,), runs=3, warmup=1)


def _run(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["bench", *map(str, arguments)])
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_json(bundle: Path) -> None:
    data = json.loads(_run(bundle, "--threads", "2,1,2", "--runs", "4", "--warmup", "0", "--json").stdout)
    validate(data, "bench")
    assert data["bundle"] == str(bundle)
    assert (data["variant"], data["place"], data["power"]) == ("x86-fp32", "host", "none")
    assert data["environment"]["engine"] == "2.12"
    assert [(run["threads"], run["runs"], run["warmup"]) for run in data["runs"]] == [(2, 4, 0), (1, 4, 0)]
    for run in data["runs"]:
        assert 0 < run["min_ms"] <= run["p50_ms"] <= run["p90_ms"] <= run["p99_ms"] <= run["max_ms"]
        assert run["init_ms"] > 0
        # Each is a process of its own: a Python without numpy, and not this one with all that it has loaded.
        assert 4 << 20 < run["peak_rss_bytes"] < 40 << 20
    assert data["sustained"] is None
    assert data["remarks"] == [
        "Paddle Lite's x86 engine is there to check models: its times say nothing about a device."
    ]


def test_table(bundle: Path) -> None:
    lines = _run(bundle, "--threads", "1", "--runs", "3").stdout.splitlines()
    assert lines[0].startswith(f"{bundle}, x86-fp32 on host: ")
    assert lines[2].split()[:2] == ["threads", "runs"]
    assert lines[3].split()[:2] == ["1", "3"]
    assert lines[3].endswith(" MB")
    assert lines[5].startswith("Note: Paddle Lite's x86 engine")


def test_sustained(bundle: Path) -> None:
    steps: list[Step] = []
    options = BenchOptions(threads=(1, 2), runs=20, warmup=0, minutes=0.035)
    data = bench.run(bundle, options, on_step=steps.append)
    validate(data, "bench")
    sustained = data["sustained"]
    assert sustained["threads"] == min(data["runs"], key=lambda run: run["p50_ms"])["threads"]
    # 2.1 seconds: two of one second, and the rest.
    assert [it["seconds"] for it in sustained["intervals"]] == pytest.approx([1.0, 2.0, 2.1], abs=0.1)
    assert [step.interval for step in steps if step.interval is not None] == sustained["intervals"]
    assert progress_text(steps[-1]).startswith(f"{sustained['threads']} thread")
    assert ", 2 s of 2 s, p50 0." in progress_text(steps[-1])


def test_nan_is_remarked(build: Build, tmp_path: Path) -> None:
    bundle = make_bundle(build, tmp_path / "nan.oar", variants={"x86-int8": ("--marker", "fake_nan")})
    remarks = bench.run(bundle, _QUICK)["remarks"]
    assert remarks[1] == "The output 'y' holds NaN or infinity: a model that computes wrongly has times of no meaning."


def test_inputs_of_any_size(build: Build, tmp_path: Path) -> None:
    any_size = ("--input", "x:float32:-1,3,-1,-1")
    inputs = [{"name": "x", "shape": [-1, 3, -1, -1], "dtype": "float32"}]
    pictures = make_bundle(build, tmp_path / "pictures.oar", variants={"x86-fp32": any_size}, inputs=inputs)
    assert bench.run(pictures, _QUICK)["ok"]
    tensors = make_bundle(
        build, tmp_path / "tensors.oar", variants={"x86-fp32": any_size}, inputs=inputs, preprocess=None
    )
    failed = _run(tensors, "--threads", "1", "--json", status=1)
    validate(json.loads(failed.stdout), "failure")
    assert json.loads(failed.stdout)["error"]["code"] == "OAR-BAD-SHAPE"
    assert "the input 'x' takes (any, 3, any, any)" in failed.stderr


def test_several_inputs_of_other_kinds(build: Build, tmp_path: Path) -> None:
    options = ("--input", "ids:int64:-1,5", "--input", "x:float32:-1,4")
    inputs = [
        {"name": "ids", "shape": [-1, 5], "dtype": "int64"},
        {"name": "x", "shape": [-1, 4], "dtype": "float32"},
    ]
    bundle = make_bundle(build, tmp_path / "two.oar", variants={"x86-fp32": options}, inputs=inputs, preprocess=None)
    assert bench.run(bundle, _QUICK)["ok"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("fake_abort_run", r"gave up \(SIGABRT\), saying: the fake engine was told to abort"),
        ("fake_crash_run", r"crashed \(SIGSEGV\)"),
    ],
)
def test_an_engine_that_ends_the_measuring_process(
    bundle: Path, failure: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(bundle, _QUICK)  # The model was tried, and found well.
    monkeypatch.setenv("OARLOCK_FAKE_FAILURE", failure)
    with pytest.raises(EngineCrashedError, match=rf"small.oar, x86-fp32 with 1 threads: Paddle Lite {words}"):
        bench.run(bundle, _QUICK)


def test_a_model_that_crashes_from_the_start(build: Build, tmp_path: Path) -> None:
    bundle = make_bundle(build, tmp_path / "crash.oar", variants={"x86-fp32": ("--marker", "fake_abort_run")})
    failed = _run(bundle, "--json", status=1)
    assert json.loads(failed.stdout)["error"]["code"] == "OAR-ENGINE-CRASHED"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_is_interrupted(bundle: Path, ending: signal.Signals) -> None:
    bench.run(bundle, _QUICK)
    command = [Path(sys.executable).with_name("oarlock"), "bench", bundle, "--json"]
    environment = {**os.environ, "OARLOCK_FAKE_FAILURE": "fake_hang_run"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        wait_until(lambda: _measuring(program.pid))
        [child] = _measuring(program.pid)
        program.send_signal(ending)
        output, errors = program.communicate(timeout=30)
    assert output == ""
    wait_until(lambda: not is_running(child))
    if ending == signal.SIGINT:
        assert (program.returncode, errors) == (130, "Interrupted.\n")


def _measuring(program: int) -> list[int]:
    """The measuring processes of a program; they are started by a thread of its own."""
    try:
        threads = [path.name for path in Path(f"/proc/{program}/task").iterdir()]
        found = [Path(f"/proc/{program}/task/{it}/children").read_text().split() for it in threads]
        children = [int(number) for numbers in found for number in numbers]
        return [it for it in children if b"oarlock.bench._process" in Path(f"/proc/{it}/cmdline").read_bytes()]
    except (FileNotFoundError, ProcessLookupError):
        return []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threads": (65,)}, "threads is 65, expected 1 to 64"),
        ({"runs": 0}, "runs is 0, expected 1 to 1000000"),
        ({"warmup": -1}, "warmup is -1, expected 0 to 1000000"),
        ({"minutes": float("nan")}, "minutes is nan, expected more than 0"),
        ({"power": "no_bind"}, "power is 'no_bind', expected one of: high, low, full, none"),
    ],
)
def test_options_beyond_their_range(bundle: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        bench.run(bundle, BenchOptions(**options))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--threads", "0"), "'0' is no list of numbers from 1 to 64, such as 1,2,4."),
        (("--threads", "1,,2"), "'1,,2' is no list"),
        (("--threads", "2,²"), "is no list"),
        (("--minutes", "0"), "0.0 is not in the range x>0"),
    ],
)
def test_wrong_usage(bundle: Path, arguments: tuple[str, ...], words: str) -> None:
    assert words in _run(bundle, *arguments, status=2).stderr


def test_no_bundle_and_no_variant_for_this_machine(bundle: Path, tmp_path: Path) -> None:
    assert "x.oar" in _run(tmp_path / "x.oar", status=1).stderr
    assert "arm64-fp32" in _run(bundle, "--variant", "arm64-fp32", status=1).stderr
