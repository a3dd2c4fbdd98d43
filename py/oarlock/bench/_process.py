"""The child process in which a model is measured: one for every number of threads, so that neither the start of the
engine nor its memory is that of an earlier measurement.

Arguments: an order in JSON (_child.Order), the number of the process that gave it, with which this one ends, and a file
descriptor to which a JSON object a line is written:

    {"done": 17}                                    runs so far, a few times a second
    {"interval": {…}}                               in a sustained run: an item of "intervals" of the schema
    {"result": {…}, "engine": …, "not_finite": …}   the last line: an item of "runs", null in a sustained run
    {"error": "…", "code": "OAR-…"}                 the last line, instead
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from array import array
from time import perf_counter
from typing import Any

from oarlock._child import settle
from oarlock.bench._memory import peak_rss_bytes
from oarlock.bench._model import Model
from oarlock.bench._sensors import Sensors
from oarlock.bench._statistics import milliseconds, percentile, summary
from oarlock.errors import MemoryExhaustedError, OarlockError

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1
_NEWS_EVERY_SECONDS = 0.1


def main() -> None:
    """The whole life of the child; does not return."""
    settle()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that owns this one.
    _end_with_parent(int(sys.argv[2]))
    order, news = json.loads(sys.argv[1]), _News(int(sys.argv[3]))
    try:
        _measure(order, news)
    except OarlockError as error:
        news.tell({"error": error.message, "code": error.code})
    except MemoryError:
        news.tell({"error": "there is not enough memory for the model", "code": MemoryExhaustedError.default_code})
    # Without the engine's destructors, which are no business of the model's.
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It ended before it could be told.
        os._exit(0)


class _News:
    """The way to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._done = 0
        self._told = perf_counter()

    def run_done(self) -> None:
        self._done += 1
        if (now := perf_counter()) - self._told >= _NEWS_EVERY_SECONDS:
            self._told = now
            self.tell({"done": self._done})

    def tell(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]


def _measure(order: dict[str, Any], news: _News) -> None:
    model = Model(order["bundle"], order["variant"], os.fsencode(order["engine"]), order["threads"], order["power"])
    first = model.run()
    end = {"engine": model.engine, "not_finite": model.not_finite()}
    news.run_done()
    _many(model, order["warmup"], news)
    if order["seconds"] is not None:
        _sustain(model, order["seconds"], order["interval"], news)
        news.tell({"result": None, **end})
        return
    seconds = _many(model, order["runs"], news)
    result = {
        "threads": order["threads"],
        "init_ms": milliseconds(model.init_seconds),
        "first_ms": milliseconds(first),
        "warmup": order["warmup"],
        "runs": order["runs"],
        **summary(seconds),
        "peak_rss_bytes": peak_rss_bytes(),
    }
    news.tell({"result": result, **end})


def _many(model: Model, count: int, news: _News) -> array[float]:
    seconds = array("d")
    for _ in range(count):
        seconds.append(model.run())
        news.run_done()
    return seconds


def _sustain(model: Model, seconds: float, interval: float, news: _News) -> None:
    """Run without a pause; an interval ends with the run during which its time is up, and has at least that one."""
    sensors = Sensors()
    begin = perf_counter()
    now, due = 0.0, interval
    while now < seconds:
        times = array("d")
        while True:
            times.append(model.run())
            now = perf_counter() - begin
            if now >= min(due, seconds):
                break
        reading = sensors.read()
        p50 = milliseconds(percentile(sorted(times), 0.5))
        news.tell({"interval": {"seconds": round(now, 3), "p50_ms": p50, **reading._asdict()}})
        due = (now // interval + 1) * interval
