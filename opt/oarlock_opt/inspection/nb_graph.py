""".nb files as graphs. The core verifies a file before this walks it: native/src/nb_container.h has the layout around,
native/schema/paddle_lite_nb.fbs the tables, whose fields are numbered here.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from oarlock import nb
from oarlock.errors import BadModelError
from oarlock_opt.importer.graph import Attr, AttrKind, FileTensor, Graph, Node, TensorData, Value
from oarlock_opt.inspection._flatbuffer import Table
from oarlock_opt.inspection.subject import Subject

__all__ = ["KERNEL", "kernel_place", "read_nb"]

_PROGRAM_SIZE, _PROGRAM = 18, 26
_PARAMS_HEADER = 12  # from the end of the program to the first parameter
_PARAM_COUNT = 6

_DTYPES = {
    0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32", 6: "float64", 19: "int64",
    20: "uint8", 21: "int8",
}  # fmt: skip
_FLOATS = ("float16", "float32")
_DENSE = 7
KERNEL = "__@kernel_type_attr@__"
"""The attribute that names the kernel of each operator."""

# The core's words for the engine's numbers of targets, precisions and layouts.
_KERNEL_WORDS = (
    (
        "unknown", "host", "x86", "cuda", "arm", "opencl", "any", "fpga", "npu", "xpu", "bm", "mlu", "rknpu", "apu",
        "ascendnpu", "imagination_nna", "intel_fpga", "metal", "nnadapter",
    ),
    ("unknown", "float", "int8", "int32", "any", "fp16", "bool", "int64", "int16", "uint8", "fp64"),
    (
        "unknown", "nchw", "any", "nhwc", "image_default", "image_folder", "image_nw", "metal_texture2d_array",
        "metal_texture2d",
    ),
)  # fmt: skip
_NO_VARIABLE = "@EMPTY@"


def read_nb(path: Path) -> Subject:
    """The main block of a .nb file; what other blocks hold is not in it. Weights are mapped, not read.

    Raises BadModelError, VersionMismatchError, FileReadError and OSError.
    """
    nb.describe(path)
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return _Reader(path, content).read()
    except (struct.error, IndexError, ValueError, KeyError) as error:
        raise BadModelError(
            f"{path}: cannot be followed ({error}), though it was found sound: was it changed while it was read?"
        ) from error


class _Reader:
    def __init__(self, path: Path, content: memoryview) -> None:
        self._path = path
        self._content = content
        self._end = _PROGRAM + int(struct.unpack_from("<Q", content, _PROGRAM_SIZE)[0])
        block = next(Table.root(content[_PROGRAM : self._end]).tables(0))
        self._variables = {variable.string(0): variable for variable in block.tables(2)}
        self._ops = list(block.tables(3))
        self._writers = Counter(name for op in self._ops for names in _arguments(op, 2).values() for name in names)
        self._values: dict[str, Value] = {}
        self._undeclared: set[Value] = set()

    def read(self) -> Subject:
        parameters = dict(self._parameters())
        self._values = {value.name: value for value in parameters}
        inputs: dict[int, Value] = {}
        outputs: dict[int, Value] = {}
        nodes: list[Node] = []
        kernels: dict[Node, str] = {}
        for number, op in enumerate(self._ops):
            node = self._node(number, op)
            column = int(str(node.get("col", 0)))
            if node.type == "feed":
                inputs[column] = node.output("Out")
                self._undeclared.discard(node.output("Out"))
            elif node.type == "fetch":
                outputs[column] = node.input("X")
            else:
                nodes.append(node)
                attribute = str(node.attrs.pop(KERNEL).value)
                kernels[node] = kernel_place(attribute)
                _correct_precision(node, kernels[node], attribute)
        graph = Graph(_in_order(inputs), _in_order(outputs), parameters, nodes)
        return Subject(
            self._path,
            (self._path,),
            graph,
            is_nb=True,
            kernels=kernels,
            undeclared=frozenset(self._undeclared),
        )

    def _node(self, number: int, op: Table) -> Node:
        reads = {
            slot: [self._values[name] for name in names if name in self._values]
            for slot, names in _arguments(op, 1).items()
        }
        gives = {slot: list(self._given(names)) for slot, names in _arguments(op, 2).items()}
        return Node(
            op.string(0),
            {slot: values for slot, values in reads.items() if values},
            {slot: values for slot, values in gives.items() if values},
            dict(_attributes(op)),
            f"operator {number}",
        )

    def _given(self, names: tuple[str, ...]) -> Iterator[Value]:
        """A new value for each variable that is written; running statistics are, but in training only."""
        for name in names:
            variable = self._variables.get(name)
            if variable is None or variable.scalar(2, "?", default=False):
                continue
            dtype, shape = _tensor_type(variable)
            value = self._values[name] = Value(name, dtype, shape)
            if self._writers[name] > 1 or not shape:
                self._undeclared.add(value)
            yield value

    def _parameters(self) -> Iterator[tuple[Value, TensorData]]:
        (count,) = struct.unpack_from("<H", self._content, self._end + _PARAM_COUNT)
        position = self._end + _PARAMS_HEADER
        for _ in range(count):
            size, offset = struct.unpack_from("<II", self._content, position)
            start = position + 4 + offset
            table = Table.root(self._content[start : position + 4 + size])
            tensor = table.table(3)
            if tensor is None:
                raise ValueError("a parameter without a tensor")
            values_at, _ = tensor.span(4)
            value = Value(table.string(1), _DTYPES[tensor.scalar(3, "i")], tensor.scalars(2, "q"))
            yield value, FileTensor(self._content, start + values_at, value.dtype, value.shape)
            position += 4 + size


def _in_order(values: dict[int, Value]) -> list[Value]:
    return [values[column] for column in sorted(values)]


def _arguments(op: Table, field: int) -> dict[str, tuple[str, ...]]:
    return {
        slot.string(0): tuple(name for name in slot.strings(1) if name != _NO_VARIABLE) for slot in op.tables(field)
    }


def _tensor_type(variable: Table) -> tuple[str, tuple[int, ...]]:
    kind = variable.table(1)
    dense = kind.table(2) if kind is not None and kind.scalar(0, "i") == _DENSE else None
    tensor = dense.table(0) if dense is not None else None
    if tensor is None:
        return "float32", ()
    return _DTYPES[tensor.scalar(0, "i")], tensor.scalars(1, "q")


def _attributes(op: Table) -> Iterator[tuple[str, Attr]]:
    """The attributes but those that name blocks."""
    for table in op.tables(3):
        number = table.scalar(1, "i")
        if number in _SCALARS:
            field, code = _SCALARS[number]
            yield table.string(0), Attr(AttrKind(number), table.scalar(field, code))
        elif number in _VECTORS:
            field, code = _VECTORS[number]
            yield table.string(0), Attr(AttrKind(number), table.scalars(field, code))
        elif number == AttrKind.STRING.value:
            yield table.string(0), Attr(AttrKind.STRING, table.string(4))
        elif number == AttrKind.STRINGS.value:
            yield table.string(0), Attr(AttrKind.STRINGS, table.strings(7))


# By the kind of attribute: the field, and the code in ``struct``.
_SCALARS = {
    AttrKind.INT.value: (2, "i"),
    AttrKind.FLOAT.value: (3, "f"),
    AttrKind.BOOLEAN.value: (8, "?"),
    AttrKind.LONG.value: (11, "q"),
}
_VECTORS = {
    AttrKind.INTS.value: (5, "i"),
    AttrKind.FLOATS.value: (6, "f"),
    AttrKind.BOOLEANS.value: (9, "?"),
    AttrKind.LONGS.value: (13, "q"),
}


def kernel_place(attribute: str) -> str:
    """The place of a kernel, "conv2d/def/4/1/1", as the core's descriptions spell it: "arm/float/nchw"."""
    numbers = map(int, attribute.rsplit("/", 3)[1:])
    return "/".join(words[number] for words, number in zip(_KERNEL_WORDS, numbers, strict=True))


def _correct_precision(node: Node, kernel: str, attribute: str) -> None:
    """Give floating-point results the type that the kernel writes; a variable's own type is that of its last holder.

    Kernels for any precision give what they get. Those that convert have it in their name.
    """
    precision = kernel.split("/")[1]
    first = next((value.dtype for value in node.all_inputs()), "")
    dtype = {"float": "float32", "fp16": "float16", "any": first}.get(precision, "")
    if "fp16_to_fp32" in attribute:
        dtype = "float32"
    if dtype in _FLOATS:
        for value in node.all_outputs():
            value.dtype = dtype if value.dtype in _FLOATS else value.dtype
