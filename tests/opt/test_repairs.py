"""Repairs: what they put back, that they leave what is there, and that Paddle Lite needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.program import AttrType, Program
from oarlock_opt.repairs import REPAIRS, repair


@pytest.mark.parametrize(
    ("name", "op_type", "attribute", "value"),
    [("relu6-threshold", "relu6", "threshold", 6.0), ("swish-beta", "swish", "beta", 1.0)],
)
def test_puts_the_default_back_once(models: Path, name: str, op_type: str, attribute: str, value: float) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    applied = {each.name: each.count for each in repair(program)}
    assert applied[name] == 1
    (op,) = (op for op in program.ops() if op.type == op_type)
    (found,) = (attr for attr in op.attrs if attr.name == attribute)
    assert (found.type, found.f) == (AttrType["FLOAT"], value)
    assert repair(program) == (), "a repaired program needs no repair"


def test_a_value_that_is_there_is_kept(models: Path) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    (op,) = (op for op in program.ops() if op.type == "swish")
    op.attrs.add(name="beta", type=AttrType["FLOAT"], f=1.5)
    assert "swish-beta" not in {each.name for each in repair(program)}
    assert [attr.f for attr in op.attrs if attr.name == "beta"] == [1.5]


def test_a_program_without_those_operators_is_untouched(models: Path) -> None:
    program = Program.load(models / "thousand" / "inference.pdmodel")
    before = program.to_bytes()
    assert repair(program) == ()
    assert program.to_bytes() == before


def test_each_has_a_name_of_its_own_and_a_reason() -> None:
    assert len({each.name for each in REPAIRS}) == len(REPAIRS)
    assert all(each.reason.endswith(".") for each in REPAIRS)
