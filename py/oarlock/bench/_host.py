"""Measuring on this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from oarlock._engine import find_engine
from oarlock._pipeline import available_processors
from oarlock.bench._child import Children, Order
from oarlock.bench._machine import environment
from oarlock.bundle import Bundle, Variant
from oarlock.errors import InvalidArgumentError
from oarlock.places import BENCH_POWERS, HOST, BenchOptions
from oarlock.probe import probe_file

__all__ = ["Host", "Step", "run", "thread_counts"]

_MOST_THREADS = 64
_MOST_RUNS = 1_000_000
_MOST_MINUTES = 7 * 24 * 60
# A sustained run has so many intervals, of at least so many seconds.
_INTERVALS = 60
_SHORTEST_INTERVAL = 1.0


class Step(NamedTuple):
    """How far a measurement is: ``done`` of ``total`` runs in the sweep; in a sustained run the seconds, and what was
    measured last, an item of "intervals".
    """

    threads: int
    done: float
    total: float
    interval: dict[str, Any] | None = None


def run(
    bundle: Bundle | str | os.PathLike[str],
    options: BenchOptions = BenchOptions(),  # noqa: B008  (frozen)
    *,
    engine: str | os.PathLike[str] | None = None,
    on_step: Callable[[Step], object] = lambda step: None,
) -> dict[str, Any]:
    """Measure a variant, and return what docs/schema/bench.schema.json says.

    ``engine`` is the path of a Paddle Lite library; None takes the one in the store whose version the variant asks for.
    ``on_step`` is called a few times a second, while the model does not run; what it raises ends the measurement.

    Raises InvalidArgumentError, NotFoundError, WrongTargetError, BundleError, BadShapeError (an input whose size the
    bundle leaves open), FileReadError, EngineNotInstalledError and other EngineErrors.
    """
    return _Run(bundle, options, engine, Children(), on_step).go()


class Host:
    """The machine that Oarlock runs on, as a place (oarlock.places.Place)."""

    name = HOST

    def __init__(self, on_step: Callable[[Step], object] = lambda step: None) -> None:
        self._on_step = on_step
        self._children = Children()

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        """``run``; there is nothing to remark that is not in the result. Raises ClosedError after ``cancel``."""
        return _Run(bundle, options, None, self._children, self._on_step).go()

    def cancel(self) -> None:
        """End the child process that measures."""
        self._children.cancel()


def thread_counts(processors: int) -> tuple[int, ...]:
    """The numbers of threads to try by default: 1, 2, 4 … and all processors, 64 at most."""
    most = min(processors, _MOST_THREADS)
    return (*(1 << power for power in range(most.bit_length()) if 1 << power < most), most)


class _Run:
    """One measurement, from the options to the result."""

    def __init__(
        self,
        bundle: Bundle | str | os.PathLike[str],
        options: BenchOptions,
        engine: str | os.PathLike[str] | None,
        children: Children,
        on_step: Callable[[Step], object],
    ) -> None:
        _check(options)
        self._bundle = bundle if isinstance(bundle, Bundle) else Bundle(bundle)
        self._options = options
        self._variant = self._bundle.pick_variant(options.variant)
        self._engine = Path(find_engine(engine, self._variant.engine_version)).absolute()
        self._children = children
        self._on_step = on_step
        self._engine_version = ""
        self._not_finite: str | None = None

    def go(self) -> dict[str, Any]:
        # Once in a child beforehand, which tells a crash from a measurement; the file is then hashed, and in memory.
        probe_file(self._bundle.file(self._variant.file), self._engine, sha256=self._variant.sha256)
        counts = self._options.threads or thread_counts(available_processors())
        runs = [self._sweep(threads, index, len(counts)) for index, threads in enumerate(counts)]
        sustained = None if self._options.minutes is None else self._sustain(runs)
        return {
            "ok": True,
            "bundle": str(self._bundle.path.absolute()),
            "variant": self._variant.id,
            "place": HOST,
            "environment": environment(self._engine_version),
            "power": self._options.power,
            "runs": runs,
            "sustained": sustained,
            "remarks": _remarks(self._variant, self._not_finite),
        }

    def _sweep(self, threads: int, index: int, count: int) -> dict[str, Any]:
        each = 1 + self._options.warmup + self._options.runs

        def on_news(news: dict[str, Any]) -> None:
            self._on_step(Step(threads, index * each + news["done"], count * each))

        result: dict[str, Any] = self._measure(self._order(threads, runs=self._options.runs), on_news)["result"]
        return result

    def _sustain(self, runs: list[dict[str, Any]]) -> dict[str, Any]:
        threads = min(runs, key=lambda it: it["p50_ms"])["threads"]
        seconds = 60 * (self._options.minutes or 0)
        intervals: list[dict[str, Any]] = []

        def on_news(news: dict[str, Any]) -> None:
            if "interval" in news:
                intervals.append(news["interval"])
                self._on_step(Step(threads, news["interval"]["seconds"], seconds, news["interval"]))

        interval = max(seconds / _INTERVALS, _SHORTEST_INTERVAL)
        self._measure(self._order(threads, seconds=seconds, interval=interval), on_news)
        return {"threads": threads, "intervals": intervals}

    def _measure(self, order: Order, on_news: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        answer = self._children.measure(order, on_news)
        self._engine_version = answer["engine"]
        self._not_finite = self._not_finite or answer["not_finite"]
        return answer

    def _order(
        self, threads: int, *, runs: int = 0, seconds: float | None = None, interval: float | None = None
    ) -> Order:
        return Order(
            bundle=str(self._bundle.path.absolute()),
            variant=self._variant.id,
            engine=str(self._engine),
            threads=threads,
            power=BENCH_POWERS.index(self._options.power),
            warmup=self._options.warmup,
            runs=runs,
            seconds=seconds,
            interval=interval,
        )


def _check(options: BenchOptions) -> None:
    """Raise InvalidArgumentError for a field outside its range."""
    for threads in options.threads:
        if not 1 <= threads <= _MOST_THREADS:
            raise InvalidArgumentError(f"threads is {threads}, expected 1 to {_MOST_THREADS}")
    if not 1 <= options.runs <= _MOST_RUNS:
        raise InvalidArgumentError(f"runs is {options.runs}, expected 1 to {_MOST_RUNS}")
    if not 0 <= options.warmup <= _MOST_RUNS:
        raise InvalidArgumentError(f"warmup is {options.warmup}, expected 0 to {_MOST_RUNS}")
    if options.minutes is not None and not (math.isfinite(options.minutes) and 0 < options.minutes <= _MOST_MINUTES):
        raise InvalidArgumentError(f"minutes is {options.minutes}, expected more than 0 and at most {_MOST_MINUTES}")
    if options.power not in BENCH_POWERS:
        raise InvalidArgumentError(f"power is {options.power!r}, expected one of: {', '.join(BENCH_POWERS)}")


def _remarks(variant: Variant, not_finite: str | None) -> list[str]:
    """The sentences of the field "remarks"; arm_linux/src/bench has the same ones."""
    remarks = []
    if variant.target == "x86":
        remarks.append("Paddle Lite's x86 engine is there to check models: its times say nothing about a device.")
    if not_finite is not None:
        remarks.append(
            f"The output {not_finite!r} holds NaN or infinity: a model that computes wrongly has times of no meaning."
        )
    return remarks
