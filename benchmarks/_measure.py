"""Measuring two things against each other on a machine that is not quiet."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Ratio", "compare", "compare_commands"]


@dataclass(frozen=True)
class Ratio:
    """One measured ratio: what ours and theirs are, the medians in milliseconds, and the limit, None where none is set.

    A ratio of something else than times says its ``unit``. ``ratio`` is the median over pairs, each measured back
    to back, so that a drift of the machine falls out.
    """

    name: str
    ours: str
    theirs: str
    ours_ms: float
    theirs_ms: float
    ratio: float
    limit: float | None
    unit: str = "ms"

    @property
    def ok(self) -> bool:
        """Whether the ratio is within its limit."""
        return self.limit is None or self.ratio <= self.limit


def compare(
    name: str,
    ours: tuple[str, Callable[[], object]],
    theirs: tuple[str, Callable[[], object]],
    *,
    pairs: int,
    limit: float | None = None,
    warmup: int = 2,
) -> Ratio:
    """Time both in turn, ``pairs`` times, the order alternating; each side is (what it is, what to call)."""
    for _ in range(warmup):
        ours[1]()
        theirs[1]()
    samples: list[tuple[float, float]] = []
    for index in range(pairs):
        if index % 2:
            second = _milliseconds(theirs[1])
            first = _milliseconds(ours[1])
        else:
            first = _milliseconds(ours[1])
            second = _milliseconds(theirs[1])
        samples.append((first, second))
    return Ratio(
        name=name,
        ours=ours[0],
        theirs=theirs[0],
        ours_ms=statistics.median(first for first, _ in samples),
        theirs_ms=statistics.median(second for _, second in samples),
        ratio=statistics.median(first / second for first, second in samples),
        limit=limit,
    )


def compare_commands(
    name: str, ours: Sequence[str], theirs: Sequence[str], *, pairs: int, limit: float | None = None
) -> Ratio:
    """``compare`` for whole processes."""

    def run(command: Sequence[str]) -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return compare(name, (" ".join(ours), run(ours)), (" ".join(theirs), run(theirs)), pairs=pairs, limit=limit)


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000
