"""A line on a terminal that says how far a command has come."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TypeVar

__all__ = ["Progress", "StatusLine", "duration"]

_FIRST_AFTER_SECONDS = 0.5
_EVERY_SECONDS = 0.1
_ERASE = "\r\x1b[K"

Self = TypeVar("Self", bound="StatusLine")


class StatusLine:
    """A line on stderr that is written anew as work goes on and gone in the end; none where stderr is no terminal.

    Use it as a context manager, and erase it before anything else is printed on the terminal.
    """

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        """Whether there is anybody to read it."""
        self._begin = self._drawn = time.monotonic()
        self._visible = False

    def restart(self) -> None:
        """Wait again for the first half second before anything is drawn."""
        self._begin = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time to draw: a while after the beginning, and then a few times a second."""
        now = time.monotonic()
        return self.shown and now - self._begin >= _FIRST_AFTER_SECONDS and now - self._drawn >= _EVERY_SECONDS

    def draw(self, text: str) -> None:
        """Show a text of one line, whatever ``is_due`` says, in place of the one before."""
        if not self.shown:
            return
        self._drawn = time.monotonic()
        self._visible = True
        # A line that wraps could not be erased. Some terminals say that they have no columns.
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        sys.stderr.write(_ERASE + text[: columns - 1])
        sys.stderr.flush()

    def erase(self) -> None:
        """Leave the line empty, until it is drawn again."""
        if self._visible:
            self._visible = False
            sys.stderr.write(_ERASE)
            sys.stderr.flush()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.erase()


class Progress(StatusLine):
    """A status line that counts: "37/200 pictures, 12.3 a second, 13 s left"."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit
        self._total: int | None = None
        self._done = 0

    def start(self, total: int | None) -> None:
        """Count from here, up to ``total`` where that is known."""
        self._total = total
        self.restart()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        if self.is_due():
            self.draw(self._text(time.monotonic() - self._begin))

    def _text(self, seconds: float) -> str:
        rate = self._done / seconds
        text = f"{self._done}{'' if self._total is None else f'/{self._total}'} {self._unit}, {rate:.1f} a second"
        if self._total is not None and self._done < self._total:
            text += f", {duration((self._total - self._done) / rate)} left"
        return text


def duration(seconds: float) -> str:
    """A time for people: "13 s", "12 min", "2.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
