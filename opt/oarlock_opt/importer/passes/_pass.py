"""What a pass is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oarlock_opt.importer.graph import Graph

__all__ = ["LITE_VERSIONS", "Pass"]

LITE_VERSIONS = ("2.10", "2.11", "2.12", "2.13rc0", "2.14rc0")
"""The versions of Paddle Lite that passes are written for."""


@dataclass(frozen=True)
class Pass:
    """A pass: its stable name, why it is needed (a sentence for users), and the function.

    The function changes the graph in place and returns at how many places it had to. Run again, it changes nothing. The
    inputs and outputs of the model, and what it computes, stay what they are. ``versions`` are those of Paddle Lite
    that need it.
    """

    name: str
    reason: str
    function: Callable[[Graph], int]
    versions: tuple[str, ...] = LITE_VERSIONS
