"""What was found of each operator, and which is the first that leaves the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oarlock_opt.layers._measure import Measure

__all__ = ["LIMITS", "Layer", "LayerReport", "Limits", "first_leaving"]


@dataclass(frozen=True)
class Limits:
    """``own`` is the error that an operator may make by itself, ``total`` what may have added up behind it."""

    own: float
    total: float

    def to_json(self) -> dict[str, Any]:
        """The limits as an object."""
        return asdict(self)


LIMITS = {
    "fp32": Limits(1e-5, 1e-4),
    "fp16": Limits(5e-3, 5e-2),
    "int16w": Limits(1e-3, 1e-2),
    "int8w": Limits(0.25, 0.5),
    "int8": Limits(0.1, 0.5),
}
"""By the precision of a variant. fp32 rounds to 6e-8, and an operator adds up thousands of products; the others' are
what rounding weights or activations to so many bits does to a layer, with room."""


@dataclass(frozen=True)
class Layer:
    """An operator of a .nb file, compared with the source's value that it gives.

    ``index`` is its number in the file, ``kernel`` target, precision and layout. ``origin`` is what of the source it
    stands for, and ``variable`` the source's name of its result: of the worst, where there are several; both are ""
    where that is not certain. ``error`` is measured when the file runs, ``own`` when the operator is given the
    reference's values to read, ``reads`` is the largest error of what it reads when the file runs; None where they were
    not. ``remark`` says why nothing was compared. ``changes`` are sentences on what of the operator is not what the
    optimiser makes of the source.
    """

    index: int
    op: str
    kernel: str
    variable: str
    origin: str
    error: Measure | None
    own: Measure | None
    reads: float | None
    remark: str
    changes: tuple[str, ...]

    @property
    def compared(self) -> bool:
        """Whether there is an error."""
        return self.error is not None

    def leaves(self, limits: Limits) -> bool:
        """Whether it is at fault: by itself or, where that is not known, since what it reads is right.

        Where what it reads is not known either, it or what came before.
        """
        if self.own is not None:
            return self.own.exceeds(limits.own)
        if self.error is None:
            return False
        if self.reads is None:
            return self.error.exceeds(limits.total)
        return self.reads <= limits.own and self.error.exceeds(limits.own)

    def to_json(self) -> dict[str, Any]:
        """The layer as an object of "layers"; numbers that are none are null."""
        error = self.error
        return {
            "index": self.index,
            "op": self.op,
            "kernel": self.kernel,
            "variable": self.variable,
            "origin": self.origin,
            "compared": self.compared,
            "shape": None if error is None else list(error.shape),
            "error": None if error is None else error.relative,
            "own_error": None if self.own is None else self.own.relative,
            "cosine": None if error is None else error.cosine,
            "not_finite": 0 if error is None else error.not_finite,
            "remark": self.remark,
            "changes": list(self.changes),
        }


@dataclass(frozen=True)
class LayerReport:
    """The operators in the order in which they run, and the verdict.

    ``first`` is the index of the operator that is the first to leave the reference, None when all stay with it.
    ``saved`` is the folder with what reproduces it.
    """

    layers: tuple[Layer, ...]
    limits: Limits
    first: int | None
    sentence: str
    saved: Path | None = None

    @property
    def compared(self) -> int:
        """How many operators were compared."""
        return sum(layer.compared for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The report as an object."""
        return {
            "layers": [layer.to_json() for layer in self.layers],
            "compared": self.compared,
            "limits": self.limits.to_json(),
            "first": self.first,
            "sentence": self.sentence,
            "saved": None if self.saved is None else str(self.saved),
        }


def first_leaving(layers: Sequence[Layer], limits: Limits) -> Layer | None:
    """The first operator that is at fault; failing one, the first behind which too much has added up."""
    own = next((layer for layer in layers if layer.leaves(limits)), None)
    return own or next((it for it in layers if it.error is not None and it.error.exceeds(limits.total)), None)
