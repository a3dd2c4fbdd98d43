"""The hash of a file, made by a thread while others work: it takes no time of the interpreter's."""

from __future__ import annotations

import threading
from pathlib import Path

from oarlock._files import sha256_file

__all__ = ["Hashing"]


class Hashing:
    """The SHA-256 of a file, begun at once; where no thread can be had, made when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sha256: str | None = None
        self._error: OSError | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._run, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # "can't start new thread": a limit of memory or of processes
            self._thread = None

    def result(self) -> str:
        """The hash in lower-case hexadecimal, waited for. Raises OSError."""
        if self._thread is None:
            self._run()
        else:
            self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._sha256 is not None
        return self._sha256

    def _run(self) -> None:
        try:
            self._sha256 = sha256_file(self.path)
        except OSError as error:
            self._error = error
