from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.importer.graph import Attr, AttrKind
from oarlock_opt.importer.pir import print_signatures
from oarlock_opt.importer.pir._signatures import Operand, legacy_op, signature
from oarlock_opt.importer.pir.handlers import HANDLERS

_FILE = Path(print_signatures.__file__).with_name("signatures.json")


def test_is_what_the_installed_paddlepaddle_says() -> None:
    table = print_signatures.signatures()
    if table["paddle"] != "3.3.1":
        pytest.skip(f"the table is of PaddlePaddle 3.3.1, not {table['paddle']}")
    assert _FILE.read_text(encoding="utf-8") == print_signatures.text(table)


def test_has_every_operator_that_a_handler_converts() -> None:
    missing = [name for name in HANDLERS if signature(name) is None and signature(f"{name}_") is None]
    assert missing == []


def test_operands_are_slots_or_attributes_or_either() -> None:
    found = signature("reshape")
    assert found is not None
    assert found.type == "reshape2"
    assert found.operands == (Operand("x", "X", "", ()), Operand("shape", "", "shape", ("ShapeTensor", "Shape")))
    assert found.results == {"out": "Out"}


def test_an_operator_that_writes_over_its_input_is_the_other() -> None:
    assert signature("relu_") == signature("relu") is not None


def test_an_unknown_operator_has_no_signature() -> None:
    assert signature("frobnicate") is None


def test_legacy_operators_have_kinds_and_defaults() -> None:
    conv = legacy_op("conv2d")
    assert conv.kinds["strides"] is AttrKind.INTS
    assert conv.defaults["groups"] == Attr(AttrKind.INT, 1)
    assert "ShapeTensorList" in legacy_op("fill_constant").lists
