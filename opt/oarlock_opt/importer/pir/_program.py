"""The PIR program as its file has it, every field checked: operators, values by number, types and attributes.

    {"base_code": {"magic": "pir", "trainable": true, "version": V}, "program": {"regions": [REGION]}}
    REGION     {"#": name, "blocks": [{"#": name, "args": [], "ops": [OPERATOR, ...]}]}
    OPERATOR   {"#": "1.conv2d", "I": [{"%": 7}, ...], "O": [{"%": 9, "TT": TYPE}, ...], "A": [ATTRIBUTE, ...], ...}
    PARAMETER  {"#": "p", "A": [distributed, trained, clipped, name], "O": {"%": 1, "TT": TYPE}, ...}
    TYPE       {"#": "0.t_dtensor", "D": [{"#": "0.t_f32"}, shape, layout, lod, offset]}
               {"#": "0.t_vec", "D": [TYPE, ...]}
    ATTRIBUTE  {"N": name, "AT": {"#": "0.a_f32", "D": 0.5}}; "VD" instead of "D" holds "INF", "-INF" or "NaN"

An operator's name is led by the number of its dialect. Value 0 stands for an operand that is absent. Parsing proves
that every value is given once, before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = [
    "AttributeValue",
    "Operation",
    "OtherType",
    "PirAttribute",
    "Program",
    "Result",
    "TensorType",
    "Type",
    "VectorType",
]

AttributeValue: TypeAlias = "bool | int | float | str | tuple[AttributeValue, ...] | None"


@dataclass(frozen=True, slots=True)
class TensorType:
    """A tensor; ``dtype`` is a key of graph.DTYPE_SIZES, -1 in ``shape`` a size known at run time only."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VectorType:
    """A list of tensors."""

    elements: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class OtherType:
    """What graphs do not have: complex numbers, sparse tensors, arrays. ``name`` is for messages."""

    name: str


Type: TypeAlias = "TensorType | VectorType | OtherType"


@dataclass(frozen=True, slots=True)
class PirAttribute:
    """An attribute: ``kind`` is the tag of the file without its dialect ("a_f32"), lists are tuples.

    ``value`` is None for kinds that are not read.
    """

    kind: str
    value: AttributeValue


@dataclass(frozen=True, slots=True)
class Result:
    """What an operator gives: the value's number and its type, None for a result that is absent."""

    id: int
    type: Type | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator. ``name`` has its dialect's ("pd_op.conv2d"), ``operands`` are numbers of values, 0 for none."""

    number: int
    name: str
    operands: tuple[int, ...]
    results: tuple[Result, ...]
    attributes: Mapping[str, PirAttribute]
    has_regions: bool = False

    @property
    def short_name(self) -> str:
        """The name without its dialect."""
        return self.name.partition(".")[2]

    @property
    def layer(self) -> str:
        """The layer that it came from, as PaddlePaddle noted it, else its number in the file."""
        found = self.attributes.get("struct_name")
        name = found.value.strip("/") if found is not None and isinstance(found.value, str) else ""
        return name or f"operator {self.number}"


@dataclass(frozen=True, slots=True)
class Program:
    """A program: ``version`` is that of the format, ``operations`` are in the order in which they run."""

    path: Path
    version: int
    operations: tuple[Operation, ...]
