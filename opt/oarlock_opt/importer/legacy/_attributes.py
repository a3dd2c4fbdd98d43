"""The attributes of an operator as the graph has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oarlock_opt.errors import BadProgramError, UnsupportedOpError
from oarlock_opt.importer.graph import Attr, AttrKind
from oarlock_opt.importer.legacy._messages import AttrType, ScalarType
from oarlock_opt.importer.legacy._program import text

__all__ = ["FIELDS", "read_attributes"]

FIELDS: dict[int, str] = {
    AttrType["INT"]: "i", AttrType["FLOAT"]: "f", AttrType["STRING"]: "s", AttrType["INTS"]: "ints",
    AttrType["FLOATS"]: "floats", AttrType["STRINGS"]: "strings", AttrType["BOOLEAN"]: "b",
    AttrType["BOOLEANS"]: "bools", AttrType["LONG"]: "l", AttrType["LONGS"]: "longs",
    AttrType["FLOAT64S"]: "float64s", AttrType["FLOAT64"]: "float64", AttrType["SCALAR"]: "scalar",
    AttrType["SCALARS"]: "scalars",
}  # fmt: skip
"""The field of a message that holds the value, by the number of the kind (AttrKind has the format's)."""

_KINDS = {kind.value: kind for kind in AttrKind}
_TYPE_NAMES = {number: name for name, number in AttrType.items()}
_STRING, _STRINGS, _SCALAR, _SCALARS = (AttrType[name] for name in ("STRING", "STRINGS", "SCALAR", "SCALARS"))
_LISTS = {number for number, name in _TYPE_NAMES.items() if name.endswith("S")}

# PaddlePaddle gives these to every operator, for training, profiling and error messages.
_BOOKKEEPING = {"op_role", "op_role_var", "op_namescope", "op_callstack", "op_device", "with_quant_attr"}
_SCALAR_FIELDS = {ScalarType["BOOLEAN"]: "b", ScalarType["LONG"]: "i", ScalarType["FLOAT64"]: "r"}


def read_attributes(op: Any, path: Path) -> tuple[dict[str, Attr], str]:
    """The attributes of a message OpDesc by name, and the name of its layer, "" where it has none.

    Attributes of PaddlePaddle's bookkeeping are left out. Raises UnsupportedOpError for a kind that no graph has and
    BadProgramError for an attribute that is there twice, UnicodeError; ``path`` is for messages.
    """
    attrs: dict[str, Attr] = {}
    layer = ""
    for message in op.attrs:
        name = text(message.name)
        if name in _BOOKKEEPING:
            if name == "op_namescope":
                layer = text(message.s).strip("/")
            continue
        if name in attrs:
            raise BadProgramError(f"{path}: the operator {op.type} has the attribute {name} twice")
        number = message.type
        kind = _KINDS.get(number)
        if kind is None:
            raise UnsupportedOpError(
                f"{path}: the operator {op.type} has the attribute {name} of the kind "
                f"{_TYPE_NAMES.get(number, number)}, which Oarlock does not convert."
            )
        attrs[name] = Attr(kind, _value(message, number, op, path))
    return attrs, layer


def _value(message: Any, number: int, op: Any, path: Path) -> Any:
    value = getattr(message, FIELDS[number])
    if number == _SCALAR:
        return _scalar(value, message.name, op, path)
    if number == _SCALARS:
        return tuple(_scalar(each, message.name, op, path) for each in value)
    if number == _STRING:
        return text(value)
    if number == _STRINGS:
        return tuple(map(text, value))
    return tuple(value) if number in _LISTS else value


def _scalar(message: Any, name: str, op: Any, path: Path) -> bool | int | float:
    field = _SCALAR_FIELDS.get(message.type)
    if field is None:
        raise UnsupportedOpError(
            f"{path}: the operator {op.type} has a complex number in its attribute {name}, and no engine of Paddle "
            "Lite computes with those."
        )
    value: bool | int | float = getattr(message, field)
    return value
