"""The lists of kernels, one file a version of Paddle Lite, which ``extract`` makes from the library."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock_opt.lite.places import LAYOUTS, PRECISIONS, TARGETS, Place

__all__ = ["VERSIONS", "KernelTable", "searched", "table"]

_FOLDER = Path(__file__).parent
_PREFIX = "paddle-lite-"

VERSIONS = ("2.10", "2.11", "2.12", "2.13rc0", "2.14rc0")
"""The versions whose lists there are, oldest first."""

_HOST, _OPENCL = TARGETS.index("Host"), TARGETS.index("OpenCL")
_ANY_PRECISION, _ANY_LAYOUT = PRECISIONS.index("Any"), LAYOUTS.index("Any")


@dataclass(frozen=True)
class KernelTable:
    """What a version of Paddle Lite knows: its operators, and where each has kernels.

    The x86 library registers the kernels of all targets, since its optimiser chooses among them; those of other
    processors cannot run there. So one list holds for every target.
    """

    version: str
    operators: Mapping[str, frozenset[Place]]

    @classmethod
    def from_json(cls, data: Any) -> KernelTable:
        """The table that ``to_json`` gave."""
        operators = {name: frozenset(map(Place.parse, places)) for name, places in data["operators"].items()}
        return cls(data["version"], operators)

    def to_json(self) -> dict[str, Any]:
        """The table as JSON, in one order."""
        return {
            "engine": "paddle-lite",
            "version": self.version,
            "operators": {name: sorted(map(str, self.operators[name])) for name in sorted(self.operators)},
        }

    def has_kernel(self, operator: str, places: Iterable[Place]) -> bool:
        """Whether the optimiser finds a kernel for an operator when ``places`` are valid; False for unknown ones."""
        return not searched(places).isdisjoint(self.operators.get(operator, ()))


@functools.cache
def table(version: str) -> KernelTable | None:
    """The list for a version of Paddle Lite; None for one of which there is none."""
    if version not in VERSIONS:
        return None
    return KernelTable.from_json(json.loads(path(version).read_text(encoding="utf-8")))


def path(version: str) -> Path:
    """Where the list for a version lies."""
    return _FOLDER / f"{_PREFIX}{version}.json"


def searched(places: Iterable[Place]) -> frozenset[Place]:
    """Every place where the optimiser looks for a kernel when it is given ``places`` as the valid ones.

    Kernels for any precision or any layout do for each, and what is valid on a processor is valid on its host, unless
    that processor is a GPU behind OpenCL. (Found by experiment; the tests repeat it.)
    """
    found: set[Place] = set()
    for target, precision, layout in places:
        for where in {target} if target == _OPENCL else {target, _HOST}:
            for kind in (precision, _ANY_PRECISION):
                found.update(Place(where, kind, order) for order in (layout, _ANY_LAYOUT))
    return frozenset(found)
