"""Reads a legacy model into a graph.

A legacy program names variables, which operators may write more than once, in place even: each writing becomes a value
of its own. What only PaddlePaddle's executor needs, feed and fetch operators and attributes of its bookkeeping, goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from oarlock_opt.errors import BadGraphError, BadProgramError, UnsupportedOpError
from oarlock_opt.importer.graph import Graph, Node, TensorData, Value
from oarlock_opt.importer.legacy._attributes import read_attributes
from oarlock_opt.importer.legacy._dtypes import DTYPES, TYPE_NAMES
from oarlock_opt.importer.legacy._messages import AttrType, DataType
from oarlock_opt.importer.legacy._params import read_params
from oarlock_opt.importer.legacy._program import paddle_version, read_program, text
from oarlock_opt.source import SourceFiles

__all__ = ["read"]

# Variables that the interpreter keeps for itself; they are marked persistable but are no parameters.
_NO_TENSORS = {DataType[name] for name in ("FEED_MINIBATCH", "FETCH_LIST", "FEED_LIST", "RAW", "READER")}
_BLOCK_TYPES = {AttrType["BLOCK"], AttrType["BLOCKS"]}
# What PaddlePaddle writes for an optional argument that is absent.
_NO_ARGUMENT = "@EMPTY@"


def read(files: SourceFiles) -> Graph:
    """Read a legacy model. Its parameters stay in their file, which is mapped.

    Raises BadProgramError when the program is damaged or not that of an inference model, UnsupportedOpError for one
    with loops or conditions, SourceNotFoundError and BadParamsError for parameters that are missing or not the
    program's, and OSError.
    """
    try:
        return _Reader(files).graph()
    except UnicodeError:
        raise BadProgramError(f"{files.program}: a name in it is not UTF-8; the file is damaged") from None


class _Reader:
    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._desc = read_program(files.program)
        self._block = self._desc.blocks[0]
        self._variables = {text(variable.name): variable for variable in self._block.vars}
        # The value that each variable holds after the operators read so far.
        self._values: dict[str, Value] = {}

    def graph(self) -> Graph:
        self._check_blocks()
        feeds, fetches = self._columns("feed", "outputs"), self._columns("fetch", "inputs")
        inputs = [self._variable(name) for name in feeds]
        parameters = self._parameters()
        self._values = {value.name: value for value in (*parameters, *inputs)}
        if len(self._values) < len(inputs) + len(parameters):
            raise self._bad("an input is fed twice, or is a parameter as well")
        nodes = [
            self._node(number, op) for number, op in enumerate(self._block.ops) if op.type not in ("feed", "fetch")
        ]
        outputs = list(self._outputs(fetches, {*parameters, *inputs}, nodes))
        return Graph(inputs, outputs, parameters, nodes, paddle_version(self._desc))

    def _check_blocks(self) -> None:
        if len(self._desc.blocks) == 1:
            return
        for op in self._block.ops:
            if any(attr.type in _BLOCK_TYPES for attr in op.attrs):
                raise UnsupportedOpError(
                    f"{self._files.program}: the operator {op.type} has a block of its own, as loops and conditions "
                    "that depend on data have, and Oarlock does not convert those. Unroll the loop, or decide the "
                    "condition before the model is exported."
                )
        raise self._bad("it has more than one block, and no operator that uses the others")

    def _columns(self, kind: str, side: str) -> list[str]:
        """The variables that feed or fetch operators name, by column."""
        parameter, called = ("Out", "inputs") if kind == "feed" else ("X", "outputs")
        columns: dict[int, str] = {}
        for op in self._block.ops:
            if op.type != kind:
                continue
            names = [name for slot in getattr(op, side) if slot.parameter == parameter for name in slot.arguments]
            column = next((attr.i for attr in op.attrs if attr.name == "col"), len(columns))
            if len(names) != 1 or names[0] not in self._variables:
                raise self._bad(f"the {kind} operator of column {column} names no variable ({', '.join(names)!r})")
            if column in columns:
                raise self._bad(f"two {kind} operators have column {column}")
            columns[column] = names[0]
        if not columns:
            raise self._bad(
                f"it has no {called} (no {kind} operator), so it is no inference model; "
                "write one with paddle.jit.save or paddle.static.save_inference_model"
            )
        return [columns[column] for column in sorted(columns)]

    def _parameters(self) -> dict[Value, TensorData]:
        if len(self._variables) < len(self._block.vars):
            twice, _ = Counter(variable.name for variable in self._block.vars).most_common(1)[0]
            raise self._bad(f"the variable {twice!r} is declared twice")
        # The parameter file holds the tensors in the order of their names' bytes.
        values = [
            self._variable(name)
            for name in sorted(self._variables, key=str.encode)
            if self._variables[name].persistable and self._variables[name].type.type not in _NO_TENSORS
        ]
        return dict(zip(values, read_params(self._files, values), strict=True))

    def _node(self, number: int, op: Any) -> Node:
        kind = text(op.type)
        # All is read before anything is written, in place perhaps.
        inputs, outputs = (
            {
                text(slot.parameter): [argument(kind, name) for name in slot.arguments if name != _NO_ARGUMENT]
                for slot in slots
                if slot.arguments
            }
            for slots, argument in ((op.inputs, self._read), (op.outputs, self._written))
        )
        attrs, layer = read_attributes(op, self._files.program)
        return Node(
            kind,
            {slot: values for slot, values in inputs.items() if values},
            {slot: values for slot, values in outputs.items() if values},
            attrs,
            layer or f"operator {number}",
        )

    def _read(self, kind: str, name: str) -> Value:
        value = self._values.get(name)
        if value is None:
            raise self._bad(f"the operator {kind} reads {text(name)!r}, which nothing before it writes")
        return value

    def _written(self, kind: str, name: str) -> Value:
        if name not in self._variables:
            raise self._bad(f"the operator {kind} writes {text(name)!r}, which is no variable of the program")
        value = self._values[name] = self._variable(name)
        return value

    def _outputs(self, names: list[str], given: set[Value], nodes: list[Node]) -> Iterator[Value]:
        """The model's outputs; one that no operator gives, or that is fetched twice, is copied."""
        taken = {value.name for value in given}
        for name in names:
            value = self._values.get(name)
            if value is None:
                raise self._bad(f"the output {name!r} is written by no operator")
            if name in taken:
                number = 1
                while (unique := f"{name}_{number}") in taken or unique in self._variables:
                    number += 1
                copy = Value(unique, value.dtype, value.shape)
                nodes.append(Node("assign", {"X": [value]}, {"Out": [copy]}, {}, f"output {name}"))
                value = copy
            taken.add(value.name)
            yield value

    def _variable(self, name: str) -> Value:
        """A new value for a variable."""
        kind = self._variables[name].type
        if kind.type != DataType["DENSE_TENSOR"]:
            found = TYPE_NAMES.get(kind.type, kind.type)
            raise self._bad(f"the variable {name!r} is a {found}, expected a DENSE_TENSOR")
        tensor = kind.dense_tensor.tensor
        dtype = DTYPES.get(tensor.data_type)
        if dtype is None:
            found = TYPE_NAMES.get(tensor.data_type, tensor.data_type)
            expected = ", ".join(DTYPES.values())
            raise self._bad(f"the variable {name!r} has elements of type {found}, expected one of: {expected}")
        shape = tuple(tensor.dims)
        if any(size < -1 for size in shape):
            raise self._bad(f"the variable {name!r} has the shape {list(shape)}, expected sizes of -1 or more")
        return Value(name, dtype, shape)

    def _bad(self, what: str) -> BadGraphError:
        return BadGraphError(f"{self._files.program}: {what}")
