"""What the optimiser is asked for, per target and precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oarlock_opt.errors import TargetError

__all__ = ["PRECISIONS", "TARGETS", "Place", "Recipe", "Skipped", "Variant", "select"]

# Paddle Lite's enumerators.
_X86, _ARM = 2, 4
_FLOAT, _INT32, _ANY, _INT64 = 1, 3, 4, 7
_NCHW = 1


@dataclass(frozen=True)
class Place:
    """Where a kernel may run: Paddle Lite's numbers of a target (processor), precision and layout."""

    target: int
    precision: int
    layout: int


@dataclass(frozen=True)
class Recipe:
    """One run of the optimiser. Variants with equal recipes share its result.

    ``places`` are in order of preference, and that order matters to the engine. ``weight_bits`` is 8 or 16 for
    weight-only quantisation, else 0.
    """

    places: tuple[Place, ...]
    weight_bits: int = 0


@dataclass(frozen=True)
class Variant:
    """A target and precision that can be made."""

    target: str
    precision: str
    recipe: Recipe

    @property
    def id(self) -> str:
        """``TARGET-PRECISION``, as in bundle.json."""
        return f"{self.target}-{self.precision}"


@dataclass(frozen=True)
class Skipped:
    """A pair that was asked for and cannot be made, and the sentence that says why."""

    id: str
    reason: str


TARGETS = ("x86", "arm64", "armv7", "opencl")
"""Every target of the bundle format, in the order in which variants are listed."""

PRECISIONS = ("fp32", "fp16", "int8w", "int16w", "int8")
"""Every precision of the bundle format, in the order in which variants are listed."""

_X86_FP32 = Recipe((Place(_X86, _FLOAT, _NCHW), Place(_X86, _INT64, _NCHW), Place(_X86, _ANY, _NCHW)))
_ARM_FP32 = Recipe(
    (
        Place(_ARM, _FLOAT, _NCHW),
        Place(_ARM, _INT32, _NCHW),
        Place(_ARM, _INT64, _NCHW),
        Place(_ARM, _ANY, _NCHW),
    )
)

_RECIPES = {("x86", "fp32"): _X86_FP32, ("arm64", "fp32"): _ARM_FP32, ("armv7", "fp32"): _ARM_FP32}


def select(targets: Iterable[str], precisions: Iterable[str]) -> tuple[tuple[Variant, ...], tuple[Skipped, ...]]:
    """Every pair of a target and a precision, each once, in the order of the bundle format: made and skipped ones.

    Raises TargetError when none can be made.
    """
    wanted_targets, wanted_precisions = set(targets), set(precisions)
    made, skipped = [], []
    for target in (target for target in TARGETS if target in wanted_targets):
        for precision in (precision for precision in PRECISIONS if precision in wanted_precisions):
            recipe = _RECIPES.get((target, precision))
            if recipe is None:
                skipped.append(Skipped(f"{target}-{precision}", _reason(target, precision)))
            else:
                made.append(Variant(target, precision, recipe))
    if not made:
        raise TargetError(" ".join(f"{each.id}: {each.reason}" for each in skipped))
    return tuple(made), tuple(skipped)


def _reason(target: str, precision: str) -> str:
    available = ", ".join(f"{each}-{kind}" for each, kind in _RECIPES)
    return f"{precision} for {target} is not available yet in this version; these are: {available}."
