"""How far a variant's answers are from the reference's: sums over any number of pictures, in constant memory.

Every figure is of one output of the model. A picture is a row of the batch. NaN and infinity are counted before
anything else is computed, and a picture that has one on either side counts nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt._agreement import SURE

__all__ = ["Measures", "Meter", "Row", "probabilities"]

_TOP = 5
# The edges of the histogram of relative errors: half decades from 1e-9 to 10.
_EDGES = np.logspace(-9, 1, 21)
_POINTS = 2000
_POINTS_A_ROW = 20


def probabilities(scores: NDArray[Any], meaning: str) -> NDArray[np.float64]:
    """Of a row of finite scores: softmax of logits in double precision; what are probabilities stays."""
    values = scores.astype(np.float64)
    if meaning == "probabilities":
        return values
    exponentials = np.exp(values - np.max(values))
    result: NDArray[np.float64] = exponentials / exponentials.sum()
    return result


@dataclass(frozen=True)
class Row:
    """One picture on both sides: what ``Meter.add`` found.

    ``finite`` is False when either side has NaN or infinity, and then the rest says nothing. ``relative_error`` is the
    largest |difference| / largest |reference|.
    """

    finite: bool
    relative_error: float = 0.0
    first: tuple[int, int] = (-1, -1)
    """The first places, of the reference and of the variant; -1 where the output names no classes."""

    @property
    def agrees(self) -> bool:
        """Whether both are finite and put the same class first."""
        return self.finite and self.first[0] == self.first[1]


@dataclass(frozen=True)
class Measures:
    """Figures over ``count`` pictures, of which ``finite`` are finite on both sides; the others are of those.

    ``not_finite`` counts pictures with NaN or infinity: of the reference, and of the variant. Agreements are parts from
    0 to 1: the same first place; the reference's first among the variant's first five; the same first place among the
    ``sure`` pictures, on which the reference's probability is at least SURE. ``largest_error`` and ``mean_error`` are
    of |difference|; ``largest_relative`` and ``mean_relative`` of each picture's largest |difference| / largest
    |reference|. ``kl`` is the Kullback-Leibler divergence of the variant's probabilities from the reference's, in nats
    (Kullback and Leibler 1951), ``cosine`` the cosine of the angle between both vectors of scores.

    What is of classes is None for an output that names none, everything is None where nothing was finite.
    """

    count: int
    finite: int
    not_finite: tuple[int, int]
    top1_agreement: float | None
    top5_agreement: float | None
    sure: int
    sure_agreement: float | None
    largest_error: float | None
    mean_error: float | None
    largest_relative: float | None
    mean_relative: float | None
    mean_kl: float | None
    largest_kl: float | None
    mean_cosine: float | None
    smallest_cosine: float | None

    def to_json(self) -> dict[str, Any]:
        """The figures by docs/schema/verify.schema.json."""
        return {
            "count": self.count,
            "finite": self.finite,
            "not_finite": {"reference": self.not_finite[0], "variant": self.not_finite[1]},
            "top1_agreement": self.top1_agreement,
            "top5_agreement": self.top5_agreement,
            "sure": {"count": self.sure, "agreement": self.sure_agreement},
            "error": {"largest": self.largest_error, "mean": self.mean_error},
            "relative_error": {"largest": self.largest_relative, "mean": self.mean_relative},
            "kl": {"mean": self.mean_kl, "largest": self.largest_kl},
            "cosine": {"mean": self.mean_cosine, "smallest": self.smallest_cosine},
        }


@dataclass
class Meter:
    """Takes pictures one after another; ``meaning`` is that of the output in bundle.json.

    Beside the figures it keeps a histogram of the pictures' relative errors and, for a picture of both sides, up to
    2,000 pairs of scores, the first 20 evenly spread ones of each picture until there are so many.
    """

    meaning: str
    _count: int = 0
    _finite: int = 0
    _not_finite: list[int] = field(default_factory=lambda: [0, 0])
    _top1: int = 0
    _top5: int = 0
    _sure: int = 0
    _sure_agree: int = 0
    _values: int = 0
    _error_sum: float = 0.0
    _error_largest: float = 0.0
    _relative_sum: float = 0.0
    _relative_largest: float = 0.0
    _kl_sum: float = 0.0
    _kl_largest: float = 0.0
    _cosine_sum: float = 0.0
    _cosine_smallest: float = 1.0
    _histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(_EDGES) + 1, np.int64))
    _points: list[tuple[float, float]] = field(default_factory=list)

    @property
    def classifies(self) -> bool:
        """Whether the output names classes."""
        return self.meaning in ("logits", "probabilities")

    def add(self, reference: NDArray[Any], variant: NDArray[Any]) -> Row:
        """Take one picture's output from both sides: arrays of the same shape, without the batch."""
        self._count += 1
        finite = [bool(np.isfinite(side).all()) for side in (reference, variant)]
        for side, is_finite in enumerate(finite):
            self._not_finite[side] += not is_finite
        if not all(finite):
            return Row(finite=False)
        self._finite += 1
        expected, found = reference.astype(np.float64).ravel(), variant.astype(np.float64).ravel()
        relative = self._add_errors(expected, found)
        if not self.classifies:
            return Row(True, relative)
        return Row(True, relative, self._add_classes(expected, found))

    def _add_errors(self, expected: NDArray[np.float64], found: NDArray[np.float64]) -> float:
        difference = np.abs(expected - found)
        largest = float(difference.max(initial=0.0))
        scale = float(np.abs(expected).max(initial=0.0))
        relative = largest / scale if scale else (0.0 if largest == 0 else float("inf"))
        self._values += difference.size
        self._error_sum += float(difference.sum())
        self._error_largest = max(self._error_largest, largest)
        self._relative_sum += relative
        self._relative_largest = max(self._relative_largest, relative)
        self._histogram[np.searchsorted(_EDGES, relative, side="right")] += 1
        lengths = float(np.linalg.norm(expected) * np.linalg.norm(found))
        cosine = float(expected @ found) / lengths if lengths else float(largest == 0)
        self._cosine_sum += cosine
        self._cosine_smallest = min(self._cosine_smallest, cosine)
        if len(self._points) < _POINTS:
            step = max(1, expected.size // _POINTS_A_ROW)
            pairs = zip(expected[::step], found[::step], strict=True)
            self._points += [(float(x), float(y)) for x, y in pairs][:_POINTS_A_ROW]
        return relative

    def _add_classes(self, expected: NDArray[np.float64], found: NDArray[np.float64]) -> tuple[int, int]:
        first = int(np.argmax(expected)), int(np.argmax(found))
        self._top1 += first[0] == first[1]
        # The place that the reference's first has with the variant, ties by lower index as oar_top_k has them.
        value = found[first[0]]
        place = int((found > value).sum() + (found[: first[0]] == value).sum())
        self._top5 += place < _TOP
        p, q = probabilities(expected, self.meaning), probabilities(found, self.meaning)
        if p[first[0]] >= SURE:
            self._sure += 1
            self._sure_agree += first[0] == first[1]
        positive = p > 0
        with np.errstate(divide="ignore"):
            # It is never negative (Gibbs' inequality), but for rounding.
            kl = max(0.0, float((p[positive] * np.log(p[positive] / q[positive])).sum()))
        self._kl_sum += kl
        self._kl_largest = max(self._kl_largest, kl)
        return first

    def measures(self) -> Measures:
        """The figures so far."""

        def part(sum_: float, count: int, *, known: bool = True) -> float | None:
            return sum_ / count if count and known else None

        def extreme(value: float, *, known: bool = True) -> float | None:
            return value if self._finite and known else None

        classes = self.classifies
        return Measures(
            count=self._count,
            finite=self._finite,
            not_finite=(self._not_finite[0], self._not_finite[1]),
            top1_agreement=part(self._top1, self._finite, known=classes),
            top5_agreement=part(self._top5, self._finite, known=classes),
            sure=self._sure,
            sure_agreement=part(self._sure_agree, self._sure),
            largest_error=extreme(self._error_largest),
            mean_error=part(self._error_sum, self._values),
            largest_relative=extreme(self._relative_largest),
            mean_relative=part(self._relative_sum, self._finite),
            mean_kl=part(self._kl_sum, self._finite, known=classes),
            largest_kl=extreme(self._kl_largest, known=classes),
            mean_cosine=part(self._cosine_sum, self._finite),
            smallest_cosine=extreme(self._cosine_smallest),
        )

    def histogram(self) -> dict[str, Any]:
        """Pictures by relative error: counts[i] are below edges[i], the last is of those above all edges."""
        return {"edges": [float(f"{edge:.4g}") for edge in _EDGES], "counts": self._histogram.tolist()}

    def points(self) -> list[tuple[float, float]]:
        """Pairs of scores: the reference's and the variant's."""
        return list(self._points)
