"""A .nb file to be changed: its program as records, its parameters as they are.

native/src/nb_container.h has the layout of the file, native/schema/paddle_lite_nb.fbs the tables.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from oarlock import nb
from oarlock.errors import BadModelError
from oarlock_opt.inspection._flatbuffer import Table
from oarlock_opt.layers._tables import Record, Schema, decode, encode

__all__ = ["Arguments", "NbFile", "attributes", "inputs", "outputs", "set_arguments"]

Arguments = dict[str, list[str]]

_HEAD = slice(0, 18)  # layout number and version of the optimiser
_PROGRAM = 26
_PARAMS_HEADER = struct.Struct("<HHHHI")  # version, size of meta data, size of this from here on, count, largest
_PARAMS_HEADER_REST = 6
_PARAM = struct.Struct("<II")  # size of what follows, and offset of the table from behind that
_PARAM_SIZE = 4
_PARAM_NAME, _PARAM_TENSOR = 1, 3
_TENSOR_DATA = 4

_SCHEMA: Schema = {
    "ProgramDesc": (("blocks", "[BlockDesc]"), ("version", "Version"), ("op_version_map", "OpVersionMap")),
    "Version": (("version", "q"),),
    "OpVersionMap": (("pair", "[OpVersionPair]"),),
    "OpVersionPair": (("op_name", "string"), ("op_version", "OpVersion")),
    "OpVersion": (("version", "i"),),
    "BlockDesc": (
        ("idx", "i"), ("parent_idx", "i"), ("vars", "[VarDesc]"), ("ops", "[OpDesc]"), ("forward_block_idx", "i"),
    ),
    "OpDesc": (("type", "string"), ("inputs", "[Var]"), ("outputs", "[Var]"), ("attrs", "[Attr]"), ("is_target", "?")),
    "Var": (("parameter", "string"), ("arguments", "[string]")),
    "Attr": (
        ("name", "string"), ("type", "i"), ("i", "i"), ("f", "f"), ("s", "string"), ("ints", "[i]"), ("floats", "[f]"),
        ("strings", "[string]"), ("b", "?"), ("bools", "[?]"), ("block_idx", "i"), ("l", "q"), ("blocks_idx", "[i]"),
        ("longs", "[q]"),
    ),
    "VarDesc": (("name", "string"), ("type", "VarType"), ("persistable", "?"), ("need_check_feed", "?")),
    "VarType": (
        ("type", "i"), ("selected_rows", "TensorDesc"), ("lod_tensor", "LoDTensorDesc"),
        ("tensor_array", "LoDTensorDesc"), ("reader", "ReaderDesc"), ("tuple", "TupleDesc"),
    ),
    "TensorDesc": (("data_type", "i"), ("dims", "[q]")),
    "LoDTensorDesc": (("tensor", "TensorDesc"), ("lod_level", "i")),
    "ReaderDesc": (("lod_tensor", "[LoDTensorDesc]"),),
    "TupleDesc": (("element_type", "[i]"),),
}  # fmt: skip

# Where an attribute's value lies, by its type's number, and what it is where it is not stored.
_ATTRIBUTE_FIELDS: tuple[tuple[str, object], ...] = (
    ("i", 0), ("f", 0.0), ("s", ""), ("ints", []), ("floats", []), ("strings", []), ("b", False), ("bools", []),
    ("block_idx", 0), ("l", 0), ("blocks_idx", []), ("longs", []),
)  # fmt: skip


@dataclass(frozen=True)
class NbFile:
    """The parts of a file. ``parameters`` are the stored entries by name, in the file, which stays mapped.

    ``program`` is not to be changed: ``with_block`` makes another file.
    """

    head: bytes
    program: Record
    parameters: Mapping[str, memoryview]

    @classmethod
    def read(cls, path: Path) -> NbFile:
        """Raises BadModelError, VersionMismatchError, FileReadError and OSError."""
        nb.describe(path)
        with path.open("rb") as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        try:
            end = _PROGRAM + int(struct.unpack_from("<Q", content, _HEAD.stop)[0])
            program = decode(_SCHEMA, "ProgramDesc", Table.root(content[_PROGRAM:end]))
            return cls(bytes(content[_HEAD]), program, dict(_parameters(content[end:])))
        except (struct.error, IndexError, ValueError, KeyError) as error:
            raise BadModelError(f"{path}: cannot be followed ({error}), though it was found sound") from error

    def write(self, path: Path) -> Path:
        """Write the file; returns its path. Raises OSError."""
        program = encode(_SCHEMA, "ProgramDesc", self.program)
        largest = max(map(_tensor_size, self.parameters.values()), default=0)
        with path.open("wb") as file:
            file.write(self.head)
            file.write(struct.pack("<Q", len(program)))
            file.write(program)
            file.write(_PARAMS_HEADER.pack(0, 0, _PARAMS_HEADER_REST, len(self.parameters), largest))
            for entry in self.parameters.values():
                file.write(entry)
        return path

    @property
    def block(self) -> Record:
        """The main block."""
        block: Record = self.program["blocks"][0]
        return block

    def with_block(self, variables: list[Record], ops: list[Record]) -> NbFile:
        """The file with other variables and operators in its main block, which must be its only one.

        Parameters that are none of the variables are left out.
        """
        block = {**self.block, "vars": variables, "ops": ops}
        names = {variable["name"] for variable in variables}
        kept = {name: entry for name, entry in self.parameters.items() if name in names}
        return NbFile(self.head, {**self.program, "blocks": [block]}, kept)


def _parameters(section: memoryview) -> Iterator[tuple[str, memoryview]]:
    """The name and the whole stored entry of each parameter."""
    position = _PARAMS_HEADER.size
    for _ in range(_PARAMS_HEADER.unpack_from(section)[3]):
        size, offset = _PARAM.unpack_from(section, position)
        end = position + _PARAM_SIZE + size
        start = position + _PARAM_SIZE + offset
        yield Table.root(section[start:end]).string(_PARAM_NAME), section[position:end]
        position = end


def _tensor_size(entry: memoryview) -> int:
    """Bytes of a parameter's elements."""
    tensor = Table.root(entry[_PARAM.size :]).table(_PARAM_TENSOR)
    return 0 if tensor is None else tensor.span(_TENSOR_DATA)[1]


def inputs(op: Record) -> Arguments:
    """The names of the variables in each input slot of an operator."""
    return _arguments(op.get("inputs", ()))


def outputs(op: Record) -> Arguments:
    """The names of the variables in each output slot of an operator."""
    return _arguments(op.get("outputs", ()))


def _arguments(slots: list[Record]) -> Arguments:
    return {slot["parameter"]: slot.get("arguments", []) for slot in slots}


def set_arguments(op: Record, reads: Arguments, gives: Arguments) -> Record:
    """An operator with other variables in its slots."""
    return {**op, "inputs": _slots(reads), "outputs": _slots(gives)}


def _slots(arguments: Arguments) -> list[Record]:
    return [{"parameter": slot, "arguments": arguments[slot]} for slot in sorted(arguments)]


def attributes(op: Record) -> dict[str, object]:
    """The values of an operator's attributes by name; a number that is not stored is 0, a string "", a list empty."""
    values: dict[str, object] = {}
    for each in op.get("attrs", ()):
        field, default = _ATTRIBUTE_FIELDS[each.get("type", 0)]
        values[each["name"]] = each.get(field, default)
    return values
