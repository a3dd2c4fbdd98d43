"""Legacy programs and their parameters, damaged or contradicting themselves, and what the optimiser cannot do."""

from __future__ import annotations

import os
import re
import resource
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.importer.legacy import read_program
from oarlock_opt.importer.legacy._messages import ProgramDesc
from tests.conftest import Run
from tests.opt.breaking.conftest import Refused

Change = Callable[[Any], None]


def _edit(folder: Path, change: Change) -> None:
    """Have ``change`` edit the program's message."""
    path = folder / "inference.pdmodel"
    desc = read_program(path)
    change(desc)
    path.write_bytes(desc.SerializePartialToString())


def _op(desc: Any, kind: str) -> Any:
    return next(op for op in desc.blocks[0].ops if op.type == kind)


def _variable(desc: Any, name: str) -> Any:
    return next(variable for variable in desc.blocks[0].vars if variable.name == name)


def _tensor(desc: Any, kind: str, slot: str = "Out") -> Any:
    """The description of what the first operator of a kind gives."""
    [found] = [it for it in _op(desc, kind).outputs if it.parameter == slot]
    return _variable(desc, found.arguments[0]).type.dense_tensor.tensor


# ---- Bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.97])
def test_truncated(refused: Refused, legacy: Path, part: float) -> None:
    path = legacy / "inference.pdmodel"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    refused(legacy, "OAR-SOURCE-PROGRAM|OAR-SOURCE-GRAPH", "inference.pdmodel: ")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear all,\nthis is no program.\n" * 50,
        os.urandom(5000),
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        # A field that claims 4 GB, one that claims 2^63, and one that never ends.
        b"\x0a\xff\xff\xff\xff\x0f" + bytes(100),
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(100),
        b"\x0a" + b"\xff" * 100,
        # Groups within groups, 10,000 deep.
        b"\x0b" * 10_000,
        b"\x0a\x7f" * 10_000,
    ],
    ids=["text", "noise", "picture", "4-GB", "2^63", "endless", "deep-groups", "deep-messages"],
)
def test_something_else(refused: Refused, legacy: Path, content: bytes) -> None:
    (legacy / "inference.pdmodel").write_bytes(content)
    refused(legacy, "OAR-SOURCE-PROGRAM", "inference.pdmodel: not a PaddlePaddle program, or a damaged one")


def test_too_large_to_be_a_program(refused: Refused, legacy: Path) -> None:
    os.truncate(legacy / "inference.pdmodel", 1 << 30)
    refused(legacy, "OAR-SOURCE-PROGRAM", "1073741824 bytes, expected a program of at most")


def test_a_pir_program_by_another_name(refused: Refused, legacy: Path, pir_models: Path) -> None:
    (legacy / "inference.pdmodel").write_bytes((pir_models / "digits" / "inference.json").read_bytes())
    refused(legacy, "OAR-SOURCE-PROGRAM", "inference.pdmodel: not a PaddlePaddle program")


# ---- Structure ----------------------------------------------------------------------------------------------------


def _no_blocks(desc: Any) -> None:
    del desc.blocks[:]


def _empty_block(desc: Any) -> None:
    del desc.blocks[0].ops[:]


def _block_below_itself(desc: Any) -> None:
    desc.blocks.add(idx=1, parent_idx=1)


def _blocks_in_a_circle(desc: Any) -> None:
    desc.blocks.add(idx=1, parent_idx=2)
    desc.blocks.add(idx=2, parent_idx=1)


def _no_type(desc: Any) -> None:
    _op(desc, "swish").type = ""


def _no_inputs(desc: Any) -> None:
    desc.blocks[0].ops.remove(_op(desc, "feed"))


def _no_outputs(desc: Any) -> None:
    desc.blocks[0].ops.remove(_op(desc, "fetch"))


def _two_in_a_column(desc: Any) -> None:
    desc.blocks[0].ops.add().CopyFrom(_op(desc, "fetch"))


def _fetches_what_is_not(desc: Any) -> None:
    _op(desc, "fetch").inputs[0].arguments[0] = "nowhere"


def _read_before_given(desc: Any) -> None:
    ops = desc.blocks[0].ops
    conv = next(index for index, op in enumerate(ops) if op.type == "conv2d")
    moved = ProgramDesc().blocks.add().ops.add()
    moved.CopyFrom(ops[conv])
    del ops[conv]
    ops.add().CopyFrom(moved)


def _reads_itself(desc: Any) -> None:
    op = _op(desc, "swish")
    op.inputs[0].arguments[0] = op.outputs[0].arguments[0]


