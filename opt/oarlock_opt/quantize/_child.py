"""The process in which PaddlePaddle calibrates a model.

Arguments: the file descriptor of a socket. The first message says what to calibrate; the answers to it and to each one
after that ask for a batch ("wants"), say that thresholds are computed ("computes"), or bring the result ("thresholds").
Batches come from the beginning again when the answer says so ("begins").
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from oarlock._channel import Channel
from oarlock._child import settle

__all__ = ["main"]

_FLAGS = {
    "FLAGS_enable_pir_api": "0",  # PaddlePaddle's calibration knows legacy programs only
    # With one thread, thresholds do not depend on how many processors there are.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def main() -> None:
    """The whole life of the child; does not return."""
    settle()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    with suppress(EOFError, OSError):  # the owner has gone
        order, _ = channel.receive()
        try:
            channel.send(_calibrated(order, channel))
        except (EOFError, OSError):
            raise
        except Exception as error:
            channel.send({"error": f"{type(error).__name__}: {error}"})
    os._exit(0)


def _calibrated(order: Mapping[str, Any], channel: Channel) -> dict[str, Any]:
    os.environ.update(_FLAGS)
    from oarlock_opt.quantize._collector import collect

    def batches() -> Iterator[dict[str, NDArray[Any]]]:
        channel.send({"begins": True})
        channel.receive()
        while True:
            channel.send({"wants": True})
            message, arrays = channel.receive()
            if not arrays:
                return
            yield dict(zip(message["names"], arrays, strict=True))

    def computing(done: int, total: int) -> None:
        channel.send({"computes": [done, total]})
        channel.receive()

    thresholds = collect(order["program"], order["params"], order["folder"], order["methods"], batches, computing)
    return {"thresholds": thresholds}
