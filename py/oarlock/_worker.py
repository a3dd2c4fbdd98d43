"""The process in which the engine of an IsolatedSession lives.

Arguments: the file descriptor of a socket. The first message says what to open, each one after that brings the inputs
of a run. The process ends when the other end of the socket is closed, even while the engine computes or hangs.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from oarlock._channel import Channel
from oarlock._child import settle
from oarlock._files import sha256_file
from oarlock.bundle import Bundle
from oarlock.errors import HashMismatchError, MemoryExhaustedError, OarlockError
from oarlock.session import Session

__all__ = ["main"]


def main() -> None:
    """The whole life of the worker; does not return."""
    settle()
    # Ctrl-C is for the process that owns this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    threading.Thread(target=_end_with_owner, args=(channel.fileno(),), daemon=True).start()
    with suppress(EOFError, OSError):  # The owner has gone.
        _serve(channel)
    os._exit(0)


def _end_with_owner(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    poll.poll()
    os._exit(0)


def _serve(channel: Channel) -> None:
    order, _ = channel.receive()
    try:
        session = _open(order)
    except OarlockError as error:
        channel.send(_failure(error))
        return
    specs = [vars(spec) for spec in session.inputs]
    channel.send({"inputs": specs, "outputs": [output.name for output in session.outputs]})
    while True:
        message, arrays = channel.receive()
        try:
            outputs = session.run(dict(zip(message["names"], arrays, strict=True)))
        except OarlockError as error:
            channel.send(_failure(error))
        except MemoryError:
            channel.send(_failure(MemoryExhaustedError("not enough memory for the outputs")))
        else:
            answer = {"names": list(outputs), "seconds": session.last_run_seconds}
            channel.send(answer, list(outputs.values()))


def _open(order: Mapping[str, Any]) -> Session:
    path, options = order["path"], order["options"]
    if order["variant"] is None:
        _check(path, sha256_file(path), order["sha256"])
        return Session(path, probe=False, **options)
    bundle = Bundle(path)
    picked = bundle.pick_variant(order["variant"])
    _check(f"{path}, {picked.id}", picked.sha256, order["sha256"])
    return bundle.open_session(picked.id, probe=False, **options)


def _check(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise HashMismatchError(
            f"{name}: has the SHA-256 {found}, but had {expected} when it was opened: it was replaced meanwhile; "
            "open it again"
        )


def _failure(error: OarlockError) -> dict[str, str]:
    return {"error": error.message, "code": error.code}
