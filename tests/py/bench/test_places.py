"""bench --on: places that other distributions bring, several at once, and places that nobody brings."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from oarlock.cli import main
from oarlock.commands import bench as command
from oarlock.errors import InvalidArgumentError, MissingPackageError, NotFoundError
from oarlock.places import BENCH_POWERS, BenchOptions, find_place, split_place

from ...schemas import validate

_RUN = {
    "threads": 1, "init_ms": 90.5, "first_ms": 20.0, "warmup": 5, "runs": 50, "p50_ms": 15.25, "p90_ms": 16.0,
    "p99_ms": 18.0, "mean_ms": 15.5, "min_ms": 15.0, "max_ms": 18.5, "peak_rss_bytes": 31_000_000,
}  # fmt: skip
_COUNTED = {name: None if name.endswith(("_ms", "_bytes")) else value for name, value in _RUN.items()}
_INTERVALS = [
    {"seconds": 10.0, "p50_ms": 15.0, "temperature_c": 55.5, "frequency_mhz": 1800, "throttled": False},
    {"seconds": 20.0, "p50_ms": 18.0, "temperature_c": 80.0, "frequency_mhz": 1500, "throttled": True},
]


class Board:
    """A stand-in for a board: answers at once with figures that nobody measured."""

    asked: list[tuple[str, Path, BenchOptions]] = []  # noqa: RUF012

    def __init__(self, rest: str) -> None:
        if not rest:
            raise InvalidArgumentError("--on board names no board, expected board:NAME")
        self.name = f"board:{rest}"

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        self.asked.append((self.name, bundle, options))
        if self.name == "board:gone":
            raise NotFoundError("gone cannot be reached")
        remark(f"{self.name} has seen better days")
        return {
            "ok": True,
            "bundle": f"/there/{bundle.name}",
            "variant": "arm64-fp32",
            "place": self.name,
            "environment": {
                "processor": "Board 4", "machine": "aarch64", "system": "Linux 6.1", "libc": "glibc 2.31",
                "oarlock": "0.1.0", "engine": "2.12",
            },
            "power": options.power,
            "runs": [{**_COUNTED, "instructions": 850_000_000}] if self.name == "board:counts" else [_RUN],
            "sustained": None if options.minutes is None else {"threads": 1, "intervals": _INTERVALS},
            "remarks": [],
        }  # fmt: skip

    def cancel(self) -> None:
        pass


class Endless(Board):
    """Measures until it is cancelled."""

    begun = threading.Event()
    ended = threading.Event()

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        self.begun.set()
        assert self.ended.wait(30)
        raise NotFoundError("cancelled")

    def cancel(self) -> None:
        self.ended.set()


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The places "board" and "endless", and no other."""
    Board.asked.clear()
    real = metadata.entry_points
    brought = [EntryPoint(name, f"{__name__}:{name.title()}", "oarlock.places") for name in ("board", "endless")]
    monkeypatch.setattr(
        metadata,
        "entry_points",
        lambda **selection: brought if selection.get("group") == "oarlock.places" else real(**selection),
    )


def _run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["bench", "x.oar", *arguments])
    assert result.exit_code == status, result.output
    return result


def test_a_place_gets_the_options() -> None:
    options = ("--threads", "1,2", "--runs", "7", "--warmup", "0", "--variant", "arm64-fp32", "--power", "high")
    data = json.loads(_run("--on", "board:pi@a", *options, "--minutes", "0.5", "--json").stdout)
    validate(data, "bench")
    [(name, path, asked)] = Board.asked
    assert (name, path) == ("board:pi@a", Path("x.oar"))
    assert asked == BenchOptions("arm64-fp32", (1, 2), 7, 0, 0.5, "high")
    assert asked.arguments() == [
        "--runs", "7", "--warmup", "0", "--power", "high", "--variant", "arm64-fp32", "--threads", "1,2",
        "--minutes", "0.5",
    ]  # fmt: skip
    assert BenchOptions().arguments() == ["--runs", "50", "--warmup", "5", "--power", "none"]


def test_sustained_for_people() -> None:
    text = _run("--on", "board:a", "--minutes", "1").stdout
    assert "Without a pause, 1 thread:\nseconds  p50 ms    °C   MHz  throttled\n" in text
    assert "     20   18.00  80.0  1500  yes\n" in text
    assert text.endswith("The last p50 is 1.20 times the best; throttled in 1 of 2 intervals.\n")


def test_several_at_once() -> None:
    done = _run("--on", "board:a", "--on", "board:counts", "--on", "board:a")
    lines = done.stdout.splitlines()
    assert lines[0] == "/there/x.oar, arm64-fp32 on board:a: Board 4 (aarch64), Linux 6.1, Paddle Lite 2.12"
    assert lines[3].split() == ["place", "threads", "runs", *lines[3].split()[3:-1], "instructions"]
    assert lines[4].split() == [
        "board:a", "1", "50", "90.50", "20.00", "15.25", "16.00", "18.00", "15.50", "15.00", "18.50", "31.0", "MB", "-",
    ]  # fmt: skip
    assert lines[5].split() == ["board:counts", "1", "50", *"-" * 9, "850000000"]
    assert sorted(done.stderr.splitlines()) == [
        "Note: board:a has seen better days",
        "Note: board:counts has seen better days",
    ]


def test_one_of_several_that_fails() -> None:
    done = _run("--on", "board:gone", "--on", "board:a", "--json", status=1)
    failed, well = map(json.loads, done.stdout.splitlines())
    validate(failed, "bench")
    validate(well, "bench")
    message = "gone cannot be reached"
    assert failed == {"ok": False, "place": "board:gone", "error": {"code": "OAR-NOT-FOUND", "message": message}}
    assert "Error: board:gone: gone cannot be reached\n" in done.stderr
    assert "board:a" in _run("--on", "board:gone", "--on", "board:a", status=1).stdout
    alone = _run("--on", "board:gone", "--json", status=1)
    validate(json.loads(alone.stdout), "failure")
    assert alone.stderr == "Error: gone cannot be reached\n"


def test_places_that_are_none() -> None:
    with pytest.raises(InvalidArgumentError, match="--on is 'moon:1', expected one of: host, board, endless"):
        find_place("moon:1")
    with pytest.raises(InvalidArgumentError, match="names no board"):
        find_place("board")
    with pytest.raises(MissingPackageError, match="--on ssh comes with oarlock-opt"):
        find_place("ssh:pi")
    assert "expected one of" in _run("--on", "moon", status=1).stderr


def test_ctrl_c_cancels_every_place() -> None:
    def press() -> None:
        assert Endless.begun.wait(30)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        assert _run("--on", "endless:x", "--on", "board:a", status=130).stderr.endswith("Interrupted.\n")
    finally:
        thread.join()
    assert Endless.ended.is_set()


def test_split() -> None:
    assert split_place("ssh:pi@board:2222") == ("ssh", "pi@board:2222")
    assert split_place("qemu") == ("qemu", "")


def test_the_commands_powers_are_those_of_places() -> None:
    option = next(it for it in command.bench.params if it.name == "power")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == BENCH_POWERS
