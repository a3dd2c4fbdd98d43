"""How far an array is from another."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oarlock_opt.layers._measure import measure


def test_equal_arrays() -> None:
    array = np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4)
    found = measure(array, array)
    assert (found.relative, found.not_finite, found.fits, found.shape) == (0.0, 0, True, (2, 3, 4))
    assert found.cosine == pytest.approx(1.0)
    assert not found.exceeds(0.0)


def test_a_difference_is_a_part_of_the_largest_value() -> None:
    found = measure(np.array([1.0, -3.0]), np.array([1.0, -4.0]))
    assert found.relative == pytest.approx(0.25)
    assert found.exceeds(0.2)
    assert not found.exceeds(0.3)


def test_zeros_are_measured_as_they_are() -> None:
    found = measure(np.array([0.5, 0.0]), np.zeros(2))
    assert (found.relative, found.cosine) == (0.5, None)


def test_integers_and_booleans() -> None:
    assert measure(np.array([2**40]), np.array([2**40 + 2**38])).relative == pytest.approx(0.2)
    assert measure(np.array([True, False]), np.array([True, True])).relative == 1.0


def test_what_is_not_finite_is_counted_and_in_no_other_figure() -> None:
    found = measure(np.array([np.nan, np.inf, 1.0]), np.array([1.0, 1.0, 1.0]))
    assert (found.not_finite, found.relative) == (2, 0.0)
    assert found.exceeds(1.0)
    assert found.badness == math.inf
    # Where the reference is not finite either, nothing can be said.
    assert measure(np.array([np.nan, 1.0]), np.array([np.inf, 1.0])).not_finite == 0
    assert measure(np.array([np.nan]), np.array([1.0])).relative is None


def test_sizes_that_differ() -> None:
    assert measure(np.ones((1, 4)), np.ones(4)).fits
    assert not measure(np.ones((2, 4)), np.ones((4, 2))).fits
    assert measure(np.ones(3), np.ones(4)).exceeds(math.inf)


def test_of_two_the_worst() -> None:
    good, bad = measure(np.ones(2), np.ones(2)), measure(np.array([2.0, 1.0]), np.ones(2))
    worse = good.worse(bad)
    assert worse == bad.worse(good)
    assert worse.relative == 1.0
    assert worse.cosine == bad.cosine
