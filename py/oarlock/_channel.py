"""Messages between a process and its worker: a JSON object, and arrays.

Neither side trusts the other's bytes with more than text and numbers. There is no pickle: a worker in which a foreign
model has run may say anything.
"""

from __future__ import annotations

import json
import math
import socket
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import _core
from oarlock._tensors import DTYPES

__all__ = ["Channel", "Garbled"]

_LENGTH = struct.Struct("<I")
_LONGEST_HEADER = 1 << 20


class Garbled(Exception):  # noqa: N818
    """What came was no message."""


class Channel:
    """One end of a pair of connected sockets. One thread at a time."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def fileno(self) -> int:
        """The file descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end; the other then reads the end of the stream. Closing again does nothing."""
        self._socket.close()

    def send(self, message: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
        """Send a message with C-contiguous arrays of a dtype in DTYPES. Raises OSError when the other end is closed."""
        tensors = [[array.dtype.name, array.shape] for array in arrays]
        header = json.dumps({**message, "tensors": tensors}).encode()
        self._socket.sendall(_LENGTH.pack(len(header)) + header)
        for array in arrays:
            if array.nbytes:
                self._socket.sendall(memoryview(array.reshape(-1)).cast("B"))

    def receive(self) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        """The next message and its arrays. Raises EOFError when the other end is closed, OSError, Garbled."""
        [length] = _LENGTH.unpack(self._read(bytearray(_LENGTH.size)))
        if length > _LONGEST_HEADER:
            raise Garbled(f"a header of {length} bytes")
        try:
            message = json.loads(bytes(self._read(bytearray(length))))
            arrays = [_empty(dtype, shape) for dtype, shape in message.pop("tensors")]
        except (ValueError, TypeError, LookupError, AttributeError, MemoryError, RecursionError) as error:
            raise Garbled(str(error)) from error
        for array in arrays:
            if array.nbytes:
                self._read(memoryview(array.reshape(-1)).cast("B"))
        return message, arrays

    def _read(self, buffer: bytearray | memoryview) -> bytearray | memoryview:
        view = memoryview(buffer)
        while view.nbytes:
            count = self._socket.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return buffer


def _empty(dtype: str, shape: list[int]) -> NDArray[Any]:
    if dtype not in DTYPES or len(shape) > _core.MAX_RANK or not all(isinstance(it, int) and it >= 0 for it in shape):
        raise ValueError(f"an array of {dtype} {shape}")
    if math.prod(shape) > 1 << 40:
        raise ValueError(f"an array of {shape}")
    return np.empty(shape, dtype)
