"""Legacy programs: the messages are those of PaddlePaddle, and what is broken is refused with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock.session import TensorSpec
from oarlock_opt.errors import BadProgramError
from oarlock_opt.program import AttrType, Program
from oarlock_opt.program import _program as program_module
from oarlock_opt.program._messages import _ENUMS, _MESSAGES

# Prints PaddlePaddle's own field numbers; both orders of import must work in one process.
_PADDLE_FIELDS = """
import json, sys
if sys.argv[1] == "paddle-first":
    import paddle
from oarlock_opt.program import Program
from pathlib import Path
import paddle
from paddle.base.proto import framework_pb2 as theirs

program = Program.load(Path(sys.argv[2]))
again = theirs.ProgramDesc()
again.ParseFromString(program.to_bytes())
original = theirs.ProgramDesc()
original.ParseFromString(Path(sys.argv[2]).read_bytes())

from google.protobuf import descriptor_pb2
file = descriptor_pb2.FileDescriptorProto()
theirs.DESCRIPTOR.CopyToProto(file)
found, enums = {}, {}
def values(enum):
    return {value.name: value.number for value in enum.value}
def walk(message, prefix):
    name = prefix + message.name
    found[name] = {field.name: [field.number, field.type, field.label] for field in message.field}
    enums.update({name + "." + enum.name: values(enum) for enum in message.enum_type})
    for nested in message.nested_type:
        walk(nested, name + ".")
for message in file.message_type:
    walk(message, "")
