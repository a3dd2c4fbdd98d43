"""PIR programs (inference.json), damaged or contradicting themselves, and what cannot be converted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.opt.breaking.conftest import Refused

Change = Callable[[Any], None]


def _edit(folder: Path, change: Change) -> None:
    path = folder / "inference.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def _block(document: Any) -> Any:
    return document["program"]["regions"][0]["blocks"][0]


def _op(document: Any, name: str) -> Any:
    return next(op for op in _block(document)["ops"] if op["#"] == name)


def _attribute(op: Any, name: str) -> Any:
    return next(each for each in op["A"] if each["N"] == name)["AT"]


# ---- Text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_truncated(refused: Refused, pir: Path, part: float) -> None:
    path = pir / "inference.json"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    refused(pir, "OAR-SOURCE-PROGRAM", "inference.json: not JSON, or cut off: ", "line 1, column ")


def test_not_the_start_of_one(refused: Refused, pir: Path) -> None:
    """Too short to be told from any other .json file."""
    (pir / "inference.json").write_bytes(b'{"base_code"')
    refused(pir / "inference.json", "OAR-SOURCE-UNSUPPORTED", "inference.json: not a PIR program")
    refused(pir, "OAR-SOURCE-NOT-FOUND", "holds no model")


_HEAD = b'{"base_code":{"magic":"pir","version":4,"trainable":false},"program":'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_HEAD + b'{"regions":"\xff\xfe"}}', "is not UTF-8"),
        (_HEAD + b"[" * 100_000, "deeper than in any program"),
        (_HEAD + b'{"a":' * 100_000 + b"1", "deeper than in any program"),
        (_HEAD + b"9" * 100_000 + b"}", "holds a number that no program has"),
        (_HEAD + b"NaN}", "holds a number that no program has"),
        (_HEAD + b"[]}", '"program" is a list, expected an object'),
        (_HEAD + b'{"regions":[]}}', '"regions" has 0 elements, expected one'),
        (_HEAD + b'{"regions":[{"blocks":[]}]}}', '"blocks" has 0 elements, expected one'),
        (_HEAD + b'{"regions":[{"blocks":[{"args":[],"ops":[]}]}]}}', "its block is empty"),
        (_HEAD + b'{"regions":[{"blocks":[{"args":[],"ops":[7]}]}]}}', "operator 0: it is 7, expected an object"),
        (_HEAD + b'{"regions":[{"blocks":[{"args":[],"ops":[{}]}]}]}}', 'operator 0: "#" is missing'),
        (b'["magic":"pir"' + b" " * 100, "not JSON, or cut off"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:24],
)
def test_no_program(refused: Refused, pir: Path, content: bytes, words: str) -> None:
    (pir / "inference.json").write_bytes(content)
    refused(pir, "OAR-SOURCE-PROGRAM", "inference.json: ", words)


def test_too_large(refused: Refused, pir: Path) -> None:
    os.truncate(pir / "inference.json", 1 << 30)
    refused(pir, "OAR-SOURCE-PROGRAM", "1073741824 bytes, expected a program of at most")


@pytest.mark.parametrize("version", [0, 5, 2**40])
def test_a_version_that_nobody_knows(refused: Refused, pir: Path, version: int) -> None:
    _edit(pir, lambda document: document["base_code"].update(version=version))
    refused(pir, "OAR-SOURCE-UNSUPPORTED", f"version {version} of PaddlePaddle's PIR format", "4 (PaddlePaddle 3.3)")


def test_a_version_that_is_no_number(refused: Refused, pir: Path) -> None:
    _edit(pir, lambda document: document["base_code"].update(version="4"))
    refused(pir, "OAR-SOURCE-PROGRAM", "\"version\" is '4', expected an integer")


# ---- Structure ----------------------------------------------------------------------------------------------------


def _no_inputs(document: Any) -> None:
    ops = _block(document)["ops"]
    ops[:] = [op for op in ops if op["#"] in ("p",) or not op["I"]]
    data = _op(document, "1.data")
    ops.remove(data)


def _no_outputs(document: Any) -> None:
    ops = _block(document)["ops"]
    ops[:] = [op for op in ops if op["#"] not in ("1.fetch", "0.shadow_output")]


def _read_before_given(document: Any) -> None:
    ops = _block(document)["ops"]
    conv = _op(document, "1.conv2d")
    ops.remove(conv)
    ops.append(conv)


def _given_twice(document: Any) -> None:
    ops = _block(document)["ops"]
    ops.insert(ops.index(_op(document, "1.conv2d")), _op(document, "1.conv2d"))


def _reads_itself(document: Any) -> None:
    conv = _op(document, "1.conv2d")
    conv["I"][0]["%"] = conv["O"][0]["%"]


def _two_of_an_attribute(document: Any) -> None:
    conv = _op(document, "1.conv2d")
    conv["A"].append(conv["A"][0])


def _two_of_a_parameter(document: Any) -> None:
    first, second = [op for op in _block(document)["ops"] if op["#"] == "p"][:2]
    second["A"][3] = first["A"][3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_no_inputs, ""),
        (_no_outputs, "it has no outputs (no fetch operator)"),
        (_read_before_given, "which no operator before it gives"),
        (_given_twice, "which is given already"),
        (_reads_itself, "which no operator before it gives"),
        (_two_of_an_attribute, "twice"),
        (_two_of_a_parameter, "is there twice or has no name"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_program_that_contradicts_itself(refused: Refused, pir: Path, change: Change, words: str) -> None:
    _edit(pir, change)
    refused(pir, "OAR-SOURCE-GRAPH", "inference.json: ", words)


def _strides_of_text(document: Any) -> None:
    _attribute(_op(document, "1.conv2d"), "strides")["D"] = "one"


def _groups_too_large(document: Any) -> None:
    _attribute(_op(document, "1.conv2d"), "groups")["D"] = 2**40


def _unknown_kind(document: Any) -> None:
    _attribute(_op(document, "1.conv2d"), "groups")["#"] = "0.a_moon"


def _shape_of_text(document: Any) -> None:
    _op(document, "1.conv2d")["O"][0]["TT"]["D"][1] = "wide"


def _operand_of_text(document: Any) -> None:
    _op(document, "1.conv2d")["I"][0]["%"] = "x"


@pytest.mark.parametrize(
    "change",
    [_strides_of_text, _groups_too_large, _unknown_kind, _shape_of_text, _operand_of_text],
    ids=lambda value: value.__name__.strip("_"),
)
def test_a_value_of_the_wrong_type(refused: Refused, pir: Path, change: Change) -> None:
    _edit(pir, change)
    refused(pir, "OAR-SOURCE-PROGRAM|OAR-SOURCE-GRAPH|OAR-IMPORT-OP", "conv2d")


def test_an_operand_too_few(refused: Refused, pir: Path) -> None:
    _edit(pir, lambda document: _op(document, "1.conv2d")["I"].pop())
    refused(pir, "OAR-SOURCE-PROGRAM|OAR-SOURCE-GRAPH|OAR-IMPORT-OP", "conv2d")


def test_gigantic_sizes(refused: Refused, pir: Path) -> None:
    """Of a parameter: no memory is asked for; the file is smaller."""

    def change(document: Any) -> None:
        parameter = next(op for op in _block(document)["ops"] if op["#"] == "p" and len(op["O"]["TT"]["D"][1]) == 4)
        parameter["O"]["TT"]["D"][1] = [2**31, 2**31, 3, 3]

    _edit(pir, change)
    refused(pir, "OAR-SOURCE-PARAMS", "the program expects float32 of shape [2147483648, 2147483648, 3, 3]")


# ---- What cannot be converted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1.made_up", "3.my_own_operator", "7.strange"])
def test_an_operator_that_nobody_knows(refused: Refused, pir: Path, name: str) -> None:
    _edit(pir, lambda document: _op(document, "1.swish").update({"#": name}))
    error = refused(pir, "OAR-IMPORT-OP", "1 operator of the model cannot be converted", name.partition(".")[2])
    assert error["op"].endswith(name.partition(".")[2])


def test_a_loop_on_data(refused: Refused, pir: Path) -> None:
    def change(document: Any) -> None:
        _op(document, "1.swish")["regions"] = [{"blocks": [{"args": [], "ops": []}]}]

    _edit(pir, change)
    refused(pir, "OAR-IMPORT-OP", "it has a block of its own, as loops and conditions that depend on data have")


def test_the_parameters_of_another_model(refused: Refused, pir: Path, pir_models: Path) -> None:
    (pir / "inference.pdiparams").write_bytes((pir_models / "thousand" / "inference.pdiparams").read_bytes())
    refused(pir, "OAR-SOURCE-PARAMS", "the file belongs to another model")


def test_a_legacy_program_by_another_name(refused: Refused, pir: Path, models: Path) -> None:
    (pir / "inference.json").write_bytes((models / "digits" / "inference.pdmodel").read_bytes())
    refused(pir / "inference.json", "OAR-SOURCE-UNSUPPORTED", "inference.json: not a PIR program")
