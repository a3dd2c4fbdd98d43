"""How far an array is from what it should be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Measure", "measure"]


@dataclass(frozen=True)
class Measure:
    """``relative`` is the largest difference as a part of the expected array's largest value, or the difference itself
    where that is 0; ``not_finite`` counts elements that are NaN or infinite where they should not be, and they are in
    no other figure. ``relative`` and ``cosine`` are None where nothing is left, or the arrays differ in size, which
    ``fits`` tells. ``shape`` is the array's.
    """

    shape: tuple[int, ...]
    relative: float | None
    cosine: float | None
    not_finite: int
    fits: bool = True

    def exceeds(self, limit: float) -> bool:
        """Whether it is further off than a limit."""
        return not self.fits or self.not_finite > 0 or (self.relative is not None and self.relative > limit)

    def worse(self, other: Measure) -> Measure:
        """Of two measures the worst of each figure."""
        first, second = (self, other) if other.badness <= self.badness else (other, self)
        cosines = [each.cosine for each in (self, other) if each.cosine is not None]
        return Measure(
            first.shape,
            first.relative if first.relative is not None else second.relative,
            min(cosines, default=None),
            self.not_finite + other.not_finite,
            self.fits and other.fits,
        )

    @property
    def badness(self) -> float:
        """``relative``, and infinity where there is worse than a difference."""
        return math.inf if not self.fits or self.not_finite else self.relative or 0.0


def measure(found: NDArray[Any], expected: NDArray[Any]) -> Measure:
    """Compare an array with what is expected; shapes may differ in dimensions of one element."""
    if [n for n in found.shape if n != 1] != [n for n in expected.shape if n != 1]:
        return Measure(found.shape, None, None, 0, fits=False)
    a, b = (array.reshape(-1).astype(np.float64) for array in (found, expected))
    finite = np.isfinite(a) & np.isfinite(b)
    not_finite = int(np.count_nonzero(~np.isfinite(a) & np.isfinite(b)))
    if not finite.all():
        a, b = a[finite], b[finite]
    if not a.size:
        return Measure(found.shape, None, None, not_finite)
    largest = float(np.abs(b).max())
    difference = float(np.abs(a - b).max())
    norms = math.sqrt(_dot(a, a)) * math.sqrt(_dot(b, b))
    cosine = min(1.0, _dot(a, b) / norms) if norms else None
    return Measure(found.shape, difference / largest if largest else difference, cosine, not_finite)


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    # BLAS would start threads for each of some hundred small products.
    return float(np.einsum("i,i", a, b))
