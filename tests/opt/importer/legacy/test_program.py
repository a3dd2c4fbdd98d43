"""Legacy programs: the messages are those of PaddlePaddle, and what is broken is refused with a sentence."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.errors import BadParamsError, BadProgramError, UnsupportedOpError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import AttrKind
from oarlock_opt.importer.legacy import _program as program_module
from oarlock_opt.importer.legacy._messages import _ENUMS, _MESSAGES, AttrType
from oarlock_opt.source import SourceFiles, find_files

# Prints PaddlePaddle's own field numbers; both orders of import must work in one process.
_PADDLE_FIELDS = """
import json, sys
if sys.argv[1] == "paddle-first":
    import paddle
from oarlock_opt.importer.legacy import read_program
from pathlib import Path
import paddle
from paddle.base.proto import framework_pb2 as theirs

again = theirs.ProgramDesc()
again.ParseFromString(read_program(Path(sys.argv[2])).SerializeToString())
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
    "DenseTensorDesc": "VarType.DenseTensorDesc", "DataType": "VarType.Type", "ScalarType": "Scalar.Type",
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


def test_kinds_of_attributes_have_the_numbers_of_the_format() -> None:
    assert {kind.name: kind.value for kind in AttrKind}.items() <= AttrType.items()


def test_reads_inputs_outputs_and_parameters(models: Path) -> None:
    graph = legacy.read(find_files(models / "digits"))
    assert [(it.name, it.shape, it.dtype) for it in graph.inputs] == [("x", (-1, 3, 32, 32), "float32")]
    assert [(it.shape, it.dtype) for it in graph.outputs] == [((-1, 10), "float32")]
    assert graph.paddle_version == "3.3.1"
    names = [it.name for it in graph.parameters]
    assert names == sorted(names)
    assert {it.name: it.shape for it in graph.parameters}["linear_0.w_0"] == (16, 10)
    assert graph.op_histogram()["conv2d"] == 2
    assert "feed" not in graph.op_histogram()
    assert not any(name.startswith("op_") for node in graph.nodes for name in node.attrs)


def test_two_inputs_and_outputs_come_in_their_order(models: Path) -> None:
    graph = legacy.read(find_files(models / "two-tensors"))
    assert [it.name for it in graph.inputs] == ["left", "right"]
    assert len(graph.outputs) == 2
    assert graph.outputs[1].name.startswith("relu")


Change = Callable[[Any], None]


@pytest.fixture
def changed(models: Path, tmp_path: Path) -> Callable[..., SourceFiles]:
    """The files of a model whose program was changed: ``changed(change)``, ``changed(change, "two-tensors")``."""

    def make(change: Change, name: str = "digits") -> SourceFiles:
        program = legacy.read_program(models / name / "inference.pdmodel")
        change(program)
        path = tmp_path / "changed.pdmodel"
        path.write_bytes(program.SerializeToString())
        return SourceFiles(path, models / name / "inference.pdiparams")

    return make


def test_a_development_version_is_unknown(changed: Callable[..., SourceFiles]) -> None:
    def change(desc: Any) -> None:
        desc.version.version = 0

    assert legacy.read(changed(change)).paddle_version is None


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


def _lonely_block(desc: Any) -> None:
    desc.blocks.add(idx=1, parent_idx=0)


def _nameless_op(desc: Any) -> None:
    desc.blocks[0].ops[2].type = ""


def _twice_declared(desc: Any) -> None:
    desc.blocks[0].vars.add().CopyFrom(desc.blocks[0].vars[0])


def _op(desc: Any, kind: str) -> Any:
    return next(op for op in desc.blocks[0].ops if op.type == kind)


def _variable(desc: Any, name: str) -> Any:
    return next(var for var in desc.blocks[0].vars if var.name == name)


def _reads_nothing(desc: Any) -> None:
    _op(desc, "swish").inputs[0].arguments[0] = "nowhere"


def _writes_a_stranger(desc: Any) -> None:
    _op(desc, "swish").outputs[0].arguments[0] = "stranger"


def _cycle(desc: Any) -> None:
    _op(desc, "relu6").inputs[0].arguments[0] = _op(desc, "swish").outputs[0].arguments[0]


def _two_columns(desc: Any) -> None:
    desc.blocks[0].ops.add().CopyFrom(desc.blocks[0].ops[0])


def _fed_twice(desc: Any) -> None:
    _two_columns(desc)
    next(attr for attr in desc.blocks[0].ops[-1].attrs if attr.name == "col").i = 1


def _feeds_a_stranger(desc: Any) -> None:
    desc.blocks[0].ops[0].outputs[0].arguments[0] = "stranger"


def _fetches_what_nobody_writes(desc: Any) -> None:
    _op(desc, "fetch").inputs[0].arguments[0] = "unwritten"
    desc.blocks[0].vars.add(name="unwritten").type.type = 7


def _input_of_list_type(desc: Any) -> None:
    _variable(desc, "x").type.type = 13


