"""What the reader makes of a program as a whole: inputs, outputs, parameters, constants, lists, refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.errors import BadParamsError, BadProgramError, SourceNotFoundError, UnsupportedOpError
from oarlock_opt.importer import pir
from oarlock_opt.importer.graph import Attr, AttrKind, Graph
from oarlock_opt.source import SourceFiles
from tests.opt.importer.pir.programs import attribute, document, feed, fetch, op, parameter, save, tensor, vector

_X = [-1, 4]


def _read(folder: Path, *ops: dict[str, Any]) -> Graph:
    return pir.read(save(document(*ops), folder))


def _relu(operand: int = 1, result: int = 2) -> dict[str, Any]:
    return op("1.relu", [operand], [(result, tensor(_X))], [attribute("struct_name", "a_str", "/Net/ReLU/")])


def _full(number: int, value: float, shape: list[int], dtype: str = "f32") -> dict[str, Any]:
    names = {"f32": "float32", "i64": "int64", "i32": "int32"}
    attributes = [attribute("shape", "a_intarray", shape), attribute("value", "a_f64", value)]
    return op(
        "1.full", [], [(number, tensor(shape, dtype))], [*attributes, attribute("dtype", "a_dtype", names[dtype])]
    )


def _ints(number: int, *values: int) -> dict[str, Any]:
    elements = [{"#": "0.a_i64", "D": value} for value in values]
    return op(
        "1.full_int_array", [], [(number, tensor([len(values)], "i64"))], [attribute("value", "a_array", elements)]
    )


def test_inputs_outputs_and_layers_keep_their_names(tmp_path: Path) -> None:
    graph = _read(tmp_path, feed(1, "x", _X), _relu(), fetch(2))
    (x,), (y,), (relu,) = graph.inputs, graph.outputs, graph.nodes
    assert (x.name, x.shape, x.dtype) == ("x", (-1, 4), "float32")
    assert (y.name, y.shape) == ("fetch_name_0", (-1, 4))
    assert (relu.type, relu.inputs, relu.outputs, relu.origin) == ("relu", {"X": [x]}, {"Out": [y]}, "Net/ReLU")
    assert graph.paddle_version == "3.3"


def test_outputs_are_ordered_by_column(tmp_path: Path) -> None:
    graph = _read(tmp_path, feed(1, "x", _X), _relu(), _relu(2, 3), fetch(3, 1), fetch(2, 0))
    assert [value.name for value in graph.outputs] == ["fetch_name_0", "fetch_name_1"]
    assert graph.outputs[0] is graph.nodes[0].output("Out")


def test_an_output_that_is_an_input_or_a_parameter_or_another_output_is_copied(tmp_path: Path) -> None:
    graph = _read(
        tmp_path,
        parameter(9, "w", [4]),
        feed(1, "x", _X),
        _relu(),
        fetch(1, 0, "x"),
        fetch(9, 1),
        fetch(2, 2),
        fetch(2, 3),
    )
    assert [value.name for value in graph.outputs] == ["x_1", "fetch_name_1", "fetch_name_2", "fetch_name_3"]
    assert [node.type for node in graph.nodes] == ["relu", "assign", "assign", "assign"]
    assert len({*graph.outputs, *graph.inputs, *graph.parameters}) == 6


def test_parameters_stay_in_their_file(tmp_path: Path) -> None:
    add = op("1.add", [2, 1], [(4, tensor(_X))])
    graph = _read(tmp_path, parameter(1, "b", [4]), parameter(7, "a", [2, 3], "i32"), feed(2, "x", _X), add, fetch(4))
    assert [(value.name, data.shape, data.dtype) for value, data in graph.parameters.items()] == [
        ("a", (2, 3), "int32"),
        ("b", (4,), "float32"),
    ]
    assert graph.nodes[0].input("Y").name == "b"


def test_parameters_that_are_missing_or_others_are_refused(tmp_path: Path) -> None:
    files = save(document(parameter(1, "w", [4]), feed(2, "x", _X), _relu(2, 3), fetch(3)), tmp_path)
    with pytest.raises(SourceNotFoundError, match=r"its 1 parameters are missing, expected inference\.pdiparams"):
        pir.read(SourceFiles(files.program, None))
    assert files.params is not None
    files.params.write_bytes(files.params.read_bytes()[:-1])
    with pytest.raises(BadParamsError):
        pir.read(files)


def test_constants_become_attributes_and_leave_no_node(tmp_path: Path) -> None:
    reshape = op("1.reshape", [1, 2], [(3, tensor([-1, 2, 2]))])
    graph = _read(tmp_path, feed(1, "x", _X), _ints(2, -1, 2, 2), reshape, fetch(3))
    (node,) = graph.nodes
    assert node.type == "reshape2"
    assert node.attrs["shape"] == Attr(AttrKind.INTS, (-1, 2, 2))


def test_a_list_of_constants_is_an_attribute_too(tmp_path: Path) -> None:
    one = tensor([], "i64")
    combine = op("0.combine", [2, 3], [(4, vector(one, one))])
    reshape = op("1.reshape", [1, 4], [(5, tensor([-1, 4]))])
    graph = _read(
        tmp_path, feed(1, "x", _X), _full(2, -1, [], "i64"), _full(3, 4, [], "i64"), combine, reshape, fetch(5)
    )
    assert graph.nodes[0].attrs["shape"] == Attr(AttrKind.INTS, (-1, 4))


def test_a_constant_that_is_computed_with_becomes_one_node(tmp_path: Path) -> None:
    add, other = op("1.add", [1, 2], [(3, tensor(_X))]), op("1.multiply", [3, 2], [(4, tensor(_X))])
    graph = _read(tmp_path, feed(1, "x", _X), _full(2, 0.1, [4]), add, other, fetch(4))
    assert [node.type for node in graph.nodes] == ["fill_constant", "elementwise_add", "elementwise_mul"]
    fill, first, second = graph.nodes
    assert first.input("Y") is second.input("Y") is fill.output("Out")
    assert fill.attrs["value"] == Attr(AttrKind.FLOAT, 0.10000000149011612)
    assert fill.attrs["shape"] == Attr(AttrKind.LONGS, (4,))


def test_an_integer_that_no_float_holds_is_text(tmp_path: Path) -> None:
    fill = _full(2, 2**40 + 1, [1], "i64")
    fill["A"][1] = attribute("value", "a_i64", 2**40 + 1)
    add = op("1.add", [1, 2], [(3, tensor([-1], "i64"))])
    graph = _read(tmp_path, feed(1, "x", [-1], "i64"), fill, add, fetch(3))
    assert graph.nodes[0].attrs["str_value"] == Attr(AttrKind.STRING, "1099511627777")


def test_reading_imports_no_paddlepaddle(tmp_path: Path) -> None:
    files = save(document(feed(1, "x", _X), _relu(), fetch(2)), tmp_path)
    code = (
        "import sys; from pathlib import Path; from oarlock_opt.source import open_source; "
        "open_source(Path(sys.argv[1])); print(*(name for name in sys.modules if name.startswith('paddle')))"
    )
    command = [sys.executable, "-c", code, str(files.program)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []


def test_lists_are_taken_apart(tmp_path: Path) -> None:
    halves = vector(tensor([-1, 2]), tensor([-1, 2]))
    split = op("1.split_with_num", [1, 2], [(3, halves)], [attribute("num", "a_i32", 2)])
    apart = op("0.split", [3], [(4, tensor([-1, 2])), (5, tensor([-1, 2]))])
    second = op("0.slice", [3], [(6, tensor([-1, 2]))], [attribute("index", "a_i32", 1)])
    graph = _read(tmp_path, feed(1, "x", _X), _full(2, 1, [1], "i32"), split, apart, second, fetch(4), fetch(6, 1))
    (node,) = graph.nodes
    assert node.outputs["Out"] == graph.outputs
    assert (node.get("axis"), node.get("num")) == (1, 2)


def test_every_operator_that_cannot_be_converted_is_named_with_inputs_and_layer(tmp_path: Path) -> None:
    strange = op("1.frobnicate", [1, 0], [(2, tensor(_X))], [attribute("struct_name", "a_str", "/Net/Odd/")])
    unknown = op("1.relu", [1], [(6, tensor(_X))], [attribute("leak", "a_f32", 0.1)])
    loop = {**op("1.while", [2], [(3, tensor(_X))]), "regions": []}
    custom = op("3.mine", [3], [(4, tensor(_X))])
    with pytest.raises(UnsupportedOpError) as caught:
        _read(tmp_path, feed(1, "x", _X), strange, loop, _relu(3, 5), custom, unknown, fetch(4))
    message = caught.value.message
    assert caught.value.code == "OAR-IMPORT-OP"
    assert caught.value.op == "pd_op.frobnicate"
    assert "4 operators of the model cannot be converted" in message
    assert "pd_op.frobnicate in Net/Odd (float32[-1, 4], none): Oarlock does not know it." in message
    assert "pd_op.while in operator 2 (float32[-1, 4]): it has a block of its own" in message
    assert "custom_op.mine in operator 4 (float32[-1, 4])" in message
    assert "pd_op.relu in operator 5 (float32[-1, 4]): it has the attribute leak, which" in message


def test_complex_numbers_are_refused_by_name(tmp_path: Path) -> None:
    cast = op("1.cast", [1], [(2, tensor(_X, "c64"))], [attribute("dtype", "a_dtype", "complex64")])
    with pytest.raises(UnsupportedOpError, match=r"pd_op\.cast in operator 1 .*: it gives a tensor of c64"):
        _read(tmp_path, feed(1, "x", _X), cast, op("1.real", [2], [(3, tensor(_X))]), fetch(3))


_SOFTMAX = op("1.softmax", [1], [(2, tensor(_X))], [attribute("axis", "a_str", "q")])


@pytest.mark.parametrize(
    ("ops", "text"),
    [
        ([feed(1, "x", _X)], "it has no outputs"),
        ([_full(2, 1.0, [1]), fetch(2)], "it has no inputs"),
        ([feed(1, "x", _X), feed(2, "x", _X), fetch(1)], "the input 'x' is there twice"),
        ([parameter(1, "w", [1]), parameter(2, "w", [1]), feed(3, "x", _X), fetch(3)], "'w' is there twice"),
        ([feed(1, "x", _X), fetch(1), {**fetch(1), "O": []}], "its column is 0, expected a number that no other has"),
        ([feed(1, "x", _X), op("1.relu", [1, 1], [(2, tensor(_X))]), fetch(2)], "in the number of 2, expected 1 (x)"),
        ([feed(1, "x", _X), _SOFTMAX, fetch(2)], "its axis is 'q'"),
        ([feed(1, "x", _X), op("1.split_with_num", [1, 0], [(2, tensor(_X))]), fetch(2)], "split_with_num"),
        ([feed(1, "x", _X), fetch(0)], "operator 1 (pd_op.fetch): it has no operand"),
        ([feed(1, "x", _X), op("0.combine", [1, 0], [(2, vector(tensor(_X)))]), fetch(1)], "its operands is absent"),
        ([parameter(1, "x", [4]), feed(2, "x", _X), fetch(2)], "'x' is an input and a parameter as well"),
        ([feed(1, "x", _X), op("0.split", [1], [(2, tensor(_X))]), fetch(2)], "its operand is no list"),
    ],
)  # fmt: skip
def test_a_damaged_program_is_refused_with_its_place(ops: list[Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(BadProgramError) as caught:
        _read(tmp_path, *ops)
    assert text in caught.value.message
