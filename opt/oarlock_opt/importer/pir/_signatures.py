"""The signatures of PIR's operators and of the legacy operators that answer to them, from signatures.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from oarlock_opt.importer.graph import Attr, AttrKind

__all__ = ["LegacyOp", "Operand", "Signature", "legacy_op", "signature"]


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand of PIR's: the slot of the legacy operator, or its attribute, or neither.

    ``tensor_slots`` are where a tensor goes that takes the attribute's place.
    """

    name: str
    slot: str
    attribute: str
    tensor_slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """An operator of PIR: ``type`` is that of the legacy operator, "" where there is none.

    ``attributes`` and ``results`` map PIR's names to the legacy operator's, "" where it has none such.
    """

    type: str
    operands: tuple[Operand, ...]
    attributes: dict[str, str]
    results: dict[str, str]


@dataclass(frozen=True, slots=True)
class LegacyOp:
    """A legacy operator: the kinds of its attributes, their defaults as far as it has them, and its slots.

    ``lists`` are inputs that take several tensors, ``optional`` outputs that may be absent.
    """

    kinds: dict[str, AttrKind]
    defaults: dict[str, Attr]
    lists: frozenset[str]
    optional: frozenset[str]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    path = Path(__file__).with_name("signatures.json")
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table


@cache
def signature(name: str) -> Signature | None:
    """The signature of an operator by its name without the dialect; ``relu_``, which writes over its input, is relu's.

    None for operators that PaddlePaddle 3.3.1 does not have.
    """
    ops = _table()["ops"]
    row = ops.get(name) or ops.get(name.removesuffix("_"))
    if row is None:
        return None
    operands = tuple(_operand(*each.split("=")) for each in row["operands"].split())
    return Signature(row["type"] or "", operands, _pairs(row["attributes"]), _pairs(row["results"]))


def _operand(name: str, goal: str) -> Operand:
    if not goal.startswith("|"):
        return Operand(name, goal, "", ())
    _, attribute, slots = goal.split("|")
    return Operand(name, "", attribute, tuple(slots.split(",")) if slots else ())


def _pairs(text: str) -> dict[str, str]:
    return {name: goal for name, _, goal in (each.partition("=") for each in text.split())}


@cache
def legacy_op(type: str) -> LegacyOp:
    """A legacy operator that a signature names. Raises KeyError for others."""
    row = _table()["legacy"][type]
    kinds = {name: AttrKind[entry[0]] for name, entry in row["attributes"].items()}
    defaults = {name: _attr(kinds[name], entry[1]) for name, entry in row["attributes"].items() if len(entry) > 1}
    return LegacyOp(kinds, defaults, frozenset(row["lists"]), frozenset(row["optional"]))


def _attr(kind: AttrKind, value: Any) -> Attr:
    return Attr(kind, tuple(value) if isinstance(value, list) else value)