def _bad_shape(desc: Any) -> None:
    _variable(desc, "x").type.dense_tensor.tensor.dims[0] = -7


def _input_of_complex_numbers(desc: Any) -> None:
    _variable(desc, "x").type.dense_tensor.tensor.data_type = 23


def _attribute_twice(desc: Any) -> None:
    for _ in range(2):
        _op(desc, "swish").attrs.add(name="beta", type=1, f=1.0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_no_feed, "no inputs"),
        (_no_fetch, "no outputs"),
        (_no_ops, "no operators"),
        (_no_blocks, "no operators"),
        (_wrong_block_number, "block 0 is numbered 3"),
        (_lonely_block, "more than one block, and no operator that uses the others"),
        (_nameless_op, "has no type"),
        (_twice_declared, "the variable 'batch_norm2d_0.b_0' is declared twice"),
        (_reads_nothing, "swish reads 'nowhere', which nothing before it writes"),
        (_writes_a_stranger, "swish writes 'stranger', which is no variable of the program"),
        (_cycle, "relu6 reads"),
        (_two_columns, "two feed operators have column 0"),
        (_fed_twice, "an input is fed twice"),
        (_feeds_a_stranger, "names no variable ('stranger')"),
        (_fetches_what_nobody_writes, "the output 'unwritten' is written by no operator"),
        (_input_of_list_type, "'x' is a DENSE_TENSOR_ARRAY, expected a DENSE_TENSOR"),
        (_bad_shape, "'x' has the shape [-7, 3, 32, 32]"),
        (_input_of_complex_numbers, "'x' has elements of type COMPLEX64, expected one of: bool"),
        (_attribute_twice, "swish has the attribute beta twice"),
    ],
)
def test_broken_programs_are_refused(changed: Callable[..., SourceFiles], change: Change, sentence: str) -> None:
    files = changed(change)
    with pytest.raises(BadProgramError) as caught:
        legacy.read(files)
    assert str(files.program) in caught.value.message
    assert sentence in caught.value.message
    assert caught.value.code in ("OAR-SOURCE-PROGRAM", "OAR-SOURCE-GRAPH")


def _loop(desc: Any) -> None:
    desc.blocks.add(idx=1, parent_idx=0)
    op = desc.blocks[0].ops.add(type="while")
    op.attrs.add(name="sub_block", type=8, block_idx=1)


def _variable_attribute(desc: Any) -> None:
    _op(desc, "swish").attrs.add(name="beta", type=13, var_name="x")


def _complex_scalar(desc: Any) -> None:
    scalar = _op(desc, "swish").attrs.add(name="beta", type=16).scalar
    scalar.type = 4
    scalar.c.r = scalar.c.i = 1.0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_loop, "the operator while has a block of its own"),
        (_variable_attribute, "the operator swish has the attribute beta of the kind VAR"),
        (_complex_scalar, "the operator swish has a complex number in its attribute beta"),
    ],
)
def test_what_is_not_converted_is_named(changed: Callable[..., SourceFiles], change: Change, sentence: str) -> None:
    files = changed(change)
    with pytest.raises(UnsupportedOpError) as caught:
        legacy.read(files)
    assert str(files.program) in caught.value.message
    assert sentence in caught.value.message
    assert caught.value.code == "OAR-IMPORT-OP"


def test_files_that_are_no_programs_are_refused(models: Path, tmp_path: Path) -> None:
    good = (models / "digits" / "inference.pdmodel").read_bytes()
    path = tmp_path / "broken.pdmodel"
    for content in (
        b"",
        b"hello",
        good[: len(good) // 2],
        good.replace(b"conv2d_0.w_0", b"conv2d_0.\xff_0"),
        good.replace(b"NCHW", b"NC\xffW"),
        good.replace(b"Filter", b"Fil\xffer"),
    ):
        path.write_bytes(content)
        with pytest.raises(BadProgramError, match=r"broken\.pdmodel"):
            legacy.read(SourceFiles(path, models / "digits" / "inference.pdiparams"))


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "MAX_PROGRAM_BYTES", 1000)
    path = tmp_path / "huge.pdmodel"
    path.write_bytes(bytes(1001))
    with pytest.raises(BadProgramError, match="1001 bytes, expected a program of at most 1000 bytes"):
        legacy.read_program(path)


def test_mutated_programs_are_refused_or_read(models: Path, tmp_path: Path) -> None:
    """1,000 seeded mutations: a typed error or a graph that can be written, never anything else."""
    good = (models / "digits" / "inference.pdmodel").read_bytes()
    generator = random.Random(0)
    path = tmp_path / "mutated.pdmodel"
    files = SourceFiles(path, models / "digits" / "inference.pdiparams")
    refused = 0
    for _ in range(1000):
        content = bytearray(good)
        for _ in range(generator.choice((1, 1, 4))):
            content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        path.write_bytes(content)
        try:
            legacy.program_bytes(legacy.read(files))
        except (BadProgramError, BadParamsError, UnsupportedOpError):
            refused += 1
    assert 0 < refused < 1000
