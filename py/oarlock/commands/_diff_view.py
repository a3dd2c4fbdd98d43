"""The human-readable form of docs/schema/inspect-diff.schema.json."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from oarlock.commands._shared import Table, megabytes, shape_text

__all__ = ["view_diff"]

Row: TypeAlias = "tuple[str, str | None, str | None]"

# Of one kind of difference; --json has them all.
_MOST_ROWS = 20
_MOST_NAMES = 3
# Attributes that are about one parameter begin with its name: "conv2d_0.w_0_quant_scale".
_PARAMETER = re.compile(r"^.+\.[a-z]_\d+(?=_)")
_LONGEST = 40  # characters of an attribute's value


def view_diff(diff: dict[str, Any]) -> str:
    """The comparison as lines of text: a table of what differs, one column for each side."""
    heading = [
        f"{sign}  {side['file']}, {megabytes(side['size'])}" for sign, side in (("A", diff["a"]), ("B", diff["b"]))
    ]
    if diff["ok"]:
        same = "the files are identical" if diff["identical"] else "the files are not the same to the byte"
        return "\n".join([*heading, f"nothing differs; {same}"])
    table = Table("", "A", "B")
    rest = []
    for name, found in diff["differences"].items():
        rows = list(_ROWS[name](name, found))
        for row in rows[:_MOST_ROWS]:
            table.add(*row)
        if len(rows) > _MOST_ROWS:
            rest.append(f"and {len(rows) - _MOST_ROWS} more rows of {name}; --json has all")
    return "\n".join([*heading, "", str(table), *rest])


def _single(name: str, found: dict[str, Any]) -> Iterator[Row]:
    yield name, _text(found["a"]), _text(found["b"])


def _tensors(name: str, found: dict[str, Any]) -> Iterator[Row]:
    for tensor, pair in found.items():
        yield f"{name[:-1]} {tensor}", _tensor(pair["a"]), _tensor(pair["b"])


def _operators(name: str, found: dict[str, Any]) -> Iterator[Row]:
    for op, pair in found.items():
        yield f"operator {op}", _text(pair["a"]), _text(pair["b"])


def _kernels(name: str, found: dict[str, Any]) -> Iterator[Row]:
    for op, pair in found.items():
        yield f"kernels of {op}", _counts(pair["a"]), _counts(pair["b"])


def _order(name: str, found: bool) -> Iterator[Row]:
    yield "order of operators", "its own", "its own"


def _attributes(name: str, found: list[dict[str, Any]]) -> Iterator[Row]:
    """One row for all layers with the same difference, the commonest first."""
    layers: dict[tuple[str, str, str | None, str | None], list[str]] = {}
    for each in found:
        attribute = _PARAMETER.sub("PARAMETER", each["attribute"])
        key = each["op"], attribute, _text(each["a"]), _text(each["b"])
        layers.setdefault(key, []).append(each["layer"])
    for (op, attribute, a, b), names in sorted(layers.items(), key=lambda item: -len(item[1])):
        where = f"{names[0]} ({op})" if len(names) == 1 else f"{len(names)} × {op}"
        yield f"{where}: {attribute}", a, b


def _connections(name: str, found: list[dict[str, Any]]) -> Iterator[Row]:
    for each in found:
        yield f"what {each['layer']} ({each['op']}) reads", "its own", "its own"


def _params(name: str, found: list[dict[str, Any]]) -> Iterator[Row]:
    """One row for all that one side lacks and for all of another type; of other numbers the most different first."""
    lacking: dict[str, list[dict[str, Any]]] = {"a": [], "b": []}
    types: dict[tuple[str, str], list[dict[str, Any]]] = {}
    shapes, numbers = [], []
    for each in found:
        a, b = each["a"], each["b"]
        if a is None or b is None:
            lacking["a" if a is None else "b"].append(each)
        elif a["shape"] != b["shape"]:
            shapes.append(each)
        elif a["dtype"] != b["dtype"]:
            types.setdefault((a["dtype"], b["dtype"]), []).append(each)
        else:
            numbers.append(each)
    if members := lacking["b"]:
        yield f"{_plural(members)} of A", _names(members, "a"), None
    if members := lacking["a"]:
        yield f"{_plural(members)} of B", None, _names(members, "b")
    for (a, b), members in types.items():
        sizes = [megabytes(sum(each[side]["bytes"] for each in members)) for side in "ab"]
        differences = [_difference(each) for each in members if "relative_difference" in each]
        by = f"; {_said(max(differences))}" if differences else ""
        yield f"type of {_plural(members)}", f"{a}, {sizes[0]}", f"{b}, {sizes[1]}{by}"
    for each in shapes:
        yield f"parameter {each['name']}", _parameter(each["a"]), _parameter(each["b"])
    for each in sorted(numbers, key=_difference, reverse=True):
        yield f"numbers of {each['name']}", _parameter(each["a"]), _said(_difference(each))


def _difference(found: dict[str, Any]) -> float:
    difference = found["relative_difference"]
    return math.inf if difference is None else float(difference)


def _said(difference: float) -> str:
    return f"differ by {difference:.2g} of the largest" if math.isfinite(difference) else "some are not finite"


def _plural(parameters: list[dict[str, Any]]) -> str:
    return f"{len(parameters)} parameter{'s' if len(parameters) > 1 else ''}"


def _names(parameters: list[dict[str, Any]], side: str) -> str:
    size = megabytes(sum(each[side]["bytes"] for each in parameters))
    more = ", …" if len(parameters) > _MOST_NAMES else ""
    return f"{', '.join(each['name'] for each in parameters[:_MOST_NAMES])}{more} ({size})"


_ROWS: dict[str, Callable[[str, Any], Iterator[Row]]] = {
    "version": _single,
    "targets": _single,
    "inputs": _tensors,
    "outputs": _tensors,
    "ops": _operators,
    "kernels": _kernels,
    "order": _order,
    "attributes": _attributes,
    "connections": _connections,
    "params": _params,
}
"""The rows for each key of ``differences``."""


def _parameter(parameter: dict[str, Any] | None) -> str | None:
    if parameter is None:
        return None
    return f"{parameter['dtype']} {shape_text(parameter['shape'])}, {megabytes(parameter['bytes'])}"


def _tensor(tensor: dict[str, Any] | None) -> str | None:
    if tensor is None:
        return None
    return " ".join(filter(None, (tensor["dtype"], shape_text(tensor["shape"]))))


def _counts(counts: dict[str, int] | None) -> str | None:
    return None if counts is None else ", ".join(f"{count} {kernel}" for kernel, count in counts.items())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if len(text) <= _LONGEST:
        return text
    return "a list" if isinstance(value, list) else f"{text[:_LONGEST]}…"
