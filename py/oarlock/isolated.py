"""Sessions whose engine lives in a process of its own, for programs that must not die with it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from oarlock import errors
from oarlock._channel import Garbled
from oarlock._closing import Closing
from oarlock._endings import describe_ending
from oarlock._files import sha256_file
from oarlock._tensors import OutputSpec, TensorSpec, checked_feeds
from oarlock._worker_process import Answer, WorkerProcess
from oarlock.errors import (
    ClosedError,
    EngineCrashedError,
    EngineFailedError,
    EngineUnavailableError,
    FileReadError,
    NotFoundError,
    OarlockError,
)

if TYPE_CHECKING:
    from oarlock.bundle import Bundle, Variant
    from oarlock.session import Power

__all__ = ["IsolatedSession"]

# What reading an answer raises that is none.
_NONSENSE = (LookupError, TypeError, ValueError)

_CLASSES: dict[str, type[OarlockError]] = {
    kind.default_code: kind for kind in (getattr(errors, name) for name in errors.__all__)
}


class IsolatedSession(Closing):
    """A Session in another process, the worker, which only this object talks to.

    Whatever the engine does to the worker, abort, segmentation fault, being killed for want of memory, the call that
    was under way raises EngineCrashedError and the next call starts another worker. Arrays go through a socket: see
    benchmarks/isolation.py for the cost of a run. A worker takes the memory of a Python with numpy beside that of the
    engine, and its start the time in which Session and numpy load.

    The worker ends when the session is closed or forgotten, when this process ends, however that happens, and when a
    call is interrupted. After a fork the parent keeps it, and the child's next call starts one for itself. As each
    worker is a process, different ones may use different engine files.

    Threads may share a session: their runs take turns.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
    ) -> None:
        """Start a worker and load a .nb file in it; the options are those of Session, whose errors it raises, too.

        The file is not tried in a child before (Session's ``probe``): if the engine crashes, this is the child.
        """
        try:
            sha256 = sha256_file(path)
        except FileNotFoundError as error:
            raise NotFoundError(f"{os.fspath(path)}: no such file") from error
        except OSError as error:
            raise FileReadError(f"{os.fspath(path)}: cannot be read: {error.strerror}") from error
        self._open(Path(path), None, sha256, _options(threads, power, engine))

    @classmethod
    def _of_bundle(
        cls, bundle: Bundle, variant: Variant, *, threads: int, power: Power, engine: str | os.PathLike[str] | None
    ) -> IsolatedSession:
        session = cls.__new__(cls)
        session._open(bundle.path, variant.id, variant.sha256, _options(threads, power, engine))
        return session

    def _open(self, path: Path, variant: str | None, sha256: str, options: dict[str, Any]) -> None:
        self._name = str(path) if variant is None else f"{path}, {variant}"
        # A worker opens the file for itself, the next one maybe in days: it must find the model that was opened now.
        self._order = {"path": str(path.absolute()), "variant": variant, "sha256": sha256, "options": options}
        self._lock = threading.Lock()
        self._closed = False
        self._worker: WorkerProcess | None = None
        self._seconds = 0.0
        self._inputs: tuple[TensorSpec, ...] = ()
        self._outputs: tuple[OutputSpec, ...] = ()
        _sessions.add(self)
        with self._lock:
            self._start()

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What ``run`` must be given."""
        return self._inputs

    @property
    def outputs(self) -> tuple[OutputSpec, ...]:
        """What ``run`` returns, in the model's order. Raises ClosedError."""
        with self._lock:
            self._check_open()
            return self._outputs

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took in the last run, without the way to the worker and back; 0.0 before the first."""
        return self._seconds

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Session.run in the worker, which is started again where it had ended.

        Raises what Session.run raises, and EngineCrashedError.
        """
        arrays = checked_feeds(self._inputs, feeds)
        with self._lock:
            self._check_open()
            if self._worker is None:
                self._start()
            answer, outputs = self._ask({"names": list(arrays)}, list(arrays.values()))
            try:
                named = dict(zip(answer["names"], outputs, strict=True))
                self._seconds = float(answer["seconds"])
            except _NONSENSE as error:
                raise self._failure(error) from None
            self._outputs = tuple(OutputSpec(name, it.shape, it.dtype.name) for name, it in named.items())
            return named

    def close(self) -> None:
        """End the worker, after the run that may be going on. Closing again does nothing."""
        with self._lock:
            self._closed = True
            self._drop()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the session is closed; open another")

    def _start(self) -> None:
        try:
            self._worker = WorkerProcess(self, "oarlock._worker")
        except OSError as error:
            raise EngineUnavailableError(f"a worker process cannot be started: {error}") from error
        try:
            answer, _ = self._ask(self._order, ())
            self._inputs = tuple(TensorSpec(it["name"], tuple(it["shape"]), it["dtype"]) for it in answer["inputs"])
            self._outputs = tuple(OutputSpec(name, None, None) for name in answer["outputs"])
        except OarlockError:
            self._drop()
            raise
        except _NONSENSE as error:
            raise self._failure(error) from None

    def _ask(self, question: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> Answer:
        """Send a message to the worker and wait for its answer. Raises the error in it, or EngineCrashedError."""
        assert self._worker is not None
        try:
            answer, outputs = self._worker.ask(question, arrays)
        except (OSError, EOFError, Garbled) as error:
            raise self._failure(error) from None
        except BaseException:
            # Ctrl-C, for one: an answer is on its way that nobody waits for.
            self._drop()
            raise
        if "error" in answer:
            message, code = str(answer["error"]), str(answer.get("code"))
            raise _CLASSES.get(code, EngineFailedError)(message, code=code)
        return answer, outputs

    def _failure(self, error: Exception) -> EngineCrashedError:
        """The error for a worker that has ended or talks nonsense, which is ended."""
        assert self._worker is not None
        try:
            status, output = self._worker.ending(error)
        finally:
            self._drop()
        if status is not None:
            ending = describe_ending(status, output)
        else:
            ending = f"left nonsense for an answer ({error})" if str(error) else "left its process without an answer"
        return EngineCrashedError(
            f"{self._name}: Paddle Lite {ending}. That was in this session's worker; the next call starts another"
        )

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _forget_worker(self) -> None:
        """In a child after a fork: the worker is the parent's."""
        self._lock = threading.Lock()
        if self._worker is not None:
            self._worker.forget()
            self._worker = None


def _options(threads: int, power: str, engine: str | os.PathLike[str] | None) -> dict[str, Any]:
    return {"threads": threads, "power": power, "engine": None if engine is None else str(Path(engine).absolute())}


_sessions: weakref.WeakSet[IsolatedSession] = weakref.WeakSet()


def _forget_workers() -> None:
    for session in list(_sessions):
        session._forget_worker()


os.register_at_fork(after_in_child=_forget_workers)