enums.update({enum.name: values(enum) for enum in file.enum_type})
print(json.dumps({"messages": found, "enums": enums, "same": again == original}))
"""

# Our flat names, and the field that PaddlePaddle 3 has renamed.
_THEIR_NAMES = {
    "OpAttr": "OpDesc.Attr", "OpSlot": "OpDesc.Var", "TensorDesc": "VarType.TensorDesc",
    "DenseTensorDesc": "VarType.DenseTensorDesc", "DataType": "VarType.Type",
}  # fmt: skip
_THEIR_FIELDS = {"lod_level": "legacy_lod_level"}
_LABELS = {"optional": 1, "required": 2, "repeated": 3}
_TYPES = {"double": 1, "float": 2, "int64": 3, "int32": 5, "bool": 8, "string": 9}


@pytest.mark.parametrize("order", ["paddle-first", "paddle-second"])
def test_messages_are_those_of_paddlepaddle(models: Path, order: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PADDLE_FIELDS, order, str(models / "digits" / "inference.pdmodel")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs["same"], "writing a program changes it"
    for name, lines in _MESSAGES.items():
        fields = theirs["messages"][_THEIR_NAMES.get(name, name)]
        for line in lines.strip().splitlines():
            label, kind, field, number = line.split()
            their_number, their_type, their_label = fields[_THEIR_FIELDS.get(field, field)]
            assert (int(number), _LABELS[label]) == (their_number, their_label), f"{name}.{field}"
            expected = _TYPES.get(kind, 14 if kind in _ENUMS else 11)
            assert their_type == expected, f"{name}.{field}"
    for name, values in _ENUMS.items():
        assert values == theirs["enums"][_THEIR_NAMES.get(name, name)]


def test_reads_inputs_outputs_and_parameters(models: Path) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    assert program.inputs == (TensorSpec("x", (-1, 3, 32, 32), "float32"),)
    assert [(it.shape, it.dtype) for it in program.outputs] == [((-1, 10), "float32")]
    assert program.paddle_version == "3.3.1"
    names = [it.name for it in program.parameters]
    assert names == sorted(names)
    assert {it.name: it.shape for it in program.parameters}["linear_0.w_0"] == (16, 10)
    assert program.op_histogram()["conv2d"] == 2
    assert sum(program.op_histogram().values()) == len(list(program.ops()))


def test_two_inputs_and_outputs_come_in_their_order(models: Path) -> None:
    program = Program.load(models / "two-tensors" / "inference.pdmodel")
    assert [it.name for it in program.inputs] == ["left", "right"]
    assert len(program.outputs) == 2
    assert program.outputs[1].name.startswith("relu")


def test_tells_probabilities_from_logits(models: Path) -> None:
    for name, expected in (("digits", True), ("thousand", False)):
        program = Program.load(models / name / "inference.pdmodel")
        assert program.ends_in_probabilities(program.outputs[0].name) is expected


@pytest.mark.parametrize(("scale", "expected"), [(1.0, True), (2.0, False)])
def test_a_softmax_is_seen_through_a_scale_that_changes_nothing(models: Path, scale: float, expected: bool) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    block = program.desc.blocks[0]
    output = program.outputs[0].name
    op = block.ops.add(type="scale")
    op.inputs.add(parameter="X", arguments=[output])
    op.outputs.add(parameter="Out", arguments=["scaled"])
    op.attrs.add(name="scale", type=AttrType["FLOAT"], f=scale)
    assert program.ends_in_probabilities("scaled") is expected


def test_a_development_version_is_unknown(models: Path) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    program.desc.version.version = 0
    assert program.paddle_version is None


def _no_feed(desc: Any) -> None:
    del desc.blocks[0].ops[0]


def _no_fetch(desc: Any) -> None:
    del desc.blocks[0].ops[-1]


def _no_ops(desc: Any) -> None:
    del desc.blocks[0].ops[:]


def _no_blocks(desc: Any) -> None:
    del desc.blocks[:]


def _wrong_block_number(desc: Any) -> None:
    desc.blocks[0].idx = 3


def _nameless_op(desc: Any) -> None:
    desc.blocks[0].ops[2].type = ""


def _twice_declared(desc: Any) -> None:
    desc.blocks[0].vars.add().CopyFrom(desc.blocks[0].vars[0])


def _reads_nothing(desc: Any) -> None:
    next(op for op in desc.blocks[0].ops if op.type == "swish").inputs[0].arguments[0] = "nowhere"


def _cycle(desc: Any) -> None:
    ops = {op.type: op for op in desc.blocks[0].ops}
    ops["relu6"].inputs[0].arguments[0] = ops["swish"].outputs[0].arguments[0]


def _two_columns(desc: Any) -> None:
    desc.blocks[0].ops.add().CopyFrom(desc.blocks[0].ops[0])


def _feeds_a_stranger(desc: Any) -> None:
    desc.blocks[0].ops[0].outputs[0].arguments[0] = "stranger"


def _input_of_list_type(desc: Any) -> None:
    next(var for var in desc.blocks[0].vars if var.name == "x").type.type = 13


def _bad_shape(desc: Any) -> None:
    next(var for var in desc.blocks[0].vars if var.name == "x").type.dense_tensor.tensor.dims[0] = -7


def _input_of_complex_numbers(desc: Any) -> None:
    next(var for var in desc.blocks[0].vars if var.name == "x").type.dense_tensor.tensor.data_type = 23


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_no_feed, "no inputs"),
        (_no_fetch, "no outputs"),
        (_no_ops, "no operators"),
        (_no_blocks, "no operators"),
        (_wrong_block_number, "block 0 is numbered 3"),
        (_nameless_op, "has no type"),
        (_twice_declared, "is declared twice"),
        (_reads_nothing, "swish reads 'nowhere', which nothing before it writes"),
        (_cycle, "relu6 reads"),
        (_two_columns, "two feed operators have column 0"),
        (_feeds_a_stranger, "names no variable ('stranger')"),
        (_input_of_list_type, "'x' is a DENSE_TENSOR_ARRAY, expected a DENSE_TENSOR"),
        (_bad_shape, "'x' has the shape [-7, 3, 32, 32]"),
        (_input_of_complex_numbers, "'x' has elements of type COMPLEX64, expected one of: bool"),
    ],
)
def test_broken_programs_are_refused(
    models: Path, tmp_path: Path, change: Callable[[Any], None], sentence: str
) -> None:
    program = Program.load(models / "digits" / "inference.pdmodel")
    change(program.desc)
    path = tmp_path / "broken.pdmodel"
    path.write_bytes(program.to_bytes())
    with pytest.raises(BadProgramError) as caught:
        Program.load(path)
    assert str(path) in caught.value.message
    assert sentence in caught.value.message
    assert caught.value.code == "OAR-SOURCE-PROGRAM"


def test_files_that_are_no_programs_are_refused(models: Path, tmp_path: Path) -> None:
    good = (models / "digits" / "inference.pdmodel").read_bytes()
    path = tmp_path / "broken.pdmodel"
    for content in (b"", b"hello", good[: len(good) // 2], good.replace(b"conv2d_0.w_0", b"conv2d_0.\xff_0")):
        path.write_bytes(content)
        with pytest.raises(BadProgramError, match=r"broken\.pdmodel"):
            Program.load(path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "MAX_PROGRAM_BYTES", 1000)
    path = tmp_path / "huge.pdmodel"
    path.write_bytes(bytes(1001))
    with pytest.raises(BadProgramError, match="1001 bytes, expected a program of at most 1000 bytes"):
        Program.load(path)


def test_mutated_programs_are_refused_or_read(models: Path, tmp_path: Path) -> None:
    """1,000 seeded mutations: a typed error or a program, never anything else."""
    import random

    good = (models / "digits" / "inference.pdmodel").read_bytes()
    generator = random.Random(0)
    path = tmp_path / "mutated.pdmodel"
    refused = 0
    for _ in range(1000):
        content = bytearray(good)
        for _ in range(generator.choice((1, 1, 4))):
            content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        path.write_bytes(content)
        try:
            program = Program.load(path)
            program.op_histogram()
            program.to_bytes()
        except BadProgramError:
            refused += 1
    assert 0 < refused < 1000
