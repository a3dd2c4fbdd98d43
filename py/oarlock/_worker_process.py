"""A worker process that an object keeps to itself and that ends with it: messages through a socket, its stderr kept."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from typing import IO, Any, TypeAlias

from numpy.typing import NDArray

from oarlock._channel import Channel
from oarlock._child import child_command

__all__ = ["Answer", "WorkerProcess"]

_GRACE = 5.0
"""Seconds that a worker may take to end after its end of the socket was closed."""
_MOST_OUTPUT = 64 << 10

Answer: TypeAlias = tuple[dict[str, Any], list[NDArray[Any]]]


class WorkerProcess:
    """A running worker process, which ends with its owner. One thread at a time."""

    def __init__(self, owner: object, module: str, *, timeout: float | None = None) -> None:
        """Start ``module.main()`` in a Python of its own; its last argument is the file descriptor of a socket.

        The worker has a session of its own, so that Ctrl-C does not reach it. ``timeout`` are the seconds that it may
        let this side wait for the next bytes. Raises OSError.
        """
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        self._channel = Channel(ours)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        # What the worker writes comes at the end also after the file was cut.
        fcntl.fcntl(self._output, fcntl.F_SETFL, os.O_APPEND)
        with theirs:
            command = child_command(module, str(theirs.fileno()))
            if command is None:
                raise OSError("this process does not know its Python")
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._output,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.end = weakref.finalize(owner, _end, self._process, self._channel, self._output)

    def ask(self, message: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> Answer:
        """Send a message and wait for the answer. Raises OSError (TimeoutError), EOFError, Garbled."""
        self._channel.send(message, arrays)
        answer = self._channel.receive()
        # What the engine said while all was well is of no use; a worker may live long.
        if os.fstat(self._output.fileno()).st_size > _MOST_OUTPUT:
            os.ftruncate(self._output.fileno(), 0)
        return answer

    def ending(self, error: Exception) -> tuple[int | None, str]:
        """The exit status as ``subprocess`` gives it, and the last 64 KiB of stderr, after ``ask`` raised ``error``.

        The status is None for a worker that goes on living: one that talks nonsense is not waited for.
        """
        hangs = isinstance(error, TimeoutError) or not isinstance(error, OSError | EOFError)
        try:
            status: int | None = self._process.wait(0 if hangs else _GRACE)
        except subprocess.TimeoutExpired:
            status = None
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - _MOST_OUTPUT))
        return status, self._output.read().decode(errors="replace")

    def forget(self) -> None:
        """Leave the process alone."""
        self.end.detach()
        self._channel.close()
        self._output.close()


def _end(process: subprocess.Popen[bytes], channel: Channel, output: IO[bytes]) -> None:
    channel.close()
    output.close()
    process.kill()
    process.wait()
