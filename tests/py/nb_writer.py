"""Writes small .nb files, for tests that need one without the optimiser.

The layout is that of native/schema/paddle_lite_nb.fbs. FlatBuffers' offsets point forwards, so a table comes before
what it refers to, and a vtable right before its table.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_DTYPES = {
    "bool": 0,
    "int16": 1,
    "int32": 2,
    "int64": 3,
    "float16": 4,
    "float32": 5,
    "float64": 6,
    "uint8": 20,
    "int8": 21,
}
_LOD_TENSOR, _FEED, _FETCH = 7, 9, 10
_INT, _STRING = 0, 2
X86, ARM, OPENCL = 2, 4, 5


@dataclass(frozen=True)
class NbModel:
    """A program that feeds ``inputs``, runs one operator per entry of ``ops`` and fetches ``outputs``.

    Tensors are (name, shape, dtype). ``params`` belong to the first operator.
    """

    inputs: Sequence[tuple[str, Sequence[int], str]] = (("image", (-1, 3, 8, 8), "float32"),)
    outputs: Sequence[tuple[str, Sequence[int], str]] = (("scores", (-1, 10), "float32"),)
    ops: Sequence[str] = ("conv2d", "softmax")
    params: dict[str, NDArray[np.float32]] = field(default_factory=lambda: {"weight": np.ones((4, 3), np.float32)})
    target: int = X86
    version: str = "v2.12"

    def to_bytes(self) -> bytes:
        """The file."""
        program = _program(self)
        header = struct.pack("<H16sQ", 2, self.version.encode(), len(program))
        largest = max((value.nbytes for value in self.params.values()), default=0)
        params = struct.pack("<HHHHI", 0, 0, 6, len(self.params), largest)
        for name, value in sorted(self.params.items()):
            buffer = _param(name, value)
            params += struct.pack("<II", len(buffer) + 4, 4) + buffer
        return header + program + params

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        path.write_bytes(self.to_bytes())
        return path


@dataclass
class _Numbers:
    code: str
    values: Sequence[int]


@dataclass
class _Table:
    """Fields by slot; a scalar is (struct code, value)."""

    fields: list[object]


def _program(model: NbModel) -> bytes:
    variables = [_variable("feed", _Table([("i", _FEED)]), True), _variable("fetch", _Table([("i", _FETCH)]), True)]
    variables += [
        _variable(name, _tensor_type(shape, dtype), False) for name, shape, dtype in (*model.inputs, *model.outputs)
    ]
    variables += [_variable(name, _tensor_type(value.shape, "float32"), True) for name, value in model.params.items()]
    ops = [_op("feed", {"X": ["feed"]}, {"Out": [name]}, 1, column) for column, (name, _, _) in enumerate(model.inputs)]
    first_inputs = {"Filter": sorted(model.params), "Input": [name for name, _, _ in model.inputs]}
    outputs = {"Out": [name for name, _, _ in model.outputs]}
    ops += [_op(kind, first_inputs if i == 0 else {}, outputs, model.target) for i, kind in enumerate(model.ops)]
    ops += [
        _op("fetch", {"X": [name]}, {"Out": ["fetch"]}, 1, column) for column, (name, _, _) in enumerate(model.outputs)
    ]
    block = _Table([("i", 0), ("i", -1), variables, ops])
    return _serialise(_Table([[block], _Table([("q", 0)]), _Table([[]])]))


def _variable(name: str, kind: _Table, persistable: bool) -> _Table:
    return _Table([name, kind, ("?", persistable)])


def _tensor_type(shape: Sequence[int], dtype: str) -> _Table:
    tensor = _Table([("i", _DTYPES[dtype]), _Numbers("q", shape)])
    return _Table([("i", _LOD_TENSOR), None, _Table([tensor, ("i", 0)])])


def _op(
    kind: str, inputs: dict[str, list[str]], outputs: dict[str, list[str]], target: int, column: int | None = None
) -> _Table:
    attributes = [_attribute("__@kernel_type_attr@__", _STRING, f"{kind}/def/{target}/1/1")]
    if column is not None:
        attributes.append(_attribute("col", _INT, column))
    arguments = [[_Table([name, list(values)]) for name, values in sorted(it.items())] for it in (inputs, outputs)]
    return _Table([kind, *arguments, attributes])


def _attribute(name: str, kind: int, value: int | str) -> _Table:
    fields: list[object] = [name, ("i", kind), ("i", value) if kind == _INT else None, None]
    return _Table([*fields, value] if kind == _STRING else fields)


def _param(name: str, value: NDArray[np.float32]) -> bytes:
    data = _Numbers("B", list(value.tobytes()))
    tensor = _Table([("i", 0), None, _Numbers("q", value.shape), ("i", _DTYPES["float32"]), data])
    return _serialise(_Table([_Table([("i", 0), ("i", 0)]), name, ("B", 1), tensor]))


def _serialise(root: _Table) -> bytes:
    out = bytearray(4)
    struct.pack_into("<I", out, 0, _write_table(out, root))
    return bytes(out) + bytes(-len(out) % 8)


def _align(out: bytearray, size: int) -> None:
    out += bytes(-len(out) % size)


def _write_table(out: bytearray, table: _Table) -> int:
    """Append a table and what it refers to; returns its position."""
    _align(out, 8)
    vtable = len(out)
    count = len(table.fields)
    out += bytes(4 + 2 * count)
    _align(out, 8)
    position = len(out)
    out += struct.pack("<i", position - vtable)
    references: list[tuple[int, object]] = []
    for slot, value in enumerate(table.fields):
        if value is None:
            continue
        code, scalar = value if isinstance(value, tuple) else ("I", 0)
        _align(out, struct.calcsize(code))
        struct.pack_into("<H", out, vtable + 4 + 2 * slot, len(out) - position)
        if not isinstance(value, tuple):
            references.append((len(out), value))
        out += struct.pack(f"<{code}", scalar)
    struct.pack_into("<HH", out, vtable, 4 + 2 * count, len(out) - position)
    _write_references(out, references)
    return position


def _write_references(out: bytearray, references: list[tuple[int, object]]) -> None:
    for place, value in references:
        struct.pack_into("<I", out, place, _write_value(out, value) - place)


def _write_value(out: bytearray, value: object) -> int:
    if isinstance(value, _Table):
        return _write_table(out, value)
    if isinstance(value, str):
        _align(out, 4)
        position = len(out)
        out += struct.pack("<I", len(value.encode())) + value.encode() + b"\0"
        return position
    if isinstance(value, _Numbers):
        # The elements are aligned, not the length before them.
        while (len(out) + 4) % max(4, struct.calcsize(value.code)):
            out.append(0)
        position = len(out)
        out += struct.pack(f"<I{len(value.values)}{value.code}", len(value.values), *value.values)
        return position
    assert isinstance(value, list)
    _align(out, 4)
    position = len(out)
    out += struct.pack("<I", len(value)) + bytes(4 * len(value))
    _write_references(out, [(position + 4 + 4 * index, item) for index, item in enumerate(value)])
    return position
