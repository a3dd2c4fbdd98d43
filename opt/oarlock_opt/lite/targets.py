"""What the optimiser is asked for, per target and precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oarlock_opt.errors import TargetError
from oarlock_opt.lite.places import Place

__all__ = ["CUSTOM", "PRECISIONS", "TARGETS", "Place", "Recipe", "Skipped", "Variant", "select", "skipped_remarks"]


@dataclass(frozen=True)
class Recipe:
    """One run of the optimiser. Variants with equal recipes share its result.

    ``places`` are in order of preference, and that order matters to the engine. ``weight_bits`` is 8 or 16 for
    weight-only quantisation, else 0. ``devices`` are the accelerators that the place NNAdapter stands for.
    ``calibrated`` tells that it is for the quantised program that calibration gives.
    """

    places: tuple[Place, ...]
    weight_bits: int = 0
    devices: tuple[str, ...] = ()
    calibrated: bool = False


@dataclass(frozen=True)
class Variant:
    """A target and precision that can be made.

    Of a custom variant, whose recipe was given with --places, the target is CUSTOM and the precision its name.
    """

    target: str
    precision: str
    recipe: Recipe

    @property
    def id(self) -> str:
        """``TARGET-PRECISION``, as in bundle.json."""
        return f"{self.target}-{self.precision}"

    @property
    def rank(self) -> tuple[int, int, str]:
        """Variants are listed in the order of their ranks: by TARGETS and PRECISIONS, custom ones last by name."""
        if self.target == CUSTOM:
            return len(TARGETS), 0, self.precision
        return TARGETS.index(self.target), PRECISIONS.index(self.precision), ""


@dataclass(frozen=True)
class Skipped:
    """A pair that was asked for and cannot be made, and the sentence that says why."""

    id: str
    reason: str


TARGETS = ("x86", "arm64", "armv7", "opencl")
"""Every target of the bundle format but CUSTOM, in the order in which variants are listed."""

CUSTOM = "custom"
"""The target of variants for places that the user chose."""

PRECISIONS = ("fp32", "fp16", "int8w", "int16w", "int8")
"""Every precision of the bundle format, in the order in which variants are listed."""


def _places(*texts: str) -> tuple[Place, ...]:
    return tuple(map(Place.parse, texts))


_ARM = _places("ARM/Float/NCHW", "ARM/Int32/NCHW", "ARM/Int64/NCHW", "ARM/Any/NCHW")
_ARM_RECIPES = {
    "fp32": Recipe(_ARM),
    # Its kernels first: behind the others they would never be picked.
    "fp16": Recipe((*_places("ARM/FP16/NCHW"), *_ARM)),
    "int8w": Recipe(_ARM, weight_bits=8),
    "int16w": Recipe(_ARM, weight_bits=16),
    # Float behind it for the operators that are not quantised.
    "int8": Recipe((*_places("ARM/Int8/NCHW"), *_ARM), calibrated=True),
}
_OPENCL = Recipe(
    _places(
        "OpenCL/FP16/ImageDefault",
        "OpenCL/FP16/ImageFolder",
        "OpenCL/FP16/NCHW",
        "OpenCL/Float/NCHW",
        "OpenCL/Any/ImageDefault",
        "OpenCL/Any/ImageFolder",
        "OpenCL/Any/NCHW",
        "OpenCL/Int32/NCHW",
        # The processor for what the GPU has no kernel for.
        "ARM/Float/NCHW",
    )
)
_X86 = _places("X86/Float/NCHW", "X86/Int64/NCHW", "X86/Any/NCHW")
_RECIPES = {
    ("x86", "fp32"): Recipe(_X86),
    ("x86", "int8w"): Recipe(_X86, weight_bits=8),
    ("x86", "int16w"): Recipe(_X86, weight_bits=16),
    ("x86", "int8"): Recipe((*_places("X86/Int8/NCHW"), *_X86), calibrated=True),
    **{(target, precision): recipe for target in ("arm64", "armv7") for precision, recipe in _ARM_RECIPES.items()},
    ("opencl", "fp16"): _OPENCL,
}

# Why the others cannot be made. docs/targets.md has the evidence.
_REASONS = {
    ("opencl", "int8"): "Paddle Lite has no int8 kernels for OpenCL; make it for arm64 or armv7.",
    ("x86", "fp16"): "Paddle Lite has no fp16 kernels for x86.",
    ("opencl", "fp32"): "Paddle Lite's kernels for OpenCL are its fp16 ones, which compute in fp16 where the GPU can; "
    "make opencl-fp16 (--precision fp16). An app of yours can have the same file computed in fp32, by "
    "set_opencl_precision.",
    (
        "opencl",
        "int8w",
    ): "weights stored in 8 bits are untried with OpenCL, where a wrong answer would be a silent one; make it "
    "for arm64.",
    (
        "opencl",
        "int16w",
    ): "weights stored in 16 bits are untried with OpenCL, where a wrong answer would be a silent one; make it "
    "for arm64.",
}


_NOT_CALIBRATED = (
    "int8 kernels need a calibrated model: give a folder of typical pictures with --calibrate DIR. int8w needs none: "
    "it stores weights in 8 bits and computes in fp32."
)


def select(
    targets: Iterable[str],
    precisions: Iterable[str],
    custom: Iterable[Variant] = (),
    *,
    calibrated: bool = False,
) -> tuple[tuple[Variant, ...], tuple[Skipped, ...]]:
    """Every pair of a target and a precision and every custom variant, each once, by rank: made and skipped ones.

    ``calibrated`` tells that there is data to calibrate with, without which int8 is skipped. Raises TargetError when
    none can be made.
    """
    wanted_targets, wanted_precisions = set(targets), set(precisions)
    made, skipped = [], []
    for target in (target for target in TARGETS if target in wanted_targets):
        for precision in (precision for precision in PRECISIONS if precision in wanted_precisions):
            recipe = _RECIPES.get((target, precision))
            if recipe is None:
                skipped.append(Skipped(f"{target}-{precision}", _REASONS[target, precision]))
            elif recipe.calibrated and not calibrated:
                skipped.append(Skipped(f"{target}-{precision}", _NOT_CALIBRATED))
            else:
                made.append(Variant(target, precision, recipe))
    for variant in sorted(custom, key=lambda variant: variant.rank):
        if made and made[-1].id == variant.id:
            raise TargetError(f"{variant.id}: two variants with places of their own are called so; write NAME=PLACES")
        made.append(variant)
    if not made:
        raise TargetError(" ".join(f"{each.id}: {each.reason}" for each in skipped))
    return tuple(made), tuple(skipped)


def skipped_remarks(skipped: Iterable[Skipped]) -> Iterator[str]:
    """A sentence for each reason, with all pairs that it is for."""
    by_reason: dict[str, list[str]] = {}
    for each in skipped:
        by_reason.setdefault(each.reason, []).append(each.id)
    for reason, ids in by_reason.items():
        yield f"{', '.join(ids)} {'is' if len(ids) == 1 else 'are'} skipped: {reason}"
