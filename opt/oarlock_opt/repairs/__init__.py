"""Named repairs of programs that Paddle Lite's optimiser would choke on.

A repair is a function that changes a program in place and returns how often it had to. It is listed in ``REPAIRS`` with
the reason, which users read. Repairs keep inputs, outputs, parameters and results what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from oarlock_opt.program import Program
from oarlock_opt.repairs._attributes import restore_relu6_threshold, restore_swish_beta

__all__ = ["REPAIRS", "AppliedRepair", "Repair", "repair"]


@dataclass(frozen=True)
class Repair:
    """A repair: its stable name, why it is needed (a sentence), and the function."""

    name: str
    reason: str
    function: Callable[[Program], int]


@dataclass(frozen=True)
class AppliedRepair:
    """A repair that changed a program at ``count`` places."""

    name: str
    count: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The repair as bundle.schema.json and opt.schema.json have it."""
        return asdict(self)


REPAIRS: tuple[Repair, ...] = (
    Repair(
        "relu6-threshold",
        "PaddlePaddle 3 no longer writes relu6's attribute threshold (6.0), which Paddle Lite insists on.",
        restore_relu6_threshold,
    ),
    Repair(
        "swish-beta",
        "PaddlePaddle 3 no longer writes swish's attribute beta (1.0), which Paddle Lite insists on.",
        restore_swish_beta,
    ),
)


def repair(program: Program) -> tuple[AppliedRepair, ...]:
    """Apply every repair that the program needs, in the order of ``REPAIRS``; returns those that changed something."""
    applied = ((each, each.function(program)) for each in REPAIRS)
    return tuple(AppliedRepair(each.name, count, each.reason) for each, count in applied if count)
