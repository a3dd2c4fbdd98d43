"""A line on a terminal that says how far a command has come."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

__all__ = ["Progress"]

_FIRST_AFTER_SECONDS = 0.5
_EVERY_SECONDS = 0.1
_ERASE = "\r\x1b[K"


class Progress:
    """A line on stderr, "37/200 pictures, 12.3 a second, 13 s left", that is gone in the end; none where stderr is no
    terminal. Use it as a context manager, and erase it before anything else is printed on the terminal.
    """

    def __init__(self, unit: str) -> None:
        self.shown = sys.stderr.isatty()
        """Whether there is anybody to read it."""
        self._unit = unit
        self._total: int | None = None
        self._done = 0
        self._begin = self._drawn = time.monotonic()
        self._visible = False

    def start(self, total: int | None) -> None:
        """Count from here, up to ``total`` where that is known."""
        self._total = total
        self._begin = time.monotonic()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if self.shown and now - self._begin >= _FIRST_AFTER_SECONDS and now - self._drawn >= _EVERY_SECONDS:
            self._drawn = now
            self._visible = True
            sys.stderr.write(_ERASE + self._text(now - self._begin))
            sys.stderr.flush()

    def erase(self) -> None:
        """Leave the line empty, until ``advance`` draws it again."""
        if self._visible:
            self._visible = False
            sys.stderr.write(_ERASE)
            sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.erase()

    def _text(self, seconds: float) -> str:
        rate = self._done / seconds
        text = f"{self._done}{'' if self._total is None else f'/{self._total}'} {self._unit}, {rate:.1f} a second"
        if self._total is not None and self._done < self._total:
            text += f", {_duration((self._total - self._done) / rate)} left"
        # A line that wraps could not be erased. Some terminals say that they have no columns.
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        return text[: columns - 1]


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
