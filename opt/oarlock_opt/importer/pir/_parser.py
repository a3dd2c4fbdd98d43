"""Makes a checked Program of a file; see _program.py for what is in one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from oarlock_opt.errors import BadGraphError, BadProgramError, UnsupportedSourceError
from oarlock_opt.importer.pir._json import load
from oarlock_opt.importer.pir._program import (
    AttributeValue,
    Operation,
    OtherType,
    PirAttribute,
    Program,
    Result,
    TensorType,
    Type,
    VectorType,
)

__all__ = ["VERSIONS", "parse"]

VERSIONS = {1: "3.0", 2: "3.1", 3: "3.2", 4: "3.3"}
"""The versions of the format that are read, and the release of PaddlePaddle that began to write each."""

_DIALECTS = {"0": "builtin", "1": "pd_op", "2": "cf", "3": "custom_op", "4": "pd_dist"}
_DTYPES = {
    "t_bool": "bool", "t_ui8": "uint8", "t_i8": "int8", "t_i16": "int16", "t_i32": "int32", "t_i64": "int64",
    "t_f16": "float16", "t_bf16": "bfloat16", "t_f32": "float32", "t_f64": "float64",
}  # fmt: skip
_SPECIAL = {"INF": math.inf, "-INF": -math.inf, "NaN": math.nan}
_INTEGERS = {"a_i32": 31, "a_i64": 63, "a_index": 63, "a_ui8": 8, "a_i8": 7, "a_i16": 15, "a_ui16": 16, "a_ui32": 32}
_FLOATS = {"a_f32", "a_f64", "a_f16", "a_bf16"}
_MAX_NESTING = 8
_KIND_NAMES = {bool: "true or false", int: "an integer", str: "a string", list: "a list", dict: "an object"}


def parse(path: Path) -> Program:
    """Read and check the program in a file.

    Raises UnsupportedSourceError for a version of the format that is not known, BadProgramError for anything else that
    is no program, and OSError.
    """
    return _Parser(path).program(load(path))


class _Parser:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._operator = ""
        self._given: set[int] = set()

    def program(self, document: object) -> Program:
        top = self._typed(document, dict, "the file")
        head = self._member(top, "base_code", dict)
        if self._member(head, "magic", str) != "pir":
            self._bad('"magic" in its "base_code" is not "pir", expected a PIR program as paddle.jit.save writes it')
        version = self._member(head, "version", int)
        if version not in VERSIONS:
            known = ", ".join(f"{number} (PaddlePaddle {release})" for number, release in VERSIONS.items())
            raise UnsupportedSourceError(
                f"{self._path}: version {version} of PaddlePaddle's PIR format, which this version of Oarlock does not "
                f"know; it reads {known}. Export the model with one of those, or install a newer oarlock-opt."
            )
        regions = self._member(self._member(top, "program", dict), "regions", list)
        block = self._only_block(regions)
        if self._member(block, "args", list):
            self._bad("its block takes arguments, which the program of a model does not")
        ops = self._member(block, "ops", list)
        if not ops:
            self._bad("its block is empty, expected the operators of a model")
        return Program(self._path, version, tuple(self._operations(ops)))

    def _only_block(self, regions: list[Any]) -> dict[str, Any]:
        if len(regions) != 1:
            self._bad(f'"regions" has {len(regions)} elements, expected one')
        blocks = self._member(self._typed(regions[0], dict, "the region"), "blocks", list)
        if len(blocks) != 1:
            self._bad(f'"blocks" has {len(blocks)} elements, expected one')
        block: dict[str, Any] = self._typed(blocks[0], dict, "the block")
        return block

    def _operations(self, ops: list[Any]) -> Iterator[Operation]:
        for number, each in enumerate(ops):
            self._operator = f"operator {number}: "
            op = self._typed(each, dict, "it")
            name = self._member(op, "#", str)
            self._operator = f"operator {number} ({_short(name)}): "
            yield self._parameter(number, op) if name == "p" else self._operation(number, name, op)
        self._operator = ""

    def _operation(self, number: int, name: str, op: dict[str, Any]) -> Operation:
        operands = []
        for position, each in enumerate(self._member(op, "I", list)):
            where = f"I[{position}]"
            operand = self._member(self._typed(each, dict, where), "%", int)
            if operand != 0 and operand not in self._given:
                self._contradicts(f"{where} is value {operand}, which no operator before it gives")
            operands.append(operand)
        attributes = {}
        for position, each in enumerate(self._member(op, "A", list)):
            entry = self._typed(each, dict, f"A[{position}]")
            key = self._text(self._member(entry, "N", str), f"A[{position}]")
            if key in attributes:
                self._contradicts(f"it has the attribute {key!r} twice")
            attributes[key] = self._attribute(self._member(entry, "AT", dict), f"attribute {key!r}", 0)
        results = tuple(
            self._result(each, f"O[{position}]") for position, each in enumerate(self._member(op, "O", list))
        )
        return Operation(number, self._name(name), tuple(operands), results, attributes, "regions" in op)

    def _parameter(self, number: int, op: dict[str, Any]) -> Operation:
        values = self._member(op, "A", list)
        if len(values) != 4:
            self._bad(f'"A" of a parameter has {len(values)} elements, expected 4, of which the last is its name')
        name = self._text(self._typed(values[3], str, "A[3]"), "A[3]")
        result = self._result(self._member(op, "O", dict), "O")
        return Operation(number, "builtin.parameter", (), (result,), {"name": PirAttribute("a_str", name)})

    def _name(self, name: str) -> str:
        dialect, dot, rest = name.partition(".")
        if not dot or not rest or not rest.isidentifier():
            self._bad(f"{_short(name)} is no name of an operator, expected one like 1.conv2d")
        return f"{_DIALECTS.get(dialect, dialect)}.{rest}"

    def _result(self, found: object, where: str) -> Result:
        result = self._typed(found, dict, where)
        number = self._member(result, "%", int)
        type_ = None if result.get("TT") is None else self._type(self._member(result, "TT", dict), where, 0)
        if number == 0 or type_ is None:
            return Result(0, None)
        if not 0 < number < 2**31:
            self._bad(f"{where} is value {number}, expected a number from 1")
        if number in self._given:
            self._contradicts(f"{where} is value {number}, which is given already")
        self._given.add(number)
        return Result(number, type_)

    def _type(self, found: dict[str, Any], where: str, depth: int) -> Type | None:
        tag = self._tag(found, where)
        if tag == "t_vec":
            if depth >= _MAX_NESTING:
                self._bad(f"the type of {where} is nested too deeply")
            elements = self._member(found, "D", list)
            inner = [self._type(self._typed(each, dict, where), where, depth + 1) for each in elements]
            return VectorType(tuple(each if each is not None else OtherType("nothing") for each in inner))
        if tag == "t_dtensor":
            return self._tensor_type(self._member(found, "D", list), where)
        return None if tag == "NULL" else OtherType(tag)

    def _tensor_type(self, parts: list[Any], where: str) -> Type:
        if len(parts) < 2:
            self._bad(f"the type of {where} has {len(parts)} parts, expected element type and shape")
        tag = self._tag(self._typed(parts[0], dict, f"the element type of {where}"), where)
        shape = tuple(self._integer(size, 63, f"the shape of {where}") for size in self._typed(parts[1], list, where))
        # PaddlePaddle multiplies unknown sizes with others, which gives -256.
        shape = tuple(max(size, -1) for size in shape)
        dtype = _DTYPES.get(tag)
        return OtherType(f"tensor of {tag.removeprefix('t_')}") if dtype is None else TensorType(dtype, shape)

    def _attribute(self, found: dict[str, Any], where: str, depth: int) -> PirAttribute:
        kind = self._tag(found, where)
        if kind in _FLOATS:
            return PirAttribute(kind, self._float(found, where))
        value: AttributeValue = None
        if kind in _INTEGERS:
            value = self._integer(found.get("D"), _INTEGERS[kind], where)
        elif kind == "a_bool":
            value = self._typed(found.get("D"), bool, where)
        elif kind in ("a_str", "a_dtype"):
            value = self._text(self._typed(found.get("D"), str, where), where)
        elif kind == "a_intarray":
            value = tuple(self._integer(each, 63, where) for each in self._typed(found.get("D"), list, where))
        elif kind == "a_array":
            if depth >= _MAX_NESTING:
                self._bad(f"{where} is nested too deeply")
            elements = self._typed(found.get("D"), list, where)
            value = tuple(self._attribute(self._typed(each, dict, where), where, depth + 1).value for each in elements)
        return PirAttribute(kind, value)

    def _float(self, found: dict[str, Any], where: str) -> float:
        if "VD" in found:
            special = found["VD"]
            if not isinstance(special, str) or special not in _SPECIAL:
                self._bad(f"{where} is {_short(special)}, expected one of {', '.join(_SPECIAL)}")
            return _SPECIAL[special]
        value = found.get("D")
        if type(value) is int and abs(value) < 2**63:
            return float(value)
        if type(value) is not float or math.isinf(value):
            self._bad(f"{where} is {_short(value)}, expected a number")
        return value

    def _integer(self, value: object, bits: int, where: str) -> int:
        number: int = self._typed(value, int, where)
        if not -(2**bits) <= number < 2**bits:
            self._bad(f"{where} is {_short(number)}, expected an integer of {bits + 1} bits")
        return number

    def _tag(self, found: dict[str, Any], where: str) -> str:
        tag = self._text(self._member(found, "#", str), where)
        return tag.partition(".")[2] or tag

    def _text(self, value: str, where: str) -> str:
        # JSON can escape half a character, which has no place in any name.
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            self._bad(f"{where} is {_short(value)}, which is not Unicode text")
        return value

    def _member(self, found: dict[str, Any], key: str, kind: type[Any]) -> Any:
        if key not in found:
            self._bad(f'"{key}" is missing')
        return self._typed(found[key], kind, f'"{key}"')

    def _typed(self, value: object, kind: type[Any], where: str) -> Any:
        if type(value) is not kind:
            self._bad(f"{where} is {_short(value)}, expected {_KIND_NAMES[kind]}")
        return value

    def _bad(self, what: str) -> NoReturn:
        raise BadProgramError(f"{self._path}: {self._operator}{what}")

    def _contradicts(self, what: str) -> NoReturn:
        raise BadGraphError(f"{self._path}: {self._operator}{what}")


def _short(value: object) -> str:
    """The beginning of a value as Python writes it, for messages; numbers of any length."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "a number of more than 38 digits"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