def _declared_twice(desc: Any) -> None:
    desc.blocks[0].vars.add().CopyFrom(_variable(desc, "x"))


def _writes_what_is_not(desc: Any) -> None:
    _op(desc, "swish").outputs[0].arguments[0] = "nowhere"


def _input_is_a_parameter(desc: Any) -> None:
    _variable(desc, "x").persistable = True


def _negative_sizes(desc: Any) -> None:
    _tensor(desc, "swish").dims[1] = -5


def _not_a_tensor(desc: Any) -> None:
    _variable(desc, _op(desc, "swish").outputs[0].arguments[0]).type.type = 13


def _complex_numbers(desc: Any) -> None:
    _tensor(desc, "swish").data_type = 23


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_no_blocks, "it has no operators"),
        (_empty_block, "it has no operators"),
        (_block_below_itself, "block 1 is numbered 1 below block 1"),
        (_blocks_in_a_circle, "block 1 is numbered 1 below block 2"),
        (_no_type, "an operator of block 0 has no type"),
        (_no_inputs, "it has no inputs (no feed operator)"),
        (_no_outputs, "it has no outputs (no fetch operator)"),
        (_two_in_a_column, "two fetch operators have column 0"),
        (_fetches_what_is_not, "the fetch operator of column 0 names no variable ('nowhere')"),
        (_read_before_given, "which nothing before it writes"),
        (_reads_itself, "the operator swish reads"),
        (_declared_twice, "the variable 'x' is declared twice"),
        (_writes_what_is_not, "the operator swish writes 'nowhere', which is no variable"),
        (_negative_sizes, "expected sizes of -1 or more"),
        (_not_a_tensor, "is a DENSE_TENSOR_ARRAY, expected a DENSE_TENSOR"),
        (_complex_numbers, "has elements of type COMPLEX64"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_program_that_contradicts_itself(refused: Refused, legacy: Path, change: Change, words: str) -> None:
    _edit(legacy, change)
    refused(legacy, "OAR-SOURCE-GRAPH", "inference.pdmodel: ", words)


def test_a_name_that_is_not_text(refused: Refused, legacy: Path) -> None:
    path = legacy / "inference.pdmodel"
    path.write_bytes(path.read_bytes().replace(b"swish", b"\xff\xfeish"))
    refused(legacy, "OAR-SOURCE-PROGRAM", "inference.pdmodel: ")


def test_a_loop_on_data(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        desc.blocks.add(idx=1, parent_idx=0)
        _op(desc, "swish").attrs.add(name="sub_block", type=8, block_idx=1)

    _edit(legacy, change)
    error = refused(legacy, "OAR-IMPORT-OP", "the operator swish has a block of its own")
    assert error["stage"] == "import"


def test_an_attribute_of_complex_numbers(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        attr = _op(desc, "swish").attrs.add(name="weight", type=16)
        attr.scalar.type = 4
        attr.scalar.c.r = attr.scalar.c.i = 1.0

    _edit(legacy, change)
    refused(legacy, "OAR-IMPORT-OP|OAR-SOURCE-PROGRAM|OAR-SOURCE-GRAPH", "swish", "weight")


# ---- Parameters ---------------------------------------------------------------------------------------------------


def _params(folder: Path) -> Path:
    return folder / "inference.pdiparams"


@pytest.mark.parametrize("part", [0.001, 0.3, 0.999])
def test_truncated_parameters(refused: Refused, legacy: Path, part: float) -> None:
    content = _params(legacy).read_bytes()
    _params(legacy).write_bytes(content[: int(len(content) * part)])
    refused(legacy, "OAR-SOURCE-PARAMS", "inference.pdiparams: parameter", "it is truncated, or another model's")


def test_empty_parameters(refused: Refused, legacy: Path) -> None:
    _params(legacy).write_bytes(b"")
    refused(legacy, "OAR-SOURCE-PARAMS", "the file is empty, expected 10 parameters")


def test_more_than_the_parameters(refused: Refused, legacy: Path) -> None:
    with _params(legacy).open("ab") as file:
        file.write(b"and more")
    refused(legacy, "OAR-SOURCE-PARAMS", "8 bytes follow the last of the program's")


def test_the_parameters_of_another_model(refused: Refused, legacy: Path, models: Path) -> None:
    _params(legacy).write_bytes((models / "thousand" / "inference.pdiparams").read_bytes())
    refused(legacy, "OAR-SOURCE-PARAMS", "the program expects", "the file belongs to another model")


def test_parameters_that_are_none(refused: Refused, legacy: Path) -> None:
    _params(legacy).write_bytes(b"Dear all,\n" * 1000)
    refused(legacy, "OAR-SOURCE-PARAMS", "does not begin as a tensor does")


def test_parameters_too_large_for_a_file(refused: Refused, legacy: Path) -> None:
    os.truncate(_params(legacy), 5 << 30)
    refused(legacy, "OAR-SOURCE-PARAMS", "5368709120 bytes, expected at most")


def test_lengths_of_4_gb(refused: Refused, legacy: Path) -> None:
    """The levels of detail claim more than there is; then the description does."""
    content = _params(legacy).read_bytes()
    _params(legacy).write_bytes(content[:4] + struct.pack("<QQ", 1, 2**32) + content[12:])
    refused(legacy, "OAR-SOURCE-PARAMS", f"needs {2**32} bytes at offset 20")
    _params(legacy).write_bytes(content[:4] + struct.pack("<QQ", 1, 2**64 - 1) + content[12:])
    refused(legacy, "OAR-SOURCE-PARAMS", f"needs {2**64 - 1} bytes at offset 20")
    _params(legacy).write_bytes(content[:16] + struct.pack("<i", 2**31 - 1) + content[20:])
    refused(legacy, "OAR-SOURCE-PARAMS", "has no description; the file is damaged")


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([0, 3, 3, 3], "expected sizes of 1 or more"),
        ([-1, 3, 3, 3], "expected sizes of 1 or more"),
        ([2**40, 2**40, 3, 3], "the program expects float32 of shape [1099511627776, 1099511627776, 3, 3]"),
    ],
    ids=["zero", "negative", "gigantic"],
)
def test_parameters_of_impossible_sizes(refused: Refused, legacy: Path, sizes: list[int], words: str) -> None:
    """The program says so; the file says so too where it can."""

    def change(desc: Any) -> None:
        [slot] = [slot for slot in _op(desc, "conv2d").inputs if slot.parameter == "Filter"]
        _variable(desc, slot.arguments[0]).type.dense_tensor.tensor.dims[:] = sizes

    _edit(legacy, change)
    if sizes[0] < 1:
        content = _params(legacy).read_bytes()
        _params(legacy).write_bytes(_resized(content, [8, 3, 3, 3], sizes))
    refused(legacy, "OAR-SOURCE-PARAMS|OAR-SOURCE-PROGRAM|OAR-SOURCE-GRAPH", words)


def _resized(content: bytes, sizes: list[int], new: list[int]) -> bytes:
    """The file with the description of the tensor of these sizes saying others."""
    from oarlock_opt.importer.legacy._messages import TensorDesc

    old = TensorDesc(data_type=5, dims=sizes).SerializeToString()
    description = TensorDesc(data_type=5, dims=new).SerializeToString()
    assert content.count(struct.pack("<i", len(old)) + old) == 1
    return content.replace(struct.pack("<i", len(old)) + old, struct.pack("<i", len(description)) + description)


def test_a_parameter_of_another_dtype(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        [slot] = [slot for slot in _op(desc, "conv2d").inputs if slot.parameter == "Filter"]
        _variable(desc, slot.arguments[0]).type.dense_tensor.tensor.data_type = 3

    _edit(legacy, change)
    refused(legacy, "OAR-SOURCE-PARAMS", "is float32 of shape [8, 3, 3, 3], but the program expects int64")


# ---- The optimiser ------------------------------------------------------------------------------------------------


def test_an_operator_that_nobody_knows(refused: Refused, legacy: Path) -> None:
    _edit(legacy, lambda desc: setattr(_op(desc, "swish"), "type", "made_up"))
    error = refused(legacy, "OAR-NO-KERNEL", "arm64-fp32: Paddle Lite 2.12 does not know the operator made_up (")
    assert (error["stage"], error["op"]) == ("optimise", "made_up")


def test_an_operator_without_a_kernel_on_one_target(refused: Refused, legacy: Path) -> None:
    _edit(legacy, lambda desc: setattr(_op(desc, "swish"), "type", "lookup_table_dequant"))
    options = ("--target", "x86,arm64", "--preprocess", "none")
    words = ("x86-fp32: Paddle Lite 2.12 has no kernel there for the operator lookup_table_dequant", "arm64-fp32 alone")
    refused(legacy, "OAR-NO-KERNEL", *words, options=options)


def test_an_attribute_of_the_wrong_type(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        [attr] = [attr for attr in _op(desc, "conv2d").attrs if attr.name == "groups"]
        attr.Clear()
        attr.name, attr.type, attr.s = "groups", 2, "one"

    _edit(legacy, change)
    error = refused(legacy, "OAR-OPT-ABORTED", "required type is INT", "It begins with the operator conv2d (")
    assert error["op"] == "conv2d"
    assert "op_desc" in error["engine_output"]


def test_what_the_engine_said_is_told_on_demand(oarlock_cli: Run, engine: Path, legacy: Path, tmp_path: Path) -> None:
    _edit(legacy, lambda desc: setattr(_op(desc, "swish"), "type", "clip"))
    command = ("opt", legacy, "-o", tmp_path / "x.oar", "--no-golden", "--no-cache", "--preprocess", "none")
    assert "[F " not in oarlock_cli(*command, status=1).stderr
    told = oarlock_cli(*command, "--explain", status=1).stderr
    assert re.search(r"^\[F .*op_desc\.h.*No attributes called m\w+ found for clip$", told, re.MULTILINE)
    assert told.splitlines()[-1].startswith("Error: ")


def test_an_attribute_that_is_missing(refused: Refused, legacy: Path) -> None:
    _edit(legacy, lambda desc: setattr(_op(desc, "swish"), "type", "clip"))
    error = refused(legacy, "OAR-OPT-ABORTED", "The operator clip lacks the attribute m")
    assert error["op"] == "clip"
    assert error["attribute"] in ("min", "max")


def test_an_input_that_is_missing(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        del _op(desc, "swish").inputs[:]

    _edit(legacy, change)
    refused(legacy, "OAR-OPT-ABORTED|OAR-SOURCE-PROGRAM", "the operator swish (")


def test_an_input_that_a_pass_looks_for(refused: Refused, legacy: Path) -> None:
    def change(desc: Any) -> None:
        inputs = _op(desc, "conv2d").inputs
        inputs.remove(next(slot for slot in inputs if slot.parameter == "Filter"))

    _edit(legacy, change)
    error = refused(legacy, "OAR-SOURCE-GRAPH", "inference.pdmodel: the operator conv2d (", "is not as")
    assert (error["stage"], error["op"], error["attribute"]) == ("import", "conv2d", "Filter")


def test_a_crash_of_the_optimiser(refused: Refused, legacy: Path) -> None:
    """A quantised operator whose scale is no parameter, which Paddle Lite's passes look up as one, unchecked."""

    def change(desc: Any) -> None:
        op = _op(desc, "swish")
        op.type = "fake_quantize_moving_average_abs_max"
        op.inputs.add(parameter="InScale", arguments=["x"])
        desc.blocks[0].vars.add().CopyFrom(_variable(desc, op.outputs[0].arguments[0]))
        desc.blocks[0].vars[-1].name = "scale"
        op.outputs.add(parameter="OutScale", arguments=["scale"])
        op.attrs.add(name="bit_length", type=0, i=8)

    _edit(legacy, change)
    error = refused(legacy, "OAR-OPT-CRASHED", "crashed (SIG", "It begins with the operator fake_quantize")
    assert error["op"] == "fake_quantize_moving_average_abs_max"


def test_the_time_limit(refused: Refused, legacy: Path) -> None:
    options = ("--target", "arm64", "--preprocess", "none", "--timeout", "0.001")
    refused(legacy, "OAR-OPT-TIMEOUT", "was stopped after 0.001 s", "--timeout", options=options)


def test_the_worker_is_killed(models: Path, refused: Refused, tmp_path: Path) -> None:
    """As the system does it when memory is short."""
    done = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not done.is_set() and not killed:
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    command = (folder / "cmdline").read_bytes().split(b"\0")
                    if command[0].endswith(b"oarlock-lite-optimizer") and str(tmp_path).encode() in b" ".join(command):
                        os.kill(int(folder.name), 9)
                        killed.append(int(folder.name))
                except (OSError, ValueError):
                    continue
            time.sleep(0.001)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        refused(models / "heavy", "OAR-OPT-KILLED", "was ended from outside (SIGKILL)", "for want of memory")
    finally:
        done.set()
        killer.join()
    assert killed


def test_too_little_memory(refused: Refused, models: Path, tmp_path: Path) -> None:
    """Room for the command and the engine, not for 20 MB of parameters as well."""
    limit = 60 << 20

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    refused(models / "heavy", "OAR-OPT-MEMORY|OAR-OUT-OF-MEMORY", "memory", preexec_fn=limited)
