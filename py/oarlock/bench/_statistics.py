"""What many times of one thing come to. arm_linux/src/bench/statistics.cc computes the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["milliseconds", "percentile", "summary"]


def percentile(ordered: Sequence[float], part: float) -> float:
    """The value below which ``part``, 0 to 1, of the values lie; ``ordered`` ascends and is not empty.

    Between two values it is interpolated linearly, at the position ``part * (count - 1)``: Hyndman and Fan's method 7
    (The American Statistician 50, 1996), numpy's default.
    """
    position = part * (len(ordered) - 1)
    below = math.floor(position)
    if below + 1 == len(ordered):
        return ordered[below]
    return ordered[below] + (position - below) * (ordered[below + 1] - ordered[below])


def milliseconds(seconds: float) -> float:
    """To a tenth of a microsecond, which is more than clocks are good for."""
    return round(seconds * 1000, 4)


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99, mean, min and max in milliseconds, under the names that docs/schema/bench.schema.json has."""
    ordered = sorted(seconds)
    figures = {
        "p50_ms": percentile(ordered, 0.5),
        "p90_ms": percentile(ordered, 0.9),
        "p99_ms": percentile(ordered, 0.99),
        "mean_ms": math.fsum(ordered) / len(ordered),
        "min_ms": ordered[0],
        "max_ms": ordered[-1],
    }
    return {name: milliseconds(value) for name, value in figures.items()}
