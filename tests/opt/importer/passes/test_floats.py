"""Floating-point numbers of other sizes."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import ArrayTensor, FileTensor, Graph, Value
from oarlock_opt.importer.passes._floats import use_float32
from tests.opt.importer.passes.models import Model, types
from tests.opt.importer.running import accepted_by_lite, lite_answers, paddle_answers, relative_error


def _double() -> Graph:
    """A table of float64 that is added, as numpy's default type makes them."""
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    table = model.parameter("table", np.array([0.1, 0.2, 0.3, 0.4]))
    wide = model.op("cast", {"X": x}, (-1, 4), {"in_dtype": 5, "out_dtype": 6}, dtype="float64")
    attrs = {"scale": 2.0, "bias": 0.0, "bias_after_scale": True}
    twice = model.op("scale", {"X": table}, (4,), attrs, dtype="float64")
    total = model.op("elementwise_add", {"X": wide, "Y": twice}, (-1, 4), {"axis": -1}, dtype="float64")
    return model.give(model.op("cast", {"X": total}, (-1, 4), {"in_dtype": 6, "out_dtype": 5}))


@pytest.mark.usefixtures("engine")
def test_float64_within_a_model_is_float32() -> None:
    graph = _double()
    feed = {"x": np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)}
    assert not accepted_by_lite(graph, "x86") or "cast" in types(graph)
    passes.run(graph)
    assert types(graph) == ["elementwise_add"]
    (found,), (expected,) = lite_answers(graph, [feed]), paddle_answers(_double(), [feed])
    for array, wanted in zip(found.values(), expected.values(), strict=True):
        assert relative_error(array, wanted) < 1e-6


def test_types_of_values_parameters_and_attributes_change_together() -> None:
    graph = _double()
    assert use_float32(graph) == 4
    values = {value for node in graph.nodes for value in (*node.all_inputs(), *node.all_outputs())}
    assert {value.dtype for value in values} == {"float32"}
    assert {data.dtype for data in graph.parameters.values()} == {"float32"}
    assert {node.get(name) for node in graph.nodes for name in ("in_dtype", "out_dtype")} == {5, None}
    assert use_float32(graph) == 0


def test_half_precision_is_widened_exactly() -> None:
    numbers = np.array([1.0, -2.5, 3.140625], np.float32)
    x = Value("x", "float32", (-1, 3))
    model = Model(x)
    half = model.parameter("half", numbers.astype(np.float16))
    brain = Value("brain", "bfloat16", (3,))
    bits = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    model.graph.parameters[brain] = FileTensor(memoryview(bits), 0, "bfloat16", (3,))
    both = model.op("elementwise_add", {"X": half, "Y": brain}, (3,), {"axis": -1}, dtype="float16")
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": both}, (-1, 3), {"axis": -1}))
    use_float32(graph)
    for data in graph.parameters.values():
        assert isinstance(data, ArrayTensor)
        np.testing.assert_array_equal(data.array(), numbers)


def test_an_output_keeps_its_type_and_is_refused_for_it() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    wide = model.op("cast", {"X": x}, (-1, 4), {"in_dtype": 5, "out_dtype": 6}, dtype="float64")
    graph = model.give(model.op("relu", {"X": wide}, (-1, 4), dtype="float64"))
    passes.run(graph)
    assert graph.outputs[0].dtype == "float64"
    assert types(graph) == ["relu", "cast"]
    (limit,) = passes.limits(graph)
    assert limit.operator == "cast"
    assert "float64" in limit.reason
