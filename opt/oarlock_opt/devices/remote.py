"""A variant on another machine: a Runner that speaks to ``oarlock-classify --serve`` through two pipes.

A message is a header (uint32 little-endian length, then JSON) and the arrays that it announces (oarlock._channel). The
program speaks first: what it has loaded, or why it could not. Then it answers one question after another, and ends
when its input does.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from oarlock._channel import Channel, Garbled, Pipes
from oarlock._closing import Closing
from oarlock.errors import BadShapeError, EngineFailedError, OarlockError
from oarlock_opt.errors import HostError

__all__ = ["Ending", "RemoteRunner"]

Ending = Callable[[int | None, str], HostError]
"""Makes an error of an exit status, None while the program lives, and of what was written to stderr."""

_GRACE = 10.0
"""Seconds that the program may take to end after its output ended."""
_GRACE_AT_END = 2.0
_MOST_OUTPUT = 64 << 10
# What reading an answer raises that is none.
_NONSENSE = (LookupError, TypeError, ValueError)


class RemoteRunner(Closing):
    """A Runner (oarlock_opt.verify.places) in a program somewhere else. One thread at a time.

    The program ends with the runner, and with this process, however that ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        ending: Ending,
        environment: Mapping[str, str] | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """Start ``command``, whose stdin and stdout lead to the program, and wait until a model is loaded.

        ``ending`` is asked for the error when the program ends without an answer; ``on_close`` is called once when the
        runner has ended. Raises OarlockError: the program's own, with its code, or that of ``ending``.
        """
        self._ending = ending
        self._seconds = 0.0
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._channel = Channel(Pipes(ours_in, ours_out))
        try:
            # A session of its own: Ctrl-C is for this process, which then ends the other.
            self._process = subprocess.Popen(
                command,
                stdin=theirs_in,
                stdout=theirs_out,
                stderr=self._output,
                start_new_session=True,
                env=None if environment is None else dict(environment),
            )
        except OSError:
            self._channel.close()
            self._output.close()
            on_close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._end = weakref.finalize(self, _end, self._process, self._channel, self._output, on_close)
        try:
            self._greeting, _ = self._receive()
            self._greeting["inputs"], self._greeting["environment"]
        except LookupError:
            raise self._failure(None) from None
        except BaseException:
            self.close()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """What the program says of the machine that it runs on: processor, system, versions."""
        return {str(name): str(value) for name, value in dict(self._greeting["environment"]).items()}

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """The model's inputs: "name", "dtype", "shape" with -1 for any size."""
        return list(self._greeting["inputs"])

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See Runner."""
        cropped: NDArray[np.uint8] = self._one("crop", picture)
        return cropped

    def tensor(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See Runner."""
        made: NDArray[np.float32] = self._one("tensor", picture)
        return made

    def run(self, feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See Runner."""
        arrays = [np.ascontiguousarray(array) if array.ndim else array for array in feed.values()]
        answer, outputs = self._ask({"do": "run", "names": list(feed)}, arrays)
        try:
            named = dict(zip(answer["names"], outputs, strict=True))
            self._seconds = float(answer["seconds"])
        except _NONSENSE:
            raise self._failure(None) from None
        return named

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took there, without the way; 0.0 before the first run."""
        return self._seconds

    def kill(self) -> None:
        """End the program at once; any thread. An answer that is waited for does not come, but an error."""
        self._process.kill()

    def close(self) -> None:
        """End the program. Closing again does nothing."""
        self._end()

    def _one(self, do: str, picture: NDArray[np.uint8]) -> NDArray[Any]:
        if picture.ndim != 3 or picture.shape[2] != 3:
            raise BadShapeError(f"a picture has shape {picture.shape}, expected (height, width, 3)")
        _, arrays = self._ask({"do": do}, [np.ascontiguousarray(picture, np.uint8)])
        if len(arrays) != 1:
            raise self._failure(None)
        return arrays[0]

    def _ask(
        self, question: dict[str, Any], arrays: Sequence[NDArray[Any]]
    ) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        try:
            self._channel.send(question, arrays)
        except OSError as error:
            raise self._failure(error) from None
        return self._receive()

    def _receive(self) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        try:
            answer, arrays = self._channel.receive()
        except (OSError, EOFError, Garbled) as error:
            raise self._failure(error) from None
        except BaseException:
            # Ctrl-C, for one: an answer is on its way that nobody waits for.
            self.close()
            raise
        if "error" in answer:
            message, code = str(answer["error"]), str(answer.get("code", EngineFailedError.default_code))
            raise EngineFailedError(message, code=code)
        return answer, arrays

    def _failure(self, error: Exception | None) -> OarlockError:
        """The error for a program that has ended or talks nonsense, which is ended."""
        status: int | None = None
        if isinstance(error, OSError | EOFError):
            try:
                status = self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                status = None
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - _MOST_OUTPUT))
        output = self._output.read().decode(errors="replace")
        self.close()
        return self._ending(status, output)


def _end(process: subprocess.Popen[bytes], channel: Channel, output: IO[bytes], on_close: Callable[[], None]) -> None:
    channel.close()  # the program then ends by itself, on a board, too
    output.close()
    try:
        process.wait(_GRACE_AT_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    on_close()
