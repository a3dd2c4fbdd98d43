"""The attributes of an operator as the graph has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oarlock_opt.errors import BadProgramError, UnsupportedOpError
from oarlock_opt.importer.graph import Attr, AttrKind
from oarlock_opt.importer.legacy._messages import AttrType, ScalarType

__all__ = ["FIELDS", "read_attributes"]

FIELDS: dict[AttrKind, str] = {
    AttrKind.INT: "i", AttrKind.FLOAT: "f", AttrKind.STRING: "s", AttrKind.INTS: "ints", AttrKind.FLOATS: "floats",
    AttrKind.STRINGS: "strings", AttrKind.BOOLEAN: "b", AttrKind.BOOLEANS: "bools", AttrKind.LONG: "l",
    AttrKind.LONGS: "longs", AttrKind.FLOAT64S: "float64s", AttrKind.FLOAT64: "float64", AttrKind.SCALAR: "scalar",
    AttrKind.SCALARS: "scalars",
}  # fmt: skip
"""The field of a message that holds the value of a kind."""

_LISTS = {kind for kind in AttrKind if kind.name.endswith("S")}
_KINDS = {AttrType[kind.name]: kind for kind in AttrKind}
_TYPE_NAMES = {number: name for name, number in AttrType.items()}

# PaddlePaddle gives these to every operator, for training, profiling and error messages.
_BOOKKEEPING = {"op_role", "op_role_var", "op_namescope", "op_callstack", "op_device", "with_quant_attr"}
_SCALAR_FIELDS = {ScalarType["BOOLEAN"]: "b", ScalarType["LONG"]: "i", ScalarType["FLOAT64"]: "r"}


def read_attributes(op: Any, path: Path) -> tuple[dict[str, Attr], str]:
    """The attributes of a message OpDesc by name, sorted, and the name of its layer, "" where it has none.

    Attributes of PaddlePaddle's bookkeeping are left out. Raises UnsupportedOpError for a kind that no graph has and
    BadProgramError for an attribute that is there twice; ``path`` is for messages.
    """
    attrs: dict[str, Attr] = {}
    layer = ""
    for message in sorted(op.attrs, key=lambda each: str(each.name)):
        if message.name == "op_namescope":
            layer = message.s.strip("/")
        if message.name in _BOOKKEEPING:
            continue
        if message.name in attrs:
            raise BadProgramError(f"{path}: the operator {op.type} has the attribute {message.name} twice")
        kind = _KINDS.get(message.type)
        if kind is None:
            raise UnsupportedOpError(
                f"{path}: the operator {op.type} has the attribute {message.name} of the kind "
                f"{_TYPE_NAMES.get(message.type, message.type)}, which Oarlock does not convert."
            )
        attrs[message.name] = Attr(kind, _value(message, kind, op, path))
    return attrs, layer


def _value(message: Any, kind: AttrKind, op: Any, path: Path) -> Any:
    value = getattr(message, FIELDS[kind])
    if kind is AttrKind.SCALAR:
        return _scalar(value, message.name, op, path)
    if kind is AttrKind.SCALARS:
        return tuple(_scalar(each, message.name, op, path) for each in value)
    return tuple(value) if kind in _LISTS else value


def _scalar(message: Any, name: str, op: Any, path: Path) -> bool | int | float:
    field = _SCALAR_FIELDS.get(message.type)
    if field is None:
        raise UnsupportedOpError(
            f"{path}: the operator {op.type} has a complex number in its attribute {name}, and no engine of Paddle "
            "Lite computes with those."
        )
    value: bool | int | float = getattr(message, field)
    return value
