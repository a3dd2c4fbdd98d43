"""Files that are no PIR program, or a damaged one, are refused with the place and in little time and memory."""

from __future__ import annotations

import copy
import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.errors import BadProgramError, SourceError, UnsupportedSourceError
from oarlock_opt.importer import pir
from oarlock_opt.importer.pir import _json
from oarlock_opt.importer.pir._parser import parse
from oarlock_opt.importer.pir._program import OtherType, TensorType, VectorType
from oarlock_opt.source import SourceFiles
from tests.opt.importer.pir.programs import attribute, document, feed, op, parameter, tensor, vector, zeros

_X = [-1, 4]
_FIXTURE = Path(__file__).with_name("fixtures") / "3.3.1" / "mobile.json"


def _refusal(content: bytes | dict[str, Any], folder: Path) -> str:
    path = folder / "inference.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(BadProgramError) as caught:
        parse(path)
    assert caught.value.code in ("OAR-SOURCE-PROGRAM", "OAR-SOURCE-GRAPH")
    assert str(path) in caught.value.message
    return caught.value.message


def _relu(**changes: Any) -> dict[str, Any]:
    return {**op("1.relu", [1], [(2, tensor(_X))]), **changes}


def test_reads_names_types_attributes_and_layers(tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    special = {"N": "low", "AT": {"#": "0.a_f32", "VD": "-INF"}}
    attributes = [attribute("axis", "a_i32", 1), special, attribute("struct_name", "a_str", "/Block/ReLU/")]
    content = document(
        parameter(7, "w", [4]),
        feed(1, "x", _X),
        op(
            "1.relu",
            [1, 0],
            [(2, tensor([-256, 4], "i64")), (3, vector(tensor([]))), (4, tensor([], "c64"))],
            attributes,
        ),
    )
    path.write_text(json.dumps(content), encoding="utf-8")
    program = parse(path)
    weight, _, relu = program.operations
    assert program.version == 4
    assert (weight.name, weight.attributes["name"].value) == ("builtin.parameter", "w")
    assert (relu.number, relu.name, relu.operands, relu.layer) == (2, "pd_op.relu", (1, 0), "Block/ReLU")
    assert [result.type for result in relu.results] == [
        TensorType("int64", (-1, 4)),
        VectorType((TensorType("float32", ()),)),
        OtherType("tensor of c64"),
    ]
    assert (relu.attributes["axis"].value, relu.attributes["low"].value) == (1, float("-inf"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "not JSON, or cut off"),
        (b"\xff\xfe\x00", "byte 0 is not UTF-8"),
        (b'{"base_code": {"magic": "pir"', "not JSON, or cut off"),
        (b"[" * 100_000, "deeper than in any program"),
        (b'{"a":' * 100_000, "deeper than in any program"),
        (b'{"base_code": ' + b"9" * 10_000_000 + b"}", "a number that no program has"),
        (b'{"base_code": NaN}', "a number that no program has"),
        (b"[]", "the file is a list, expected an object"),
        (b"{}", '"base_code" is missing'),
        (b'{"base_code": 1}', '"base_code" is 1, expected an object'),
        (b'{"base_code": {"magic": "other", "version": 4}}', '"magic" in its "base_code" is not "pir"'),
        (b'{"base_code": {"magic": "pir", "version": "4"}}', "\"version\" is '4', expected an integer"),
        (b'{"base_code": {"magic": "pir", "version": true}}', '"version" is True, expected an integer'),
        (b'{"base_code": {"magic": "pir", "version": 4}}', '"program" is missing'),
        (b'{"base_code": {"magic": "pir", "version": 4}, "program": {"regions": []}}', '"regions" has 0 elements'),
    ],
)
def test_refuses_what_is_no_program(content: bytes, text: str, tmp_path: Path) -> None:
    assert text in _refusal(content, tmp_path)


@pytest.mark.parametrize(
    ("ops", "text"),
    [
        ([], "its block is empty"),
        ([7], "operator 0: it is 7, expected an object"),
        ([{}], 'operator 0: "#" is missing'),
        ([_relu()], "operator 0 ('1.relu'): I[0] is value 1, which no operator before it gives"),
        ([op("1.relu", [2], [(2, tensor(_X))])], "I[0] is value 2, which no operator before it gives"),
        ([feed(1, "x", _X), op("1.relu", [1], [(1, tensor(_X))])], "O[0] is value 1, which is given already"),
        ([feed(1, "x", _X), _relu(I=[1])], "I[0] is 1, expected an object"),
        ([feed(1, "x", _X), _relu(I=[{"%": "1"}])], "\"%\" is '1', expected an integer"),
        ([feed(1, "x", _X), _relu(I=[{"%": 10**40}])], "is value"),
        ([feed(1, "x", _X), _relu(O=[{"%": 10**40, "TT": tensor(_X)}])], "is value"),
        ([feed(1, "x", _X), _relu(O=[{"%": -3, "TT": tensor(_X)}])], "O[0] is value -3, expected a number from 1"),
        ([feed(1, "x", _X), _relu(O={})], '"O" is an object, expected a list'),
        ([feed(1, "x", _X), _relu(A=None)], '"A" is None, expected a list'),
        ([feed(1, "x", _X), _relu(**{"#": "relu"})], "'relu' is no name of an operator"),
        ([feed(1, "x", _X), _relu(**{"#": "1.re lu"})], "'1.re lu' is no name of an operator"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_i32", 1)] * 2)], "it has the attribute 'a' twice"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_i32", 2**31)])], "expected an integer of 32 bits"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_i64", 10**390)])], "a number of more than 38 digits"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_i32", 1.5)])], "attribute 'a' is 1.5, expected an integer"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_i32", True)])], "attribute 'a' is True, expected an integer"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_bool", 1)])], "attribute 'a' is 1, expected true or false"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_f32", "1")])], "attribute 'a' is '1', expected a number"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_f32", 10**390)])], "expected a number"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_str", "\ud800")])], "which is not Unicode text"),
        ([feed(1, "x", _X), _relu(A=[attribute("a", "a_intarray", [1, "2"])])], "is '2', expected an integer"),
        ([feed(1, "x", _X), _relu(A=[{"N": "a", "AT": {"#": "0.a_f32", "VD": "HUGE"}}])], "expected one of INF"),
        ([feed(1, "x", [2**70])], "the shape of O[0] is"),
        ([feed(1, "x", [1.0])], "the shape of O[0] is 1.0, expected an integer"),
        ([op("1.data", (), [(1, {"#": "0.t_dtensor", "D": []})])], "the type of O[0] has 0 parts"),
        ([op("1.data", (), [(1, {"#": "0.t_dtensor", "D": [{}, []]})])], '"#" is missing'),
        ([{"#": "p", "A": ["w"], "O": {"%": 1, "TT": tensor([1])}}], '"A" of a parameter has 1 elements'),
        ([{"#": "p", "A": [0, 1, 1, 7], "O": {"%": 1, "TT": tensor([1])}}], "A[3] is 7, expected a string"),
    ],
)
def test_refuses_damage_with_its_place(ops: list[Any], text: str, tmp_path: Path) -> None:
    assert text in _refusal(document(*ops), tmp_path)


