"""Softmax where it stands between transpositions, which the engine would do without."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Graph, Value
from oarlock_opt.importer.passes._softmax import move_softmax
from tests.opt.importer.passes.models import Model, types
from tests.opt.importer.running import lite_answers, paddle_answers, relative_error

_LARGE = (np.random.default_rng(0).standard_normal((2, 5, 7)) * 200).astype(np.float32)


def _between_transposes(axis: int = -1) -> Graph:
    x = Value("x", "float32", (-1, 5, 7))
    model = Model(x)
    turned = model.op("transpose2", {"X": x}, (-1, 7, 5), {"axis": (0, 2, 1)})
    shares = model.op("softmax", {"X": turned}, (-1, 7, 5), {"axis": axis})
    return model.give(model.op("transpose2", {"X": shares}, (-1, 5, 7), {"axis": (0, 2, 1)}))


def test_between_transpositions_the_axis_is_counted_from_the_front() -> None:
    graph = _between_transposes()
    assert move_softmax(graph) == 1
    assert types(graph) == ["transpose2", "softmax", "transpose2"]
    assert graph.nodes[1].get("axis") == 2
    assert move_softmax(graph) == 0


@pytest.mark.usefixtures("engine")
def test_between_transpositions_large_numbers_are_right() -> None:
    (expected,) = paddle_answers(_between_transposes(), [{"x": _LARGE}])
    graph = _between_transposes()
    passes.run(graph)
    (found,) = lite_answers(graph, [{"x": _LARGE}])
    for array, wanted in zip(found.values(), expected.values(), strict=True):
        assert relative_error(array, wanted) < 1e-5


@pytest.mark.usefixtures("engine")
def test_without_the_pass_the_engine_answers_nan() -> None:
    graph = _between_transposes()
    for each in passes.PASSES:
        if each.name == "restored-outputs":
            each.function(graph)
    (found,) = lite_answers(graph, [{"x": _LARGE}])
    assert all(np.isnan(array).any() for array in found.values())


def test_over_the_last_axis_it_stays() -> None:
    x = Value("x", "float32", (-1, 4, 5))
    model = Model(x)
    graph = model.give(model.op("softmax", {"X": x}, (-1, 4, 5), {"axis": -1}))
    assert move_softmax(graph) == 0


def test_its_transpositions_join_those_that_are_there() -> None:
    x = Value("x", "float32", (-1, 4, 5))
    model = Model(x)
    turned = model.op("transpose2", {"X": x}, (-1, 5, 4), {"axis": (0, 2, 1)})
    graph = model.give(model.op("softmax", {"X": turned}, (-1, 5, 4), {"axis": 1}))
    passes.run(graph)
    assert types(graph) == ["softmax", "transpose2"]
