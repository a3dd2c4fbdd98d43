"""Constants: what is computed beforehand, what is not, and that it is what PaddlePaddle computes."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer.graph import ArrayTensor, Attr, AttrKind, Graph, Value
from oarlock_opt.importer.passes._folding import fold_constants
from oarlock_opt.importer.passes.interpreter import INTERPRETED, interpret
from tests.opt.importer.passes.cases import CASES, Case
from tests.opt.importer.passes.conftest import Answers
from tests.opt.importer.passes.models import Model, types

_INTERPRETED = [case for case in CASES.values() if case.type in INTERPRETED]


@pytest.mark.parametrize("case", _INTERPRETED, ids=lambda case: case.name)
def test_what_is_interpreted_is_what_paddlepaddle_answers(case: Case, answers: Answers) -> None:
    (node,) = case.graph(answers[case.name]).nodes
    found = interpret(node, case.inputs)
    for array, expected in zip(found, answers[case.name], strict=False):
        assert array.dtype == expected.dtype
        largest = np.abs(expected.astype(np.float64)).max()
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-5 * max(largest, 1e-6))


def _mask(x_shape: tuple[int, ...] = (-1, 4, 4)) -> Graph:
    """A triangle of minus infinities, in effect, added to what is fed."""
    x = Value("x", "float32", x_shape)
    model = Model(x)
    size = x_shape[-1]
    ones = model.op("fill_constant", {}, (size, size), {"shape": (size, size), "value": -1e4, "dtype": 5})
    triangle = model.op("tril_triu", {"X": ones}, (size, size), {"diagonal": 1, "lower": False})
    deep = model.op("unsqueeze2", {"X": triangle}, (1, size, size), {"axes": (0,)})
    return model.give(model.op("elementwise_add", {"X": x, "Y": deep}, x_shape, {"axis": -1}))


def test_a_mask_becomes_a_parameter() -> None:
    graph = _mask()
    assert fold_constants(graph) == 3
    assert types(graph) == ["elementwise_add"]
    ((value, data),) = graph.parameters.items()
    assert graph.nodes[0].input("Y") is value
    np.testing.assert_array_equal(data.array()[0], np.triu(np.full((4, 4), -1e4, np.float32), 1))
    assert fold_constants(graph) == 0


def test_what_would_make_the_model_much_larger_stays() -> None:
    graph = _mask((-1, 1024, 1024))
    before = types(graph)
    assert fold_constants(graph) == 0
    assert types(graph) == before
    assert not graph.parameters


def test_twice_the_parameters_it_is_made_of_is_allowed() -> None:
    x = Value("x", "float32", (-1, 600, 600))
    model = Model(x)
    table = model.parameter("table", np.ones((600, 600), np.float32))
    turned = model.op("transpose2", {"X": table}, (600, 600), {"axis": (1, 0)})
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": turned}, (-1, 600, 600), {"axis": -1}))
    assert fold_constants(graph) == 1
    assert len(graph.parameters) == 1, "the table itself is not read any more"


def test_what_the_engine_cannot_compute_is_folded_even_when_it_is_large() -> None:
    x = Value("x", "float32", (-1, 1024, 1024))
    model = Model(x)
    attrs = {"num_rows": 1024, "num_columns": 1024, "dtype": 5}
    unit = model.op("eye", {}, (1024, 1024), attrs)
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": unit}, (-1, 1024, 1024), {"axis": -1}))
    assert fold_constants(graph) == 1
    assert types(graph) == ["elementwise_add"]


def test_random_numbers_and_outputs_are_not_folded() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    weights = model.parameter("w", np.ones(4, np.float32))
    noise = model.op("gaussian_random", {}, (4,), {"shape": (4,), "mean": 0.0, "std": 1.0})
    noisy = model.op("elementwise_add", {"X": weights, "Y": noise}, (4,), {"axis": -1})
    constant = model.op("scale", {"X": weights}, (4,), {"scale": 2.0, "bias": 0.0, "bias_after_scale": True})
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": noisy}, (-1, 4), {"axis": -1}), constant)
    assert fold_constants(graph) == 0
    assert "scale" in types(graph), "an output of the model has a name to keep"


def test_an_operator_that_is_not_interpreted_is_left_alone() -> None:
    x = Value("x", "float32", (-1, 2, 4))
    model = Model(x)
    weights = model.parameter("w", np.ones((2, 4), np.float32))
    attrs = {"axis": -1, "exclusive": True, "reverse": True}
    summed = model.op("cumsum", {"X": weights}, (2, 4), attrs)
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": summed}, (-1, 2, 4), {"axis": -1}))
    assert fold_constants(graph) == 0
    assert types(graph) == ["cumsum", "elementwise_add"]


@pytest.mark.parametrize(
    ("type", "attrs"),
    [
        ("fill_constant", {"shape": (1 << 20, 1 << 20), "value": 1.0, "dtype": 5}),
        ("eye", {"num_rows": 1 << 20, "num_columns": 1 << 20, "dtype": 5}),
    ],
)
def test_what_would_take_much_memory_on_the_way_is_not_computed(type: str, attrs: dict[str, object]) -> None:
    x = Value("x", "float32", (-1, 1))
    model = Model(x)
    huge = model.op(type, {}, (1 << 20, 1 << 20), attrs)
    least = model.op("reduce_min", {"X": huge}, (1,), {"dim": (0, 1), "keep_dim": False, "reduce_all": True})
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": least}, (-1, 1), {"axis": -1}))
    assert fold_constants(graph) == 0
    assert types(graph) == [type, "reduce_min", "elementwise_add"]


def test_a_constant_that_is_not_what_the_program_declares_is_not_folded() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    table = model.op("fill_constant", {}, (4,), {"shape": (2, 4), "value": 1.0, "dtype": 5})
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": table}, (-1, 4), {"axis": -1}))
    assert fold_constants(graph) == 0


def test_an_assignment_with_a_stride_is_folded() -> None:
    x = Value("x", "float32", (-1, 6))
    model = Model(x)
    table = model.parameter("table", np.zeros(6, np.float32))
    longs = {name: Attr(AttrKind.LONGS, value) for name, value in
             {"axes": (0,), "starts": (1,), "ends": (6,), "steps": (2,), "shape": (1,)}.items()}  # fmt: skip
    attrs = {**longs, "fp32_values": Attr(AttrKind.FLOATS, (5.0,)), "dtype": 5}
    odd = model.op("set_value", {"Input": table}, (6,), attrs)
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": odd}, (-1, 6), {"axis": -1}))
    assert fold_constants(graph) == 1
    (data,) = graph.parameters.values()
    assert isinstance(data, ArrayTensor)
    assert data.array().tolist() == [0, 5, 0, 5, 0, 5]