def test_refuses_nested_types_and_attributes(tmp_path: Path) -> None:
    type_, value = tensor([1]), {"#": "0.a_i32", "D": 1}
    for _ in range(20):
        type_, value = vector(type_), {"#": "0.a_array", "D": [value]}
    assert "the type of O[0] is nested too deeply" in _refusal(document(op("1.data", (), [(1, type_)])), tmp_path)
    nested = op("1.data", (), (), [{"N": "a", "AT": value}])
    assert "attribute 'a' is nested too deeply" in _refusal(document(nested), tmp_path)


def test_refuses_blocks_with_arguments_and_more_than_one(tmp_path: Path) -> None:
    content = document(feed(1, "x", _X))
    content["program"]["regions"][0]["blocks"][0]["args"] = [1]
    assert "its block takes arguments" in _refusal(content, tmp_path)
    content = document(feed(1, "x", _X))
    content["program"]["regions"][0]["blocks"] *= 2
    assert '"blocks" has 2 elements, expected one' in _refusal(content, tmp_path)


@pytest.mark.parametrize("version", [0, 5, 2**40])
def test_refuses_an_unknown_version_by_its_number(version: int, tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    path.write_text(json.dumps(document(feed(1, "x", _X), version=version)), encoding="utf-8")
    with pytest.raises(UnsupportedSourceError) as caught:
        parse(path)
    assert f"version {version} of PaddlePaddle's PIR format" in caught.value.message
    assert "4 (PaddlePaddle 3.3)" in caught.value.message
    assert "install a newer oarlock-opt" in caught.value.message


def test_refuses_large_files_before_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    with path.open("wb") as file:
        file.truncate(6 << 30)
    with pytest.raises(BadProgramError, match="expected a program of at most"):
        parse(path)


def test_a_bomb_of_objects_takes_little_memory_and_time(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    message = _refusal(b"[" + b"{}," * (_json.MAX_PROGRAM_BYTES // 3 - 2) + b"0]", tmp_path)
    assert "lists and objects, more than any program does" in message
    assert time.perf_counter() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


def test_mutations_end_in_typed_errors(tmp_path: Path) -> None:
    """Values of a real program replaced, removed and doubled, and bytes of its file changed."""
    original = _FIXTURE.read_bytes()
    params = zeros(_FIXTURE, tmp_path / "zeros.pdiparams")
    path = tmp_path / "inference.json"
    random_ = random.Random(4)
    codes = []
    for number in range(400):
        path.write_bytes(_mutated_bytes(original, random_) if number % 4 == 0 else _mutated_tree(original, random_))
        try:
            pir.read(SourceFiles(path, params))
        except SourceError as error:
            codes.append(error.code)
    assert len(codes) > 250
    assert "OAR-SOURCE-PROGRAM" in codes


def _mutated_bytes(original: bytes, random_: random.Random) -> bytes:
    data = bytearray(original)
    for _ in range(random_.randrange(1, 8)):
        data[random_.randrange(len(data))] = random_.randrange(256)
    return bytes(data if random_.random() < 0.8 else data[: random_.randrange(len(data))])


_VALUES = [
    None, True, -1, 0, 1, 2**31, 2**63, 10**300, 1.5, "", "x", "\ud800", [], {}, [[]], {"#": "0.t_f64"},
    {"#": "0.a_f64", "VD": "INF"}, {"#": "0.a_f64", "VD": "NaN"}, {"#": "0.a_i64", "D": 2**62},
    {"#": "0.a_str", "D": "x"},
]  # fmt: skip


def _mutated_tree(original: bytes, random_: random.Random) -> bytes:
    """The program with one value, chosen by a random walk from the top, changed."""
    tree = json.loads(original)
    node: Any = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = random_.choice(keys)
        child = node[key]
        if isinstance(child, dict | list) and child and random_.random() < 0.9:
            node = child
            continue
        change = random_.randrange(3)
        if change == 0:
            del node[key]
        elif change == 1 and isinstance(node, list):
            node.insert(key, copy.deepcopy(child))
        else:
            node[key] = random_.choice(_VALUES)
        return json.dumps(tree).encode()
