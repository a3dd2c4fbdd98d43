"""Handlers where a program that PaddlePaddle saves does not lead: other devices, odd operands, what cannot be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.errors import BadProgramError, UnsupportedOpError
from oarlock_opt.importer import pir
from oarlock_opt.importer.graph import Attr, AttrKind, Graph
from tests.opt.importer.pir.programs import attribute, document, feed, fetch, op, parameter, save, tensor, vector

_X = [-1, 4, 8, 8]


def _read(folder: Path, *ops: dict[str, Any]) -> Graph:
    return pir.read(save(document(*ops), folder))


def _full(number: int, value: float, shape: list[int], dtype: str) -> dict[str, Any]:
    attributes = [attribute("shape", "a_intarray", shape), attribute("value", "a_f64", value)]
    return op("1.full", [], [(number, tensor(shape, dtype))], attributes)


def _ints(number: int, *values: int) -> dict[str, Any]:
    elements = [{"#": "0.a_i64", "D": value} for value in values]
    return op(
        "1.full_int_array", [], [(number, tensor([len(values)], "i64"))], [attribute("value", "a_array", elements)]
    )


def _integers(name: str, *values: int) -> dict[str, Any]:
    return attribute(name, "a_array", [{"#": "0.a_i64", "D": value} for value in values])


def _normalisation(name: str, operands: list[int]) -> list[dict[str, Any]]:
    statistics = tensor([4])
    attributes = [
        attribute("is_test", "a_bool", True),
        attribute("momentum", "a_f32", 0.9),
        attribute("epsilon", "a_f32", 1e-5),
        attribute("data_format", "a_str", "NCHW"),
        attribute("use_global_stats", "a_bool", True),
        attribute("trainable_statistics", "a_bool", False),
    ]
    results = [(6, tensor(_X)), *((number, statistics) for number in range(7, 11)), (11, tensor([-1], "ui8"))]
    parameters = [parameter(number, f"p{number}", [4]) for number in range(1, 5)]
    return [*parameters, feed(5, "x", _X), op(name, operands, results, attributes), fetch(6)]


def test_sync_batch_norm_is_batch_norm(tmp_path: Path) -> None:
    (plain,) = _read(tmp_path, *_normalisation("1.batch_norm_", [5, 1, 2, 3, 4])).nodes
    (synchronous,) = _read(tmp_path, *_normalisation("1.sync_batch_norm_", [5, 1, 2, 3, 4])).nodes
    assert synchronous.type == plain.type == "batch_norm"
    assert synchronous.attrs == plain.attrs
    names = [
        {slot: [value.name for value in values] for slot, values in node.inputs.items()}
        for node in (plain, synchronous)
    ]
    assert names[0] == names[1]
    assert {*synchronous.outputs} == {"Y", "MeanOut", "VarianceOut", "SavedMean", "SavedVariance"}


def test_a_result_that_the_legacy_operator_does_not_give_cannot_be_read(tmp_path: Path) -> None:
    ops = [*_normalisation("1.sync_batch_norm_", [5, 1, 2, 3, 4])[:-1], fetch(11)]
    with pytest.raises(BadProgramError, match=r"\(pd_op\.fetch\): it reads a result that its operator does not give"):
        _read(tmp_path, *ops)


@pytest.mark.parametrize("name", ["1.memcpy_d2h", "1.memcpy_h2d"])
def test_copies_between_memories_leave_nothing_behind(name: str, tmp_path: Path) -> None:
    copy = op(name, [1], [(2, tensor(_X))], [attribute("dst_place_type", "a_i32", 1)])
    graph = _read(tmp_path, feed(1, "x", _X), copy, op("1.relu", [2], [(3, tensor(_X))]), fetch(3))
    assert [node.type for node in graph.nodes] == ["relu"]
    assert graph.nodes[0].input("X") is graph.inputs[0]


def test_the_end_of_a_slice_fits_its_kind(tmp_path: Path) -> None:
    attributes = [_integers("axes", 2), _integers("infer_flags", 1), _integers("decrease_axis")]
    slice_ = op("1.slice", [1, 2, 3], [(4, tensor(_X))], attributes)
    graph = _read(tmp_path, feed(1, "x", _X), _ints(2, -(2**63)), _ints(3, 2**63 - 1), slice_, fetch(4))
    assert graph.nodes[0].attrs["starts"] == Attr(AttrKind.INTS, (-(2**31),))
    assert graph.nodes[0].attrs["ends"] == Attr(AttrKind.INTS, (2**31 - 1,))


def test_an_integer_beyond_its_kind_is_refused(tmp_path: Path) -> None:
    reshape = op("1.reshape", [1, 2], [(3, tensor([-1]))])
    with pytest.raises(
        BadProgramError, match=r"operator 2 \(pd_op\.reshape\): its shape is 4294967296, expected an integer"
    ):
        _read(tmp_path, feed(1, "x", _X), _ints(2, 2**32), reshape, fetch(3))


def test_a_computed_list_is_split_where_the_legacy_operator_takes_a_list(tmp_path: Path) -> None:
    attributes = [_integers("axes", 1, 2), _integers("decrease_axes"), _integers("none_axes")]
    set_ = op("1.set_value_with_tensor", [1, 1, 2, 3, 4], [(5, tensor(_X))], attributes)
    graph = _read(
        tmp_path, feed(1, "x", _X), feed(2, "starts", [2], "i64"), _ints(3, 4, 8), _ints(4, 1, 1), set_, fetch(5)
    )
    split, node = graph.nodes
    assert (split.type, node.type) == ("split", "set_value")
    assert node.inputs["StartsTensorList"] == split.outputs["Out"]
    assert node.attrs["ends"] == Attr(AttrKind.LONGS, (4, 8))


@pytest.mark.parametrize("length", [-1, 10**12])
def test_a_computed_list_that_is_no_list_of_axes_is_refused(length: int, tmp_path: Path) -> None:
    attributes = [_integers("axes", 1), _integers("decrease_axes"), _integers("none_axes")]
    set_ = op("1.set_value_with_tensor", [1, 1, 2, 3, 3], [(5, tensor(_X))], attributes)
    with pytest.raises(
        UnsupportedOpError, match="its starts is computed when the model runs, and is not one number per"
    ):
        _read(tmp_path, feed(1, "x", _X), feed(2, "starts", [length], "i64"), _ints(3, 4), set_, fetch(5))


def test_a_number_that_has_to_be_known_is_refused_when_it_is_not(tmp_path: Path) -> None:
    argmax = op("1.argmax", [1, 2], [(3, tensor([-1, 8, 8], "i64"))], [attribute("keepdims", "a_bool", False)])
    with pytest.raises(
        UnsupportedOpError, match="its axis is computed when the model runs, and the legacy operator arg_max"
    ):
        _read(tmp_path, feed(1, "x", _X), feed(2, "axis", [1], "i64"), argmax, fetch(3))


def test_constants_of_hostile_sizes_take_no_memory(tmp_path: Path) -> None:
    add = op("1.add", [1, 2], [(3, tensor(_X))])
    graph = _read(tmp_path, feed(1, "x", _X), _full(2, 1.0, [2**40, 2**20], "f32"), add, fetch(3))
    assert graph.nodes[0].attrs["shape"] == Attr(AttrKind.LONGS, (2**40, 2**20))


def _without(name: str, operator: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """An operator with other attributes instead of the one of a name."""
    return {**operator, "A": [each for each in operator["A"] if each["N"] != name] + list(others)}


_INFINITE = {"N": "value", "AT": {"#": "0.a_f64", "VD": "INF"}}
_PLACE = {"N": "num", "AT": {"#": "1.a_place", "D": 1}}
_LISTED = op("1.assign_value", [], [(2, tensor([3]))], [_integers("shape", 3), _integers("values", 1)])
_LIST = op("1.full_int_array", [], [(2, vector(tensor([1])))], [_integers("value", 1)])
_TRIL = op("1.tril", [1], [(2, tensor(_X))], [attribute("diagonal", "a_f32", 0.5)])
_SPLIT = op("1.split_with_num", [1, 1], [(2, vector(tensor(_X)))], [_PLACE])
_ONE = _full(2, 1.0, [2], "f32")


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        (_full(2, -1.0, [-2], "f32"), "its shape is [-2], expected sizes of 0 or more"),
        (_without("value", _ONE), "it has no attribute value"),
        (_without("value", _ONE, attribute("value", "a_str", "1")), "its value is '1', expected a number"),
        (
            _without("value", _full(2, 1.0, [2], "i64"), _INFINITE),
            "its value is inf, expected a number that fits int64",
        ),
        (_LISTED, "its values do not fill the shape [3]"),
        (_LIST, "its result out is no tensor"),
        (_TRIL, "diagonal is 0.5, expected an integer"),
        (_SPLIT, "its attribute num is of the kind a_place, which Oarlock does not read"),
    ],
)
def test_a_damaged_operator_is_refused_with_its_place(operator: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(BadProgramError) as caught:
        _read(tmp_path, feed(1, "x", _X), operator, op("1.relu", [1], [(9, tensor(_X))]), fetch(9))
    assert text in caught.value.message
    assert "operator 1 (pd_op." in caught.value.message
