"""What a variant may differ by, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from oarlock_opt.verify.measures import Measures

__all__ = ["Limits", "broken", "limits_of"]


@dataclass(frozen=True)
class Limits:
    """The limits of a variant; None: there is none.

    ``relative_error`` is for the largest |difference| / largest |reference| of a picture or golden case. The agreements
    are the smallest parts of pictures with the same first place: of all, and of those of which the reference is sure.
    They hold for real pictures only: on golden inputs, which show nothing, no class is first for a reason.
    """

    relative_error: float | None
    top1_agreement: float | None
    sure_agreement: float | None

    def to_json(self) -> dict[str, Any]:
        """The limits by docs/schema/verify.schema.json."""
        return {
            "relative_error": self.relative_error,
            "top1_agreement": self.top1_agreement,
            "sure_agreement": self.sure_agreement,
        }


# By precision, where the bundle says nothing. The relative errors are those of oarlock_opt.golden.TOLERANCES, with the
# measurements they come from. In 8 bits single scores may move far while the answer stays; there, agreement counts.
_DEFAULTS = {
    "fp32": Limits(1e-5, 1.0, 1.0),
    "fp16": Limits(1e-2, 0.99, 1.0),
    "int16w": Limits(1e-3, 0.99, 1.0),
    "int8w": Limits(1e-1, 0.95, 1.0),
    "int8": Limits(None, 0.95, 1.0),
}
_UNKNOWN = Limits(None, 0.95, 1.0)
_BY_AGREEMENT = ("int8w", "int8")


def limits_of(
    precision: str, tolerances: Mapping[str, Any], *, error: float | None = None, agreement: float | None = None
) -> Limits:
    """The limits of a precision: the defaults, what the bundle has under golden.tolerances, and what the user says."""
    limits = _DEFAULTS.get(precision, _UNKNOWN)
    if precision in tolerances:
        limits = replace(limits, relative_error=float(tolerances[precision]["max_relative_error"]))
    if error is not None:
        limits = replace(limits, relative_error=error)
    if agreement is not None:
        limits = replace(limits, top1_agreement=agreement, sure_agreement=max(agreement, limits.sure_agreement or 0.0))
    return limits


def broken(measures: Measures, limits: Limits, precision: str, *, real: bool, stated: bool = False) -> list[str]:
    """What breaks the limits, each a clause ("2 of 40 answers have NaN or infinity in them"); empty: nothing does.

    ``real`` says that the pictures are real ones, ``stated`` that the user gave the limit of the error, which then
    holds for real pictures in 8 bits, too.
    """
    clauses = []
    for side, count in zip(("the reference's", "its"), measures.not_finite, strict=True):
        if count:
            clauses.append(f"{count} of {side} {measures.count} answers have NaN or infinity in them")
    error_counts = not real or stated or precision not in _BY_AGREEMENT
    found = measures.largest_relative
    if found is not None and limits.relative_error is not None and error_counts and found > limits.relative_error:
        clauses.append(
            f"its scores are off by up to {found:.2g} of the largest, the limit is {limits.relative_error:g}"
        )
    if real:
        for what, part, limit in (
            ("all pictures", measures.top1_agreement, limits.top1_agreement),
            ("the pictures that the reference is sure of", measures.sure_agreement, limits.sure_agreement),
        ):
            if part is not None and limit is not None and part < limit:
                clauses.append(f"its first place is the reference's on {part:.1%} of {what}, the limit is {limit:.0%}")
    return clauses
