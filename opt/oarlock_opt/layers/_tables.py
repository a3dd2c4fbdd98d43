"""FlatBuffers tables to records and back, by a schema.

A record maps the names of a table's fields to their values, and holds just the fields that are stored. Numbers are
Python's, strings str, tables records, vectors lists of them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from oarlock_opt.inspection._flatbuffer import Table

__all__ = ["Record", "Schema", "decode", "encode"]

Record: TypeAlias = dict[str, Any]
Schema: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""The fields of each table in the order of their numbers: a name, and what it holds.

That is the code of a number in ``struct``, "string", the name of a table, or a vector of one of these: "[q]".
"""

_ALIGNMENT = 8  # of the largest number


def decode(schema: Schema, kind: str, table: Table) -> Record:
    """The record of a table in a buffer that was verified before."""
    record = {}
    for number, (name, holds) in enumerate(schema[kind]):
        if table.has(number):
            record[name] = _value(schema, holds, table, number)
    return record


def _value(schema: Schema, holds: str, table: Table, number: int) -> Any:
    of = holds.strip("[]")
    if holds.startswith("["):
        if of == "string":
            return list(table.strings(number))
        if of in schema:
            return [decode(schema, of, each) for each in table.tables(number)]
        return list(table.scalars(number, of))
    if of == "string":
        return table.string(number)
    if of in schema:
        inner = table.table(number)
        assert inner is not None
        return decode(schema, of, inner)
    return table.scalar(number, of)


def encode(schema: Schema, kind: str, record: Record) -> bytes:
    """The buffer whose root is a record. Each table is written before what it refers to, and nothing twice."""
    writer = _Writer(schema)
    writer.out += struct.pack("<I", 0)
    writer.refer(0, writer.table(kind, record))
    writer.align(_ALIGNMENT)
    return bytes(writer.out)


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self.out = bytearray()
        self._schema = schema

    def align(self, alignment: int, behind: int = 0) -> None:
        """Pad, so that what comes ``behind`` bytes later is aligned."""
        self.out += bytes(-(len(self.out) + behind) % alignment)

    def refer(self, field: int, target: int) -> None:
        """Store at ``field`` where ``target`` is; offsets count from themselves, forwards."""
        struct.pack_into("<I", self.out, field, target - field)

    def table(self, kind: str, record: Record) -> int:
        fields = self._schema[kind]
        if unknown := record.keys() - {name for name, _ in fields}:
            raise KeyError(f"{kind} has no field {min(unknown)}")
        offsets, size = self._layout(fields, record)
        vtable_size = 4 + 2 * len(fields)
        self.align(2)
        self.align(_ALIGNMENT, vtable_size)
        vtable = len(self.out)
        self.out += struct.pack(
            f"<{2 + len(fields)}H", vtable_size, size, *(offsets.get(name, 0) for name, _ in fields)
        )
        start = len(self.out)
        self.out += struct.pack("<i", start - vtable).ljust(size, b"\0")
        for name, holds in fields:
            if name not in offsets:
                continue
            position = start + offsets[name]
            if self._is_number(holds):
                struct.pack_into(f"<{holds}", self.out, position, record[name])
            else:
                self.refer(position, self._target(holds, record[name]))
        return start

    def _layout(self, fields: Sequence[tuple[str, str]], record: Record) -> tuple[dict[str, int], int]:
        """Where in a table each stored field lies, and the table's size."""
        offsets: dict[str, int] = {}
        end = 4
        for name, holds in fields:
            if name in record:
                size = struct.calcsize(f"<{holds}") if self._is_number(holds) else 4
                offsets[name] = end + -end % size
                end = offsets[name] + size
        return offsets, end

    def _is_number(self, holds: str) -> bool:
        return not holds.startswith("[") and holds != "string" and holds not in self._schema

    def _target(self, holds: str, value: Any) -> int:
        of = holds.strip("[]")
        if not holds.startswith("["):
            return self._string(value) if of == "string" else self.table(of, value)
        if of != "string" and of not in self._schema:
            return self._numbers(of, value)
        start = self._length(len(value), 4)
        self.out += bytes(4 * len(value))
        for index, each in enumerate(value):
            self.refer(start + 4 + 4 * index, self._string(each) if of == "string" else self.table(of, each))
        return start

    def _numbers(self, code: str, values: Sequence[Any]) -> int:
        start = self._length(len(values), struct.calcsize(f"<{code}"))
        self.out += struct.pack(f"<{len(values)}{code}", *values)
        return start

    def _string(self, text: str) -> int:
        encoded = text.encode()
        start = self._length(len(encoded), 4)
        self.out += encoded + b"\0"
        return start

    def _length(self, count: int, alignment: int) -> int:
        """Begin a vector whose elements have an alignment."""
        self.align(max(4, alignment), 4)
        start = len(self.out)
        self.out += struct.pack("<I", count)
        return start
