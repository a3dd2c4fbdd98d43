"""Watching other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["children_of", "is_running", "wait_until"]


def children_of(process: int) -> list[int]:
    """The children that the main thread of a process has started and not waited for."""
    return [int(it) for it in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_running(process: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Return once the condition holds; fail when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
