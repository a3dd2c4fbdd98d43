"""A sentence on a variant: what holds, or which stage differs and how."""

from __future__ import annotations

from oarlock_opt.verify.results import Stages, VariantResult

__all__ = ["sentence_on"]


def sentence_on(result: VariantResult) -> str:
    """What a user should know first."""
    if result.refusal is not None:
        return f"Not run: {result.refusal}."
    if result.error is not None:
        return f"It failed: {result.error['message'].rstrip('.')}."
    sets = [stages for stages in (result.pictures, result.goldens) if stages is not None]
    for stages in sets:
        if not stages.ok:
            return _difference(stages)
    return " ".join(_agreement(stages) for stages in sets) or "Nothing to compare it with: no goldens and no pictures."


def _difference(stages: Stages) -> str:
    """The first stage that differs; what follows from it is not said."""
    on = "the golden inputs" if stages.kind == "goldens" else "the pictures"
    if stages.engine is not None and any(stages.engine.measures.not_finite):
        return f"The engine differs on {on}: {'; '.join(stages.engine.broken)}."
    first = stages.preprocessing
    if first is not None and not first.ok:
        cause = f": the reference has {first.cause}" if first.cause is not None else ""
        if first.bytes_differ:
            much = f" (by up to {first.largest_byte})" if first.largest_byte else ""
            return (
                f"Preprocessing differs on {on}, in the bytes of {first.bytes_differ} of {first.pictures} crops{much}"
                f"{cause}."
            )
        return (
            f"Preprocessing differs on {on}, in the tensor made of the same crop, {first.tensors_differ} of "
            f"{first.pictures} times (by up to {first.largest_tensor:.3g}){cause}."
        )
    if stages.engine is not None and not stages.engine.ok:
        return f"The engine differs on {on}, given the same tensors: {'; '.join(stages.engine.broken)}."
    assert stages.end_to_end is not None
    return f"From picture to answer it differs on {on}: {'; '.join(stages.end_to_end.broken)}."


def _agreement(stages: Stages) -> str:
    stage = stages.end_to_end or stages.engine
    if stage is None:
        return ""
    measures = stage.measures
    parts = []
    if stages.kind == "pictures" and measures.top1_agreement is not None:
        parts.append(f"the same first place on {measures.top1_agreement:.1%} of {measures.count} pictures")
    if measures.largest_relative is not None:
        parts.append(f"scores within {measures.largest_relative:.2g} of the largest")
    on = f" on {measures.count} golden inputs" if stages.kind == "goldens" else ""
    text = ", ".join(parts) + on
    return f"{text[:1].upper()}{text[1:]}."
