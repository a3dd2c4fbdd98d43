"""Messages between a process and its worker: a JSON object, and arrays.

Neither side trusts the other's bytes with more than text and numbers. There is no pickle: a worker in which a foreign
model has run may say anything.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oarlock import _core
from oarlock._tensors import DTYPES

__all__ = ["Channel", "End", "Garbled", "Pipes"]

_LENGTH = struct.Struct("<I")
_LONGEST_HEADER = 1 << 20


class Garbled(Exception):  # noqa: N818
    """What came was no message."""


class End(Protocol):
    """What a channel needs of its end of a connection; sockets have it."""

    def fileno(self) -> int: ...

    def sendall(self, data: bytes | memoryview, /) -> None: ...

    def recv_into(self, buffer: memoryview, /) -> int: ...

    def close(self) -> None: ...


class Pipes:
    """The near ends of two pipes, such as the output and the input of a program, as an end for Channel."""

    def __init__(self, source: int, sink: int) -> None:
        """Owns both file descriptors from now on."""
        self._source, self._sink = source, sink
        self._open = True

    def fileno(self) -> int:
        """The descriptor that is read."""
        return self._source

    def sendall(self, data: bytes | memoryview, /) -> None:
        """Write all of it. Raises OSError: BrokenPipeError when nobody reads any more."""
        view = memoryview(data)
        while view.nbytes:
            view = view[os.write(self._sink, view) :]

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read what there is, at most so much; 0 at the end. Raises OSError."""
        return os.readv(self._source, [buffer])

    def close(self) -> None:
        """Close both. Closing again does nothing."""
        if self._open:
            self._open = False
            os.close(self._sink)
            os.close(self._source)


class Channel:
    """One end of a connection: one of a pair of connected sockets, or Pipes. One thread at a time."""

    def __init__(self, end: End) -> None:
        self._end = end

    def fileno(self) -> int:
        """The file descriptor that is read."""
        return self._end.fileno()

    def close(self) -> None:
        """Close this end; the other then reads the end of the stream. Closing again does nothing."""
        self._end.close()

    def send(self, message: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
        """Send a message with C-contiguous arrays of a dtype in DTYPES. Raises OSError when the other end is closed."""
        tensors = [[array.dtype.name, array.shape] for array in arrays]
        header = json.dumps({**message, "tensors": tensors}).encode()
        self._end.sendall(_LENGTH.pack(len(header)) + header)
        for array in arrays:
            if array.nbytes:
                self._end.sendall(memoryview(array.reshape(-1)).cast("B"))

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
            count = self._end.recv_into(view)
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
