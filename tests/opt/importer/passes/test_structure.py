"""Passes that change how operators hang together: identities, single elements, biases, transpositions."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Value, attr
from oarlock_opt.importer.passes._biases import align_channel_parameters
from oarlock_opt.importer.passes._identities import remove_dead, remove_dropout, remove_identities
from oarlock_opt.importer.passes._layouts import join_transposes
from oarlock_opt.importer.passes._norms import restore_affine
from oarlock_opt.importer.passes._slicing import replace_set_value
from oarlock_opt.importer.passes._zero_d import lift_scalars
from tests.opt.importer.passes.models import Model, types
from tests.opt.importer.running import lite_answers, paddle_answers, relative_error


def test_identities_between_operators_go() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    first = model.op("relu", {"X": x}, (-1, 4))
    same = model.op("assign", {"X": first}, (-1, 4))
    again = model.op("scale", {"X": same}, (-1, 4), {"scale": 1.0, "bias": 0.0})
    graph = model.give(model.op("tanh", {"X": again}, (-1, 4)))
    assert remove_identities(graph) == 2
    assert types(graph) == ["relu", "tanh"]
    assert graph.nodes[1].input("X") is first


def test_an_output_keeps_its_name_when_its_identity_goes() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    first = model.op("relu", {"X": x}, (-1, 4))
    out = model.op("assign", {"X": first}, (-1, 4))
    other = model.op("tanh", {"X": first}, (-1, 4))
    graph = model.give(out, other)
    assert remove_identities(graph) == 1
    assert graph.nodes[0].output("Out") is out
    assert graph.nodes[1].input("X") is out
    assert graph.outputs == [out, other]


def test_two_outputs_that_are_the_same_stay_two() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    first = model.op("relu", {"X": x}, (-1, 4))
    graph = model.give(first, model.op("assign", {"X": first}, (-1, 4)))
    assert remove_identities(graph) == 0
    assert types(graph) == ["relu", "assign"]


@pytest.mark.usefixtures("engine")
def test_an_input_that_is_an_output_keeps_both_names() -> None:
    def graph() -> Graph:
        x = Value("x", "float32", (-1, 4))
        model = Model(x)
        attrs = {"dropout_implementation": "upscale_in_train", "dropout_prob": 0.5, "is_test": True}
        return model.give(model.op("dropout", {"X": x}, (-1, 4), attrs))

    changed = graph()
    passes.run(changed)
    assert types(changed) == ["assign"]
    feed = {"x": np.arange(8, dtype=np.float32).reshape(2, 4)}
    (found,), (expected,) = lite_answers(changed, [feed]), paddle_answers(graph(), [feed])
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in expected.items()
    }


def test_dropout_that_scales_in_inference_becomes_a_scale() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    attrs = {"dropout_implementation": "downgrade_in_infer", "dropout_prob": 0.25, "is_test": True}
    graph = model.give(model.op("dropout", {"X": x}, (-1, 4), attrs))
    assert remove_dropout(graph) == 1
    assert types(graph) == ["scale"]
    assert graph.nodes[0].get("scale") == 0.75


def test_what_nothing_depends_on_goes() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    weights = model.parameter("w", np.ones(4, np.float32))
    model.op("elementwise_add", {"X": x, "Y": weights}, (-1, 4), {"axis": -1})
    graph = model.give(model.op("relu", {"X": x}, (-1, 4)))
    assert remove_dead(graph) == 1
    assert types(graph) == ["relu"]
    assert graph.parameters == {}


def _scalars() -> Graph:
    """Single elements made, stacked, unsqueezed, gathered and reduced."""
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    total = model.op("reduce_sum", {"X": x}, (), {"dim": (0, 1), "keep_dim": False, "reduce_all": True})
    half = model.op("scale", {"X": total}, (), {"scale": 0.5, "bias": 0.0, "bias_after_scale": True})
    pair = model.op("stack", {"X": [total, half]}, (2,), {"axis": 0}, slot="Y")
    deep = model.op("unsqueeze2", {"X": half}, (1, 1), {"axes": (0, 1)})
    table = model.parameter("table", np.arange(6, dtype=np.float32).reshape(3, 2))
    index = model.parameter("index", np.array(1))
    row = model.op("gather", {"X": table, "Index": index}, (2,), {"axis": 0})
    both = model.op("elementwise_add", {"X": pair, "Y": row}, (2,), {"axis": -1})
    return model.give(model.op("elementwise_add", {"X": deep, "Y": both}, (1, 2), {"axis": -1}), total)


def test_single_elements_get_an_axis() -> None:
    graph = _scalars()
    assert lift_scalars(graph) == 3
    values = [value for node in graph.nodes for value in (*node.all_inputs(), *node.all_outputs())]
    assert all(value.shape for value in (*values, *graph.parameters, *graph.outputs))
    assert all(data.shape == value.shape for value, data in graph.parameters.items())
    assert lift_scalars(graph) == 0


@pytest.mark.usefixtures("engine")
def test_single_elements_are_right_in_the_engine() -> None:
    graph = _scalars()
    passes.run(graph)
    feed = {"x": np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)}
    (found,), (expected,) = lite_answers(graph, [feed]), paddle_answers(_scalars(), [feed])
    for array, wanted in zip(found.values(), expected.values(), strict=True):
        assert relative_error(array, wanted.reshape(array.shape)) < 1e-5


def _biased() -> Graph:
    x = Value("x", "float32", (-1, 3, 8, 8))
    model = Model(x)
    weights = model.parameter("w", np.ones((4, 3, 3, 3), np.float32))
    bias = model.parameter("b", np.arange(4, dtype=np.float32))
    attrs = {"strides": (1, 1), "paddings": (1, 1), "dilations": (1, 1), "groups": 1}
    conv = model.op("conv2d", {"Input": x, "Filter": weights}, (-1, 4, 8, 8), attrs, slot="Output")
    tall = model.op("reshape2", {"X": bias}, (1, 4, 1, 1), {"shape": (1, -1, 1, 1)})
    return model.give(model.op("elementwise_add", {"X": conv, "Y": tall}, (-1, 4, 8, 8), {"axis": -1}))


def test_a_bias_is_read_with_axis_1() -> None:
    graph = _biased()
    assert align_channel_parameters(graph) == 1
    graph.remove_dead()
    assert types(graph) == ["conv2d", "elementwise_add"]
    assert graph.nodes[1].input("Y").name == "b"
    assert graph.nodes[1].attrs["axis"] == attr(1)
    assert align_channel_parameters(graph) == 0


@pytest.mark.parametrize("shape", [(1, 8, 1, 1), (1, 1, 1, 4), (4, 1, 1, 1)])
def test_a_parameter_of_other_axes_stays_as_it_is(shape: tuple[int, ...]) -> None:
    x = Value("x", "float32", (4, 4, 4, 4) if shape[1] != 8 else (-1, 8, 4, 4))
    model = Model(x)
    size = max(shape)
    weights = model.parameter("b", np.ones(size * (2 if shape[1] == 8 else 1), np.float32))
    tall = model.op("reshape2", {"X": weights}, shape, {"shape": shape})
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": tall}, x.shape, {"axis": -1}))
    assert align_channel_parameters(graph) == 0


def test_transpositions_in_a_row_are_one_and_those_that_cancel_are_none() -> None:
    x = Value("x", "float32", (-1, 3, 4, 5))
    model = Model(x)
    last = model.op("transpose2", {"X": x}, (-1, 4, 5, 3), {"axis": (0, 2, 3, 1)})
    first = model.op("transpose2", {"X": last}, (-1, 3, 4, 5), {"axis": (0, 3, 1, 2)})
    turned = model.op("transpose2", {"X": last}, (5, -1, 4, 3), {"axis": (2, 0, 1, 3)})
    graph = model.give(model.op("relu", {"X": first}, (-1, 3, 4, 5)), turned)
    assert join_transposes(graph) == 2
    assert remove_identities(graph) == 1
    assert remove_dead(graph) == 1
    assert types(graph) == ["transpose2", "relu"]
    assert graph.nodes[0].input("X") is x
    assert graph.nodes[0].get("axis") == (3, 0, 2, 1)
    assert graph.nodes[1].input("X") is x
    assert join_transposes(graph) == 0


def test_normalisations_share_the_parameters_that_are_put_back() -> None:
    x = Value("x", "float32", (-1, 7, 8))
    model = Model(x)
    first = model.op("layer_norm", {"X": x}, (-1, 7, 8), {"begin_norm_axis": 2, "epsilon": 1e-5}, slot="Y")
    second = model.op("layer_norm", {"X": first}, (-1, 7, 8), {"begin_norm_axis": 2, "epsilon": 1e-5}, slot="Y")
    graph = model.give(second)
    assert restore_affine(graph) == 4
    assert sorted(value.name for value in graph.parameters) == ["ones_8", "zeros_8"]
    assert restore_affine(graph) == 0


def _assigned(rows: int) -> Graph:
    """x[:, 1:3] = y, as residual connections of some channels are written."""
    x, y = Value("x", "float32", (-1, 4, 5)), Value("y", "float32", (-1, rows, 5))
    model = Model(x, y)
    attrs = {name: Attr(AttrKind.LONGS, value) for name, value in
             {"axes": (1,), "starts": (1,), "ends": (3,), "steps": (1,)}.items()}  # fmt: skip
    changed = model.op("elementwise_add", {"X": x, "Y": x}, (-1, 4, 5), {"axis": -1})
    part = model.op(
        "slice", {"Input": x}, (-1, 2, 5), {"axes": (1,), "starts": (0,), "ends": (2,), "infer_flags": (1,)}
    )
    source = part if rows == 2 else y
    return model.give(model.op("set_value", {"Input": changed, "ValueTensor": source}, (-1, 4, 5), attrs))


def test_an_assignment_that_fits_for_sure_is_a_concatenation() -> None:
    graph = _assigned(2)
    assert replace_set_value(graph) == 1
    assert types(graph) == ["elementwise_add", "slice", "slice", "slice", "concat"]
    assert graph.nodes[-1].inputs["X"][1] is graph.nodes[1].output("Out")


def test_an_assignment_that_may_be_broadcast_is_filled_first() -> None:
    graph = _assigned(1)
    assert replace_set_value(graph) == 1
    assert "fill_any_like" in types(graph)
