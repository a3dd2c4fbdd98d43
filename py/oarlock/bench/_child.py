"""A child process that measures, seen from the process that started it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from oarlock import errors
from oarlock._child import child_command
from oarlock._endings import describe_ending
from oarlock.errors import ClosedError, EngineCrashedError, EngineFailedError, EngineUnavailableError, OarlockError

__all__ = ["Children", "Order"]

_MOST_OUTPUT = 64 << 10
_CLASSES: dict[str, type[OarlockError]] = {
    kind.default_code: kind for kind in (getattr(errors, name) for name in errors.__all__)
}


@dataclass(frozen=True)
class Order:
    """What a child is to measure; ``seconds`` and ``interval`` are those of a sustained run, else None.

    ``power`` is the number of oar_power.
    """

    bundle: str
    variant: str
    engine: str
    threads: int
    power: int
    warmup: int
    runs: int
    seconds: float | None = None
    interval: float | None = None


class Children:
    """Runs one child after another. ``cancel`` may be called from another thread, everything else from one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def measure(self, order: Order, on_news: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Start a child, call ``on_news`` with each of its messages but the last, and return that (_process).

        Raises the child's OarlockError, EngineCrashedError when it ended without one, EngineUnavailableError when it
        could not be started, ClosedError after ``cancel``. Whatever happens, the child is gone afterwards.
        """
        received, sent = os.pipe()
        with open(received, "rb") as news, tempfile.TemporaryFile() as output:  # noqa: PTH123
            try:
                process = self._start(order, sent, output)
            finally:
                os.close(sent)
            last: dict[str, Any] = {}
            try:
                for last in _messages(news):
                    if "result" in last or "error" in last:
                        break
                    on_news(last)
                else:
                    raise self._ending(order, process.wait(), output)
            finally:
                with self._lock:
                    self._running = None
                process.kill()
                process.wait()
        if "error" in last:
            kind = _CLASSES.get(last["code"], EngineFailedError)
            raise kind(last["error"], code=last["code"])
        return last

    def cancel(self) -> None:
        """End the child that is running, and start no other."""
        with self._lock:
            self._cancelled = True
            if self._running is not None:
                self._running.kill()

    def _start(self, order: Order, descriptor: int, output: IO[bytes]) -> subprocess.Popen[bytes]:
        command = child_command("oarlock.bench._process", json.dumps(asdict(order)), str(os.getpid()), str(descriptor))
        if command is None:
            raise EngineUnavailableError("a measuring process cannot be started: this process does not know its Python")
        with self._lock:
            if self._cancelled:
                raise ClosedError("the benchmark was cancelled")
            try:
                self._running = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                    pass_fds=(descriptor,),
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineUnavailableError(f"a measuring process cannot be started: {error}") from error
            return self._running

    def _ending(self, order: Order, status: int, output: IO[bytes]) -> OarlockError:
        with self._lock:
            if self._cancelled:
                return ClosedError("the benchmark was cancelled")
        output.seek(max(0, output.seek(0, os.SEEK_END) - _MOST_OUTPUT))
        text = output.read().decode(errors="replace")
        return EngineCrashedError(
            f"{order.bundle}, {order.variant} with {order.threads} threads: "
            f"Paddle Lite {describe_ending(status, text)}. That was in a process of its own, while it was measured"
        )


def _messages(news: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in news:
        try:
            message = json.loads(line)
        except ValueError:
            return  # a child that ended while it wrote
        yield message
