"""The other end of ``oarlock-classify --serve``."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Answer", "Served"]

Answer = tuple[dict[str, Any], list[NDArray[Any]]]


class Served:
    """A serving program; ``greeting`` is its first message. Written from docs/arm-linux.md, not from _channel.py."""

    def __init__(self, command: Sequence[str | Path], **options: Any) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )
        self.greeting, _ = self.receive()

    def ask(self, header: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> Answer:
        """Send a request and wait for the answer."""
        text = json.dumps({**header, "tensors": [[it.dtype.name, it.shape] for it in arrays]}).encode()
        self.send(struct.pack("<I", len(text)) + text + b"".join(np.ascontiguousarray(it).tobytes() for it in arrays))
        return self.receive()

    def send(self, content: bytes) -> None:
        """Send bytes, whatever they are."""
        stream = self._stream(self.process.stdin)
        stream.write(content)
        stream.flush()

    def receive(self) -> Answer:
        """The next message."""
        [length] = struct.unpack("<I", self._read(4))
        header = json.loads(self._read(length))
        arrays = []
        for dtype, shape in header.pop("tensors"):
            count = int(np.prod(shape, dtype=np.int64))
            content = self._read(count * np.dtype(dtype).itemsize)
            arrays.append(np.frombuffer(content, np.dtype(dtype).newbyteorder("<")).reshape(shape))
        return header, arrays

    def end(self) -> int:
        """Close its standard input: the exit status. Nothing may be left to read."""
        self._stream(self.process.stdin).close()
        assert self._stream(self.process.stdout).read() == b""
        return self.process.wait(timeout=60)

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                self._stream(stream).close()

    def _read(self, count: int) -> bytes:
        content = self._stream(self.process.stdout).read(count)
        assert len(content) == count, "the stream ended"
        return content

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream
