"""softmax and top-k against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock.errors import BadDtypeError, BadShapeError, InvalidArgumentError, NotFiniteError
from oarlock.scores import softmax, top_k


@pytest.mark.parametrize("shape", [(1,), (1000,), (3, 10), (2, 3, 5)])
def test_softmax(shape: tuple[int, ...]) -> None:
    logits = np.random.default_rng(0).normal(0, 30, shape).astype(np.float32)
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    expected = (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)
    result = softmax(logits)
    assert result.dtype == np.float32
    assert result.shape == shape
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-38)


def test_softmax_of_a_view_leaves_it_alone() -> None:
    logits = np.arange(24, dtype=np.float32).reshape(4, 6)[::2, ::-1]
    before = logits.copy()
    np.testing.assert_allclose(softmax(logits).sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(logits, before)


def test_top_k() -> None:
    scores = np.array([0.1, 0.5, 0.3, 0.5, -1], np.float32)
    ids, best = top_k(scores, 3)
    assert ids.tolist() == [1, 3, 2]
    assert ids.dtype == np.int32
    assert best.dtype == np.float32
    np.testing.assert_array_equal(best, scores[ids])
    assert top_k(scores, 99)[0].tolist() == [1, 3, 2, 0, 4]
    assert top_k(scores, 0)[0].tolist() == []
    assert top_k(scores[::-1], 1)[0].tolist() == [1]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(bad: float) -> None:
    scores = np.array([0, bad, 1], np.float32)
    with pytest.raises(NotFiniteError):
        softmax(scores)
    with pytest.raises(NotFiniteError):
        top_k(scores, 1)


def test_wrong_arrays() -> None:
    with pytest.raises(BadDtypeError, match="logits are float64, expected float32"):
        softmax(np.zeros(3))
    with pytest.raises(BadDtypeError, match="scores are int64, expected float32"):
        top_k(np.zeros(3, np.int64), 1)
    with pytest.raises(BadShapeError, match=r"shape \(2, 3\), expected one dimension"):
        top_k(np.zeros((2, 3), np.float32), 1)
    for shape in ((), (0,), (2, 0)):
        with pytest.raises(BadShapeError, match="at least one value"):
            softmax(np.zeros(shape, np.float32))
    with pytest.raises(InvalidArgumentError, match="k is -1"):
        top_k(np.zeros(3, np.float32), -1)
