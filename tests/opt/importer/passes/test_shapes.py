"""Shapes that models compute: what becomes of them, and that the engine gives the same answers at every batch size."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Value, attr
from oarlock_opt.importer.passes._int32_shapes import narrow_shapes
from oarlock_opt.importer.passes._shapes import declare_shapes, fold_shapes
from tests.opt.importer.passes.models import Model, types
from tests.opt.importer.running import lite_answers, paddle_answers, relative_error

_NONE = Attr(AttrKind.INTS, ())


def _size(model: Model, x: Value, axis: int) -> Value:
    """x.shape[axis] as PaddlePaddle 3 asks for it."""
    sizes = model.op("shape", {"Input": x}, (len(x.shape),), dtype="int64")
    attrs = {"axes": (0,), "starts": (axis,), "ends": (axis + 1,), "decrease_axis": (0,), "infer_flags": (1,)}
    return model.op("slice", {"Input": sizes}, (), attrs, dtype="int64")


def _reshape(model: Model, x: Value, target: list[Value | int], shape: tuple[int, ...]) -> Value:
    parts = [each if isinstance(each, Value) else model.number(each) for each in target]
    return model.op("reshape2", {"X": x, "ShapeTensor": parts}, shape, {"shape": (-1,) * len(parts)})


def _tokens(*, width: int = 8) -> Graph:
    """Patches of a picture as a transformer makes tokens of them: [n, c, h, w] -> [n, h w, c] -> [n, h, w, c] -> …"""
    x = Value("x", "float32", (-1, 3, width, width))
    model = Model(x)
    batch, channels, height = (_size(model, x, axis) for axis in range(3))
    area = model.op("elementwise_mul", {"X": height, "Y": height}, (), {"axis": -1}, dtype="int64")
    flat = _reshape(model, x, [batch, channels, area], (-1, -1, -1))
    tokens = model.op("transpose2", {"X": flat}, (-1, -1, -1), {"axis": (0, 2, 1)})
    doubled = model.op("elementwise_add", {"X": tokens, "Y": tokens}, (-1, -1, -1), {"axis": -1})
    back = _reshape(model, doubled, [batch, height, height, -1], (-1, -1, -1, -1))
    return model.give(back)


def _check_against_paddle(graph: Graph, original: Graph, shape: tuple[int, ...], batches: tuple[int, ...]) -> None:
    feeds = [
        {"x": np.random.default_rng(batch).standard_normal((batch, *shape)).astype(np.float32)} for batch in batches
    ]
    for found, expected in zip(lite_answers(graph, feeds), paddle_answers(original, feeds), strict=True):
        for array, wanted in zip(found.values(), expected.values(), strict=True):
            assert relative_error(array, wanted) < 1e-6


def test_sizes_of_a_free_batch_become_0_and_minus_1() -> None:
    graph = _tokens()
    declare_shapes(graph)
    assert fold_shapes(graph) == 2
    assert types(graph) == ["reshape2", "transpose2", "elementwise_add", "reshape2"]
    assert [node.get("shape") for node in graph.nodes if node.type == "reshape2"] == [(-1, 3, 64), (-1, 8, 8, 3)]
    assert graph.outputs[0].shape == (-1, 8, 8, 3)
    assert fold_shapes(graph) == 0


@pytest.mark.usefixtures("engine")
def test_the_engine_agrees_at_every_batch_size() -> None:
    graph = _tokens()
    passes.run(graph)
    assert "shape" not in types(graph)
    _check_against_paddle(graph, _tokens(), (3, 8, 8), (1, 3))


def test_two_sizes_that_are_not_known_take_the_place_they_have() -> None:
    x = Value("x", "float32", (-1, -1, 6, 4))
    model = Model(x)
    target: list[Value | int] = [_size(model, x, 0), _size(model, x, 1), 24]
    graph = model.give(_reshape(model, x, target, (-1, -1, 24)))
    fold_shapes(graph)
    (reshape,) = (node for node in graph.nodes if node.type == "reshape2")
    assert reshape.get("shape") == (0, 0, 24)


def _free_planes() -> Graph:
    """Sizes that cannot be named: [n, h, w] -> [n, w, h], which changes the places of two."""
    x = Value("x", "float32", (-1, -1, -1))
    model = Model(x)
    target: list[Value | int] = [_size(model, x, 0), _size(model, x, 2), _size(model, x, 1)]
    return model.give(_reshape(model, x, target, (-1, -1, -1)))


def test_what_cannot_be_named_is_not_guessed() -> None:
    graph = _free_planes()
    assert fold_shapes(graph) == 0
    # shape and slice, three times; the reshape reads tensors still.
    assert narrow_shapes(graph) == 6
    assert {value.dtype for node in graph.nodes if node.type == "reshape2" for value in node.inputs["ShapeTensor"]} == {
        "int32"
    }
    assert narrow_shapes(graph) == 0


@pytest.mark.usefixtures("engine")
def test_what_cannot_be_named_is_computed_in_int32() -> None:
    graph = _free_planes()
    passes.run(graph)
    _check_against_paddle(graph, _free_planes(), (4, 6), (1, 3))


def _with_class_token() -> Graph:
    """A class token expanded to the batch and put before the others, as vision transformers do."""
    x = Value("x", "float32", (-1, 5, 8))
    model = Model(x)
    token = model.parameter("token", np.arange(8, dtype=np.float32).reshape(1, 1, 8))
    target = [_size(model, x, 0), model.number(-1), model.number(-1)]
    attrs = {"shape": (-1, -1, -1)}
    tokens = model.op("expand_v2", {"X": token, "expand_shapes_tensor": target}, (-1, 1, 8), attrs)
    return model.give(model.op("concat", {"X": [tokens, x]}, (-1, 6, 8), {"axis": 1}))


@pytest.mark.usefixtures("engine")
def test_a_parameter_is_expanded_to_the_batch() -> None:
    graph = _with_class_token()
    passes.run(graph)
    _check_against_paddle(graph, _with_class_token(), (5, 8), (1, 3))


def test_a_constant_of_the_batch_is_filled_by_looking_at_the_input() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    sizes = [_size(model, x, 0), model.number(4)]
    attrs = {"shape": (-1, -1), "value": 2.0, "dtype": 5}
    filled = model.op("fill_constant", {"ShapeTensorList": sizes}, (-1, 4), attrs)
    graph = model.give(model.op("elementwise_add", {"X": x, "Y": filled}, (-1, 4), {"axis": -1}))
    fold_shapes(graph)
    assert types(graph) == ["fill_constant_batch_size_like", "elementwise_add"]
    assert graph.nodes[0].input("Input") is x
    assert graph.nodes[0].get("shape") == (-1, 4)


def test_a_slice_to_a_size_goes_to_the_end() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    attrs = {"axes": (0,), "starts": (1,), "ends": (-1,), "decrease_axis": _NONE, "infer_flags": (-1,)}
    part = model.op("slice", {"Input": x, "EndsTensorList": [_size(model, x, 0)]}, (-1, 4), attrs)
    graph = model.give(part)
    assert fold_shapes(graph) == 1
    assert graph.nodes[-1].get("ends") == (2**31 - 1,)
    assert set(graph.nodes[-1].inputs) == {"Input"}


def test_sizes_come_through_convolutions_and_pools() -> None:
    x = Value("x", "float32", (-1, 3, 33, -1))
    model = Model(x)
    weights = model.parameter("w", np.zeros((4, 3, 3, 3), np.float32))
    attrs = {"strides": (2, 2), "paddings": (1, 1), "dilations": (1, 1), "groups": 1}
    conv = model.op("conv2d", {"Input": x, "Filter": weights}, (-1, -1, -1, -1), attrs, slot="Output")
    pooled = {"ksize": (2, 2), "strides": (2, 2), "paddings": (0, 0), "pooling_type": "max", "ceil_mode": True}
    pool = model.op("pool2d", {"X": conv}, (-1, -1, -1, -1), pooled)
    graph = model.give(pool)
    declare_shapes(graph)
    assert conv.shape == (-1, 4, 17, -1)
    assert pool.shape == (-1, 4, 9, -1)


def test_an_output_of_int64_stays_one() -> None:
    x = Value("x", "float32", (-1, 4))
    model = Model(x)
    graph = model.give(model.op("shape", {"Input": x}, (2,), dtype="int64"))
    assert narrow_shapes(graph) == 1
    assert types(graph) == ["shape", "cast"]
    assert graph.nodes[0].output("Out").dtype == "int32"
    assert graph.outputs[0].dtype == "int64"
    assert graph.nodes[1].attrs["out_dtype"] == attr(3)


def test_sizes_that_are_cast_to_int64_and_back_stay_int32() -> None:
    x = Value("x", "float32", (-1, -1, -1))
    model = Model(x)
    sizes = model.op("shape", {"Input": x}, (3,), dtype="int32")
    wide = model.op("cast", {"X": sizes}, (3,), {"in_dtype": 2, "out_dtype": 3}, dtype="int64")
    attrs = {"axes": (0,), "starts": (1,), "ends": (3,), "decrease_axis": _NONE, "infer_flags": (1,)}
    last = model.op("slice", {"Input": wide}, (2,), attrs, dtype="int64")
    back = model.op("cast", {"X": last}, (2,), {"in_dtype": 3, "out_dtype": 2}, dtype="int32")
    token = model.parameter("token", np.ones((1, 1), np.float32))
    graph = model.give(model.op("expand_v2", {"X": token, "Shape": back}, (-1, -1), {"shape": (-1, -1)}))
    assert narrow_shapes(graph) == 2
    assert {value.dtype for node in graph.nodes[:-1] for value in node.all_outputs()} == {"int32"}
    assert narrow_shapes(graph) == 0
    passes.run(graph)
    assert types(graph) == ["shape", "slice", "expand_v2"]
