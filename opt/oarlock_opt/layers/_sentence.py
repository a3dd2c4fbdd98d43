"""The verdict on the operators of a file, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from oarlock_opt.layers._findings import Layer, Limits
from oarlock_opt.layers._measure import Measure

__all__ = ["sentence"]

_MOST_CHANGES = 3


def sentence(layers: Sequence[Layer], first: Layer | None, limits: Limits) -> str:
    """What ``first``, the first operator that leaves the reference, did, or that none does."""
    if first is None:
        return _none(layers)
    name = f"{first.op} {first.variable}".rstrip() + f" ({first.kernel}"
    name += f", of the source's {first.origin})" if first.origin else ")"
    error = first.error
    assert error is not None
    if not first.leaves(limits):
        return f"No operator leaves the reference by itself, but errors add up: behind {name} they are {_size(error)}."
    own = first.own or error
    text = f"{name} is the first that leaves the reference: {_size(own)}"
    if first.own is not None:
        text += ", though what it is given is right"
    elif first.reads is not None:
        text += f", though what it reads is within {first.reads:.1e}"
    else:
        text += ", and what it reads could not be compared"
    if first.changes:
        text += "; " + ", ".join(first.changes[:_MOST_CHANGES])
        if (more := len(first.changes) - _MOST_CHANGES) > 0:
            text += f" and {more} more"
    return text + "."


def _none(layers: Sequence[Layer]) -> str:
    compared = [layer for layer in layers if layer.compared]
    if not compared:
        return "No operator could be compared with the reference."
    worst = max((layer.error.badness for layer in compared if layer.error is not None), default=0.0)
    which = "All" if len(compared) == len(layers) else f"{len(compared)} of"
    return f"{which} {len(layers)} operators stay with the reference, to {worst:.1e} of the largest value."


def _size(measure: Measure) -> str:
    if not measure.fits:
        return f"it has the shape {list(measure.shape)}, which the reference's has not"
    if measure.not_finite:
        return f"{measure.not_finite} of its values are NaN or infinite"
    return f"{measure.relative:.2g} of the largest value"
