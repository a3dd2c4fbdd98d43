"""The operators of a model that cannot be converted, all of them in one error."""

from __future__ import annotations

from pathlib import Path

from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer.graph import Value
from oarlock_opt.importer.pir._constants import Constant
from oarlock_opt.importer.pir._program import Operation
from oarlock_opt.importer.pir._values import DependsOnOther, Item, Values

__all__ = ["Unsupported"]

_MAX_LISTED = 12
_MAX_INPUTS = 6


class Unsupported:
    """Collects operators, and raises an error about them in the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[tuple[str, str], list[str]] = {}

    def add(self, operation: Operation, values: Values, why: str) -> None:
        """Note an operator. ``why`` is a clause without a full stop."""
        inputs = ", ".join(_shown(each, values) for each in operation.operands[:_MAX_INPUTS])
        more = ", ..." if len(operation.operands) > _MAX_INPUTS else ""
        self._found.setdefault((operation.name, why), []).append(f"{operation.layer} ({inputs}{more})")

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raises UnsupportedOpError when there are any."""
        if not self._found:
            return
        count = sum(map(len, self._found.values()))
        lines = [f"{self._path}: {count} operator{'s' * (count > 1)} of the model cannot be converted."]
        for (name, why), places in list(self._found.items())[:_MAX_LISTED]:
            others = f" and {len(places) - 1} more places" if len(places) > 1 else ""
            lines.append(f"  {name} in {places[0]}{others}: {why}.")
        if len(self._found) > _MAX_LISTED:
            lines.append(f"  and {len(self._found) - _MAX_LISTED} other kinds.")
        lines.append("Build those layers from other operators and export the model again.")
        raise UnsupportedOpError("\n".join(lines), op=next(iter(self._found))[0])


def _shown(number: int, values: Values) -> str:
    if number == 0:
        return "none"
    try:
        return _item(values.item(number))
    except DependsOnOther:
        return "unknown"


def _item(item: Item) -> str:
    if isinstance(item, Value | Constant):
        return f"{item.dtype}{list(item.shape)}"
    return f"list of {len(item)}"
