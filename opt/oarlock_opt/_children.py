"""Child processes that may crash, hang or be killed, and whose end is a value."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType

__all__ = ["Early", "Ended", "die_with_parent", "run_child", "run_children"]

_PR_SET_PDEATHSIG = 1
_OUTPUT_LIMIT = 64 << 10
_GRACE = 10.0  # seconds that a child may take to end after it has closed its stderr


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    ``status`` is its exit status, or the negative number of the signal that ended it; ``output`` the last 64 KiB of
    its stderr; ``timed_out`` tells that it was stopped at the time limit.
    """

    status: int
    output: str
    timed_out: bool
    seconds: float


def run_child(command: Sequence[str], *, timeout: float, environment: Mapping[str, str] | None = None) -> Ended:
    """Run one command and return how it ended; see ``run_children``."""
    return run_children([command], timeout=timeout, environment=environment)[0]


class Early:
    """Children that are started before it is known what is to go into their stdin, for which they wait.

    ``run_children`` takes those whose commands it is given; leaving the context kills the others. A command that cannot
    be started is left to ``run_children``, which tells.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = environment
        self._waiting: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}

    def start(self, command: Sequence[str]) -> None:
        """Start a command."""
        with _without_interruption(), suppress(OSError):
            self._waiting[tuple(command)] = _popen(command, self._environment)

    def take(self, command: Sequence[str]) -> subprocess.Popen[bytes] | None:
        """The child of a command, which is now the caller's; None where there is none."""
        return self._waiting.pop(tuple(command), None)

    def __enter__(self) -> Early:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._waiting.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        self._waiting.clear()


def run_children(
    commands: Sequence[Sequence[str]],
    *,
    timeout: float,
    stdin: bytes | Sequence[bytes] = b"",
    parallel: int = 1,
    environment: Mapping[str, str] | None = None,
    early: Early | None = None,
    on_start: Callable[[int], None] = lambda index: None,
    on_end: Callable[[int, Ended], None] = lambda index, ended: None,
) -> list[Ended]:
    """Run commands, at most ``parallel`` at a time, and return how each ended, in the order given.

    Each gets a session of its own (Ctrl-C reaches only this process), ``stdin`` (one for all, or one for each), which
    must be less than a pipe holds, no stdout, and ``timeout`` seconds. ``early`` has children that were started
    already. Whatever ends this function early, an exception of a callback or Ctrl-C, kills all that still run.
    Raises OSError when a command cannot be started.
    """
    results: dict[int, Ended] = {}
    waiting = list(enumerate(commands))
    finished: list[tuple[int, Ended]] = []
    inputs = [stdin] * len(commands) if isinstance(stdin, bytes) else stdin
    with _Group(timeout, inputs, environment, early) as group:
        while waiting or group.running or finished:
            # The next ones start before the results of earlier ones are looked at, so that no processor waits.
            while waiting and len(group.running) < parallel:
                index, command = waiting.pop(0)
                group.start(index, command)
                on_start(index)
            for index, ended in finished:
                results[index] = ended
                on_end(index, ended)
            finished = group.wait() if group.running else []
    return [results[index] for index in range(len(commands))]


def die_with_parent() -> None:
    """Called in a child: have it killed when the thread that started it ends, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class _Running:
    index: int
    process: subprocess.Popen[bytes]
    started: float
    output: bytearray = field(default_factory=bytearray)
    timed_out: bool = False

    def kill(self) -> None:
        # The process is a session's leader until it is waited for, so the number cannot be somebody else's.
        os.killpg(self.process.pid, signal.SIGKILL)

    def ended(self) -> Ended:
        assert self.process.stderr is not None
        self.process.stderr.close()
        try:
            status = self.process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self.process.wait()
        return Ended(status, self.output.decode(errors="replace"), self.timed_out, time.monotonic() - self.started)


@contextmanager
def _without_interruption() -> Iterator[None]:
    """Keep Ctrl-C waiting: within Popen it would leave a child that nobody knows. The child, too, never gets it.

    The mask is for the child. Here any other thread may take the signal, whereupon Python interrupts the main one; so
    that one's handler waits as well.
    """
    came: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handler = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and callable(handler)
    if ours:
        signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if came:
            signal.raise_signal(signal.SIGINT)


def _popen(command: Sequence[str], environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


class _Group:
    """The children that run now. A child has ended when the pipe of its stderr has."""

    def __init__(
        self, timeout: float, inputs: Sequence[bytes], environment: Mapping[str, str] | None, early: Early | None
    ) -> None:
        self._timeout = timeout
        self._inputs = inputs
        self._environment = environment
        self._early = early
        self._selector = selectors.DefaultSelector()
        self.running: list[_Running] = []

    def __enter__(self) -> _Group:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for child in self.running:
            child.kill()
        for child in self.running:
            child.ended()
        self._selector.close()

    def start(self, index: int, command: Sequence[str]) -> None:
        with _without_interruption():
            process = self._early.take(command) if self._early is not None else None
            process = process or _popen(command, self._environment)
            child = _Running(index, process, time.monotonic())
            self.running.append(child)
        assert process.stdin is not None
        assert process.stderr is not None
        with suppress(BrokenPipeError):  # one that has ended already; how, its status tells
            process.stdin.write(self._inputs[index])
            process.stdin.close()
        os.set_blocking(process.stderr.fileno(), False)
        self._selector.register(process.stderr, selectors.EVENT_READ, child)

    def wait(self) -> list[tuple[int, Ended]]:
        """Wait until a child ends or reaches its limit; returns those that have ended, which may be none."""
        now = time.monotonic()
        for child in self.running:
            if not child.timed_out and now >= child.started + self._timeout:
                child.timed_out = True
                child.kill()
        limits = [child.started + self._timeout - now for child in self.running if not child.timed_out]
        finished = []
        for key, _ in self._selector.select(max(0.0, min(limits)) if limits else None):
            child = key.data
            chunk = os.read(key.fd, _OUTPUT_LIMIT)
            child.output += chunk
            del child.output[:-_OUTPUT_LIMIT]
            if not chunk:
                self._selector.unregister(key.fileobj)
                self.running.remove(child)
                finished.append((child.index, child.ended()))
        return finished
