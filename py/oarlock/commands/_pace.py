"""Whether Paddle Lite's x86 engine is what makes a command slow."""

from __future__ import annotations

import time

__all__ = ["Pace"]

_AFTER_SECONDS = 10.0
_FROM_SHARE = 2 / 3


class Pace:
    """Compares the time in the engine with all the time since this object was made."""

    def __init__(self, variant: str) -> None:
        """``variant`` is a variant's id, or the targets of a .nb file."""
        self._watching = variant.split("-")[0] == "x86"
        self._begin = time.monotonic()
        self._engine_seconds = 0.0
        self._runs = 0

    def remark(self, engine_seconds: float) -> str | None:
        """To be called after every run of the engine; a sentence for the user once, when it is due."""
        self._engine_seconds += engine_seconds
        self._runs += 1
        seconds = time.monotonic() - self._begin
        if not self._watching or seconds < _AFTER_SECONDS or self._engine_seconds < _FROM_SHARE * seconds:
            return None
        self._watching = False
        return (
            f"Paddle Lite's x86 engine takes {self._engine_seconds / self._runs * 1000:.0f} ms a picture and sets the "
            "pace here; it is there to check models, not for speed."
        )
