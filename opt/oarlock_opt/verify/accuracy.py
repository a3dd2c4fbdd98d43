"""Accuracy on labelled pictures, on both sides, and what is known of the difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Accuracy", "Tally"]

_TOP = 5
_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution, for intervals of 95 %."""


@dataclass(frozen=True)
class Accuracy:
    """Parts of ``count`` pictures on which a side is right, and the difference, variant minus reference.

    ``low`` and ``high`` bound that difference with 95 % confidence, from the pictures on which just one side is right:
    the adjusted Wald interval for paired proportions (Agresti and Min, Statistics in Medicine 24, 2005), which adds
    half a picture to each of the four cells.
    """

    count: int
    reference: float
    variant: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Variant minus reference; negative when the variant lost."""
        return self.variant - self.reference

    def to_json(self) -> dict[str, Any]:
        """The figures by docs/schema/verify.schema.json."""
        return {
            "count": self.count,
            "reference": self.reference,
            "variant": self.variant,
            "difference": self.difference,
            "interval": [self.low, self.high],
        }


class Tally:
    """Counts for one k who is right in the first k places."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._count = self._both = self._reference_alone = self._variant_alone = 0

    def add(self, label: int, reference: NDArray[Any], variant: NDArray[Any]) -> None:
        """Take a picture's label and the scores of both sides, one-dimensional; NaN is never right."""
        right = [_place(label, scores) < self._k for scores in (reference, variant)]
        self._count += 1
        self._both += all(right)
        self._reference_alone += right == [True, False]
        self._variant_alone += right == [False, True]

    def accuracy(self) -> Accuracy | None:
        """The figures so far; None before the first picture."""
        if not self._count:
            return None
        n = self._count + 2
        lost, won = self._reference_alone + 0.5, self._variant_alone + 0.5
        middle = (won - lost) / n
        half = _Z * math.sqrt(max(0.0, (won + lost) - (won - lost) ** 2 / n)) / n
        return Accuracy(
            self._count,
            (self._both + self._reference_alone) / self._count,
            (self._both + self._variant_alone) / self._count,
            max(-1.0, middle - half),
            min(1.0, middle + half),
        )


def _place(label: int, scores: NDArray[Any]) -> float:
    if not 0 <= label < scores.size or not np.isfinite(scores).all():
        return math.inf
    value = scores[label]
    return int((scores > value).sum() + (scores[:label] == value).sum())
