"""What is refused before the engine sees it, and that the engine would indeed be wrong or die."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oarlock.errors import OarlockError
from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Value
from tests.opt.importer.passes.cases import CASES
from tests.opt.importer.passes.conftest import Answers, Array
from tests.opt.importer.passes.models import Model
from tests.opt.importer.running import lite_answers, paddle_answers

_FREE = -1


def _reduction() -> Graph:
    x = Value("x", "float32", (_FREE, 2, _FREE, _FREE, 3))
    model = Model(x)
    attrs = {"dim": (1,), "keep_dim": False, "reduce_all": False}
    return model.give(model.op("reduce_sum", {"X": x}, (_FREE, _FREE, _FREE, 3), attrs))


def _transpose() -> Graph:
    shape = (2, 1, 2, 1, 3, 1, 2)
    x = Value("x", "float32", shape)
    model = Model(x)
    return model.give(model.op("transpose2", {"X": x}, shape[::-1], {"axis": (6, 5, 4, 3, 2, 1, 0)}))


def _grid_sampler() -> Graph:
    x = Value("x", "float32", (1, 3, 4, 5))
    model = Model(x)
    grid = model.parameter("grid", np.zeros((1, 6, 7, 2), np.float32))
    attrs = {"mode": "bilinear", "padding_mode": "zeros", "align_corners": True}
    return model.give(model.op("grid_sampler", {"X": x, "Grid": grid}, (1, 3, 6, 7), attrs, slot="Output"))


def _backwards() -> Graph:
    x = Value("x", "float32", (_FREE, 4))
    model = Model(x)
    empty = Attr(AttrKind.INTS, ())
    attrs = {"axes": (0,), "starts": (2,), "ends": (-4,), "strides": (-1,), "infer_flags": (1,), "decrease_axis": empty}
    return model.give(model.op("strided_slice", {"Input": x}, (_FREE, 4), attrs))


def _cast() -> Graph:
    x = Value("x", "float32", (2, 3))
    model = Model(x)
    whole = model.op("cast", {"X": x}, (2, 3), {"in_dtype": 5, "out_dtype": 3}, dtype="int64")
    small = model.op("cast", {"X": whole}, (2, 3), {"in_dtype": 3, "out_dtype": 20}, dtype="uint8")
    return model.give(model.op("cast", {"X": small}, (2, 3), {"in_dtype": 20, "out_dtype": 5}))


def _norm() -> Graph:
    x = Value("x", "float32", (_FREE, 4, _FREE))
    model = Model(x)
    return model.give(model.op("instance_norm", {"X": x}, (_FREE, 4, _FREE), {"epsilon": 1e-5}, slot="Y"))


_LIMITS: dict[str, tuple[Callable[[], Graph], tuple[int, ...], str]] = {
    "reduce_sum": (_reduction, (2, 2, 3, 4, 3), "too many sizes are free"),
    "transpose2": (_transpose, (2, 1, 2, 1, 3, 1, 2), "at most 6"),
    "grid_sampler": (_grid_sampler, (1, 3, 4, 5), "[6, 7]"),
    "strided_slice": (_backwards, (3, 4), "negative strides"),
    "cast": (_cast, (2, 3), "uint8"),
    "instance_norm": (_norm, (2, 4, 9), "3 axes"),
}


@pytest.mark.parametrize("operator", _LIMITS)
def test_it_is_refused_by_name(operator: str) -> None:
    make, _, words = _LIMITS[operator]
    graph = make()
    passes.run(graph)
    found = passes.limits(graph)
    assert {each.operator for each in found} == {operator}
    assert words in found[0].reason
    with pytest.raises(UnsupportedOpError) as refused:
        passes.refuse_limits(graph)
    assert operator in refused.value.message
    assert found[0].origin in refused.value.message
    assert refused.value.op == operator


def _wrong(graph: Graph, original: Graph, x: Array) -> bool:
    (expected,) = paddle_answers(original, [{"x": x}])
    try:
        (found,) = lite_answers(graph, [{"x": x}])
    except OarlockError:
        return True
    return any(
        array.shape != wanted.shape or not np.allclose(array, wanted, rtol=1e-4, atol=1e-4)
        for array, wanted in zip(found.values(), expected.values(), strict=True)
    )


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("operator", _LIMITS)
def test_the_engine_would_fail(operator: str) -> None:
    make, shape, _ = _LIMITS[operator]
    graph = make()
    passes.run(graph)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    assert _wrong(graph, make(), x)


def test_what_the_passes_mend_is_not_refused(answers: Answers) -> None:
    graph = Graph([], [], {}, [])
    for number, (name, case) in enumerate(CASES.items()):
        case.add_to(graph, answers[name], f"{number}_", free=True)
    passes.run(graph)
    assert passes.limits(graph) == ()
    passes.refuse_limits(graph)
