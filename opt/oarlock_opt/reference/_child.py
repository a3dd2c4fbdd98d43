"""The process in which PaddlePaddle runs for a Reference.

Arguments: the file descriptor of a socket. The first message says what to load, each one after that brings a feed. The
process ends when the other end of the socket is closed, even while PaddlePaddle computes.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from oarlock._channel import Channel
from oarlock._child import settle
from oarlock_opt.reference._options import Options

__all__ = ["main"]


def main() -> None:
    """The whole life of the child; does not return."""
    settle()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with suppress(EOFError, OSError):  # The owner has gone.
        _serve(channel)
    os._exit(0)


def _serve(channel: Channel) -> None:
    order, _ = channel.receive()
    with _ends_with_owner(channel):
        model, answer = _loaded(order)
    channel.send(answer)
    while model is not None:
        message, arrays = channel.receive()
        with _ends_with_owner(channel):
            try:
                outputs = model.run(dict(zip(message["names"], arrays, strict=True)))
                answer = {"seconds": model.seconds}
            except Exception as error:
                outputs, answer = [], {"error": _text(error)}
        channel.send(answer, outputs)


@contextmanager
def _ends_with_owner(channel: Channel) -> Iterator[None]:
    """Have the kernel end this process when the other end of the socket is closed.

    PaddlePaddle holds Python's lock while it computes, so no thread could see to it. Within, the owner waits and sends
    nothing; the only event on the socket that can bring SIGIO, whose default is to end the process, is its end.
    """
    descriptor = channel.fileno()
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    if poll.poll(0):  # it was closed before
        os._exit(0)
    try:
        yield
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


def _loaded(order: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model and what the owner is told of it; None and why not."""
    from oarlock_opt.reference._predictor import DeviceRefused, Predictor, prepare

    options = Options(**order["options"])
    prepare(options)
    try:
        import paddle  # noqa: F401
    except ImportError as error:
        return None, {"refused": "import", "text": f"{type(error).__name__}: {error}"}
    try:
        model = Predictor(order["program"], order["params"], options)
    except DeviceRefused as error:
        return None, {"refused": "device", "text": str(error)}
    except Exception as error:
        return None, {"error": _text(error)}
    return model, {"facts": vars(model.facts), "inputs": model.input_names, "outputs": model.output_names}


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
