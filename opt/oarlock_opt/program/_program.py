"""The program of a legacy inference model (.pdmodel): checked once, then read and changed through one class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from oarlock.session import TensorSpec
from oarlock_opt.errors import BadProgramError
from oarlock_opt.program._dtypes import DTYPES, TYPE_NAMES
from oarlock_opt.program._messages import AttrType, DataType, ProgramDesc

__all__ = ["MAX_PROGRAM_BYTES", "Program"]

MAX_PROGRAM_BYTES = 256 << 20
"""Larger files are refused unread; the program of a network of a thousand layers takes a few megabytes."""

# Variables that the interpreter keeps for itself; they are marked persistable but are no parameters.
_NO_TENSORS = {DataType[name] for name in ("FEED_MINIBATCH", "FETCH_LIST", "FEED_LIST", "RAW", "READER")}
_BLOCK_TYPES = {AttrType["BLOCK"], AttrType["BLOCKS"]}
# What PaddlePaddle writes for an optional argument that is absent.
_NO_ARGUMENT = "@EMPTY@"
_PASS_THROUGH = ("assign", "scale")


class Program:
    """A legacy inference program.

    ``path`` is the file it was read from, for messages. ``desc`` is the protobuf message, which repairs may change as
    long as inputs, outputs and parameters stay what they are.
    """

    def __init__(self, desc: Any, path: Path) -> None:
        self.desc = desc
        self.path = path
        self._check_blocks()
        self._variables = {variable.name: variable for variable in desc.blocks[0].vars}
        self.inputs = tuple(self._feeds())
        self.outputs = tuple(self._fetches())
        self.parameters = tuple(self._parameters())
        self._check_order()

    @classmethod
    def load(cls, path: Path) -> Program:
        """Read and check a program file.

        Raises BadProgramError when it is not the program of an inference model, and OSError.
        """
        size = path.stat().st_size
        if size > MAX_PROGRAM_BYTES:
            raise BadProgramError(
                f"{path}: {size} bytes, expected a program of at most {MAX_PROGRAM_BYTES} bytes; "
                "the parameters belong into a file of their own (.pdiparams)"
            )
        desc = ProgramDesc()
        try:
            desc.ParseFromString(path.read_bytes())
            complete = desc.IsInitialized()
        except (DecodeError, UnicodeDecodeError):
            complete = False
        if not complete:
            raise BadProgramError(
                f"{path}: not a PaddlePaddle program, or a damaged one; expected a .pdmodel file as paddle.jit.save "
                "and paddle.static.save_inference_model write it"
            )
        return cls(desc, path)

    def to_bytes(self) -> bytes:
        """The program in the file format. Equal programs give equal bytes."""
        return bytes(self.desc.SerializeToString(deterministic=True))

    @property
    def paddle_version(self) -> str | None:
        """The version of PaddlePaddle that wrote the program; None where it does not say (a development build)."""
        number = self.desc.version.version
        if number <= 0:
            return None
        return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"

    def ops(self) -> Iterator[Any]:
        """Every operator of every block, in order."""
        for block in self.desc.blocks:
            yield from block.ops

    def op_histogram(self) -> dict[str, int]:
        """How often each operator occurs, most frequent first, feed and fetch included."""
        return dict(sorted(Counter(op.type for op in self.ops()).items(), key=lambda item: (-item[1], item[0])))

    def ends_in_probabilities(self, output: str) -> bool:
        """Whether the output comes out of a softmax (or sigmoid), so that none must be applied to it again."""
        producers = {name: op for op in self.desc.blocks[0].ops for slot in op.outputs for name in slot.arguments}
        op = producers.get(output)
        seen = set()
        while op is not None and op.type in _PASS_THROUGH and id(op) not in seen and _changes_nothing(op):
            seen.add(id(op))
            op = producers.get(_argument(op.inputs, "X"))
        return op is not None and op.type in ("softmax", "sigmoid")

    def _check_blocks(self) -> None:
        blocks = self.desc.blocks
        if not blocks or not blocks[0].ops:
            raise self._bad("it has no operators")
        for index, block in enumerate(blocks):
            if block.idx != index or not (block.parent_idx == -1 if index == 0 else 0 <= block.parent_idx < index):
                raise self._bad(f"block {index} is numbered {block.idx} below block {block.parent_idx}")
            # protobuf hands a string that is not UTF-8 out as bytes, or refuses to hand it out.
            try:
                right = all(isinstance(name, str) for name in _names(block))
            except UnicodeDecodeError:
                right = False
            if not right:
                raise self._bad(f"a name in block {index} is not UTF-8")
            if not all(op.type for op in block.ops):
                raise self._bad(f"an operator of block {index} has no type")

    def _check_order(self) -> None:
        """Every operator reads what exists. Paddle Lite crashes on, or silently accepts, a program that breaks this."""
        known = {v.name for v in self._variables.values() if v.persistable} | {_NO_ARGUMENT}
        for op in self.desc.blocks[0].ops:
            # An operator with a block of its own (a loop, a condition) lists variables that the block writes.
            if all(attr.type not in _BLOCK_TYPES for attr in op.attrs):
                for name in (name for slot in op.inputs for name in slot.arguments):
                    if name not in known:
                        raise self._bad(f"the operator {op.type} reads {name!r}, which nothing before it writes")
            known.update(name for slot in op.outputs for name in slot.arguments)

    def _feeds(self) -> Iterator[TensorSpec]:
        yield from self._interface("feed", "Out", "outputs", "inputs")

    def _fetches(self) -> Iterator[TensorSpec]:
        yield from self._interface("fetch", "X", "inputs", "outputs")

    def _interface(self, op_type: str, parameter: str, side: str, called: str) -> Iterator[TensorSpec]:
        columns: dict[int, str] = {}
        for op in self.desc.blocks[0].ops:
            if op.type != op_type:
                continue
            name = _argument(getattr(op, side), parameter)
            column = next((attr.i for attr in op.attrs if attr.name == "col"), len(columns))
            if not name or name not in self._variables:
                raise self._bad(f"the {op_type} operator of column {column} names no variable ({name!r})")
            if column in columns:
                raise self._bad(f"two {op_type} operators have column {column}")
            columns[column] = name
        if not columns:
            raise self._bad(
                f"it has no {called} (no {op_type} operator), so it is no inference model; "
                "write one with paddle.jit.save or paddle.static.save_inference_model"
            )
        for column in sorted(columns):
            yield self._tensor(columns[column])

    def _parameters(self) -> Iterator[TensorSpec]:
        names = set()
        for variable in self.desc.blocks[0].vars:
            if variable.name in names:
                raise self._bad(f"the variable {variable.name!r} is declared twice")
            names.add(variable.name)
        # The parameter file holds the tensors in the order of their names' bytes.
        for name in sorted(names, key=str.encode):
            variable = self._variables[name]
            if variable.persistable and variable.type.type not in _NO_TENSORS:
                yield self._tensor(name)

    def _tensor(self, name: str) -> TensorSpec:
        kind = self._variables[name].type
        if kind.type != DataType["DENSE_TENSOR"]:
            found = TYPE_NAMES.get(kind.type, kind.type)
            raise self._bad(f"the variable {name!r} is a {found}, expected a DENSE_TENSOR")
        tensor = kind.dense_tensor.tensor
        if tensor.data_type not in DTYPES:
            found = TYPE_NAMES.get(tensor.data_type, tensor.data_type)
            expected = ", ".join(dtype.name for dtype in DTYPES.values())
            raise self._bad(f"the variable {name!r} has elements of type {found}, expected one of: {expected}")
        if any(size < -1 for size in tensor.dims):
            raise self._bad(f"the variable {name!r} has the shape {list(tensor.dims)}, expected sizes of -1 or more")
        return TensorSpec(name, tuple(tensor.dims), DTYPES[tensor.data_type].name)

    def _bad(self, what: str) -> BadProgramError:
        return BadProgramError(f"{self.path}: {what}")


def _names(block: Any) -> Iterator[object]:
    """Every name in a block: of variables, operators, their inputs, outputs and attributes."""
    for variable in block.vars:
        yield variable.name
    for op in block.ops:
        yield op.type
        for slot in (*op.inputs, *op.outputs):
            yield slot.parameter
            yield from slot.arguments
        for attr in op.attrs:
            yield attr.name


def _argument(slots: Any, parameter: str) -> str:
    """The first argument of the slot called ``parameter``, "" where there is none."""
    for slot in slots:
        if slot.parameter == parameter and slot.arguments:
            return str(slot.arguments[0])
    return ""


def _changes_nothing(op: Any) -> bool:
    attrs = {attr.name: attr.f for attr in op.attrs if attr.type == AttrType["FLOAT"]}
    return op.type == "assign" or bool(attrs.get("scale", 1.0) == 1.0 and attrs.get("bias", 0.0) == 0.0)
