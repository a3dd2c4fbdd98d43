"""The reference: a model in PaddlePaddle, in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from oarlock._channel import Garbled
from oarlock._closing import Closing
from oarlock._specs import TensorSpec
from oarlock._tensors import checked_feeds
from oarlock._worker_process import Answer, WorkerProcess
from oarlock.errors import ClosedError
from oarlock_opt._paddle import require_paddle
from oarlock_opt.errors import ReferenceFailedError, ReferenceUnavailableError
from oarlock_opt.reference._failures import failed, not_in_time, refused
from oarlock_opt.reference._options import Facts, Options
from oarlock_opt.source import SourceFiles

__all__ = ["Reference"]

_CHILD = "oarlock_opt.reference._child"
_DEFAULT_OPTIONS = Options()


class Reference(Closing):
    """A model that PaddlePaddle has loaded in a child process, and that answers feed after feed.

    The child ends with this object or this process, however that happens, and when a call is interrupted. An exception
    in PaddlePaddle ends one call only; when the process dies or takes longer than its time, every further call raises
    the same error. Threads may share a reference: their runs take turns.
    """

    def __init__(self, files: SourceFiles, options: Options = _DEFAULT_OPTIONS, *, timeout: float = 600.0) -> None:
        """``Reference.open``."""
        require_paddle()
        self._program = files.program
        self._timeout = timeout
        self._lock = threading.Lock()
        self._broken: ReferenceFailedError | None = None
        self._seconds = 0.0
        try:
            self._worker: WorkerProcess | None = WorkerProcess(self, _CHILD, timeout=timeout)
        except OSError as error:
            raise ReferenceUnavailableError(f"a process for PaddlePaddle cannot be started: {error}") from error
        order = {
            "program": str(files.program.absolute()),
            "params": None if files.params is None else str(files.params.absolute()),
            "options": asdict(options),
        }
        try:
            answer, _ = self._ask(order, ())
            self._facts = Facts(**answer["facts"])
            # PaddlePaddle does not tell what else it expects of a PIR program's inputs before it runs it.
            self._inputs = tuple(TensorSpec(name, (), "numbers") for name in answer["inputs"])
            self._outputs = tuple(map(str, answer["outputs"]))
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, files: SourceFiles, options: Options = _DEFAULT_OPTIONS, *, timeout: float = 600.0) -> Reference:
        """Load a model of either format; the files are not needed afterwards.

        ``timeout`` is in seconds, for loading and for each answer. Raises ReferenceUnavailableError (no PaddlePaddle),
        ReferenceDeviceError (not what ``options`` ask for), ReferenceTimeoutError and ReferenceFailedError.
        """
        return cls(files, options, timeout=timeout)

    @property
    def facts(self) -> Facts:
        """What answers, for records."""
        return self._facts

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs, in the order and by the names that PaddlePaddle gives them."""
        return tuple(spec.name for spec in self._inputs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The outputs, likewise; a tensor that is two outputs of a legacy program is there once."""
        return self._outputs

    @property
    def last_run_seconds(self) -> float:
        """How long PaddlePaddle took for the last answer, without the way to the child and back; 0.0 before it."""
        return self._seconds

    def run(self, feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Answer a feed, which has exactly the model's inputs, in any batch that the model allows.

        Returns arrays of their own, by the names of ``output_names``, whether finite or not. Raises NotFoundError
        (other inputs than the model's), BadDtypeError and BadShapeError (nothing that any model takes),
        ReferenceFailedError (PaddlePaddle refused it, or died), ReferenceTimeoutError, ClosedError.
        """
        arrays = checked_feeds(self._inputs, feed)
        with self._lock:
            answer, outputs = self._ask({"names": list(arrays)}, list(arrays.values()))
            self._seconds = float(answer["seconds"])
            return dict(zip(self._outputs, outputs, strict=True))

    def close(self) -> None:
        """End the child. Closing again does nothing."""
        with self._lock:
            self._drop()

    def _ask(self, question: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> Answer:
        if self._broken is not None:
            raise type(self._broken)(self._broken.message, op=self._broken.op, output=self._broken.output)
        if self._worker is None:
            raise ClosedError(f"{self._program}: the reference is closed; open another")
        try:
            answer, outputs = self._worker.ask(question, arrays)
        except (OSError, EOFError, Garbled) as error:
            self._broken = self._death(self._worker, error)
            raise self._broken from None
        except BaseException:
            # Ctrl-C, for one: an answer is on its way that nobody waits for.
            self._drop()
            raise
        if "refused" in answer:
            raise refused(str(answer["refused"]), str(answer["text"]))
        if "error" in answer:
            raise failed(self._program, str(answer["error"]))
        return answer, outputs

    def _death(self, worker: WorkerProcess, error: Exception) -> ReferenceFailedError:
        try:
            if isinstance(error, TimeoutError):
                return not_in_time(self._program, self._timeout)
            status, said = worker.ending(error)
            return failed(self._program, said, status)
        finally:
            self._drop()

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None
