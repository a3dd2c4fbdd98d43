"""Figures over pictures, against the same computed another way."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.verify.accuracy import Tally
from oarlock_opt.verify.measures import Meter


def _softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


def test_figures() -> None:
    random = np.random.default_rng(1)
    reference = random.standard_normal((40, 12)).astype(np.float32) * 3
    variant = reference + random.standard_normal((40, 12)).astype(np.float32)
    meter = Meter("logits")
    for pair in zip(reference, variant, strict=True):
        meter.add(*pair)
    found = meter.measures()

    difference = np.abs(reference.astype(float) - variant)
    assert found.count == found.finite == 40
    assert found.not_finite == (0, 0)
    assert found.largest_error == pytest.approx(difference.max())
    assert found.mean_error == pytest.approx(difference.mean())
    relative = difference.max(1) / np.abs(reference).max(1)
    assert found.largest_relative == pytest.approx(relative.max())
    assert found.mean_relative == pytest.approx(relative.mean())
    first = reference.argmax(1)
    assert found.top1_agreement == (first == variant.argmax(1)).mean()
    five = np.argsort(-variant, axis=1)[:, :5]
    assert found.top5_agreement == (five == first[:, None]).any(1).mean()
    p, q = (np.array([_softmax(row.astype(float)) for row in side]) for side in (reference, variant))
    kl = (p * np.log(p / q)).sum(1)
    assert found.mean_kl == pytest.approx(kl.mean())
    assert found.largest_kl == pytest.approx(kl.max())
    sure = p.max(1) >= 0.5
    assert found.sure == sure.sum() > 5
    assert found.sure_agreement == (first == variant.argmax(1))[sure].mean()
    cosines = (reference * variant).sum(1) / np.linalg.norm(reference, axis=1) / np.linalg.norm(variant, axis=1)
    assert found.mean_cosine == pytest.approx(cosines.mean())
    assert found.smallest_cosine == pytest.approx(cosines.min())
    assert sum(meter.histogram()["counts"]) == 40


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_and_nothing_else(bad: float) -> None:
    meter = Meter("logits")
    good = np.array([1.0, 2.0], np.float32)
    assert not meter.add(good, np.array([1.0, bad], np.float32)).finite
    assert not meter.add(np.array([bad, 1.0], np.float32), good).finite
    measures = meter.measures()
    assert (measures.count, measures.finite, measures.not_finite) == (2, 0, (1, 1))
    assert measures.top1_agreement is measures.largest_error is measures.mean_cosine is None
    assert meter.add(good, good).agrees
    assert meter.measures().top1_agreement == 1.0
    assert meter.measures().largest_error == 0.0


def test_ties_go_to_the_lower_class() -> None:
    meter = Meter("probabilities")
    tied = np.full(7, 1 / 7, np.float32)
    assert meter.add(tied, tied).first == (0, 0)
    last = np.zeros(7, np.float32)
    last[6] = 0.9
    assert not meter.add(last, tied).agrees
    assert meter.measures().top5_agreement == 0.5


def test_a_tensor_names_no_classes() -> None:
    meter = Meter("tensor")
    meter.add(np.ones((2, 3), np.float32), np.ones((2, 3), np.float32))
    measures = meter.measures()
    assert measures.top1_agreement is None
    assert measures.mean_kl is None
    assert measures.largest_relative == 0.0


def test_memory_does_not_grow() -> None:
    meter = Meter("logits")
    row = np.linspace(0, 1, 1000).astype(np.float32)
    for _ in range(500):
        meter.add(row, row)
    assert len(meter.points()) <= 2020


def test_accuracy_with_its_interval() -> None:
    tally = Tally(1)
    good, bad = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    for reference, variant, times in ((good, good, 80), (good, bad, 12), (bad, good, 3), (bad, bad, 5)):
        for _ in range(times):
            tally.add(1, reference, variant)
    accuracy = tally.accuracy()
    assert accuracy is not None
    assert (accuracy.reference, accuracy.variant) == (0.92, 0.83)
    assert accuracy.difference == pytest.approx(-0.09)
    # (12.5, 3.5, n = 102): -9/102 -+ 1.96 sqrt(16 - 81/102) / 102
    assert (accuracy.low, accuracy.high) == (pytest.approx(-0.163165, abs=1e-6), pytest.approx(-0.013306, abs=1e-6))


def test_nan_is_never_right() -> None:
    tally = Tally(5)
    tally.add(0, np.array([1.0, 0.0]), np.array([np.nan, 0.0]))
    accuracy = tally.accuracy()
    assert accuracy is not None
    assert (accuracy.reference, accuracy.variant) == (1.0, 0.0)
    assert Tally(1).accuracy() is None
