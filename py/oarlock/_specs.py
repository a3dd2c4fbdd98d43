"""What a model says of its inputs and outputs; importing this needs no numpy."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OutputSpec", "TensorSpec"]


@dataclass(frozen=True)
class TensorSpec:
    """What an input takes: ``shape`` has -1 where any size goes, ``dtype`` is numpy's name for it ("float32")."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class OutputSpec:
    """What an output gave in the last run; before the first, the engine knows its name only and the others are None."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str | None
