"""What a model would lack on its targets, told before the optimiser runs and for all targets at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oarlock_opt.errors import NoKernelError
from oarlock_opt.lite.kernels._needs import Need
from oarlock_opt.lite.kernels._table import VERSIONS, KernelTable, table
from oarlock_opt.lite.places import TARGETS, Place
from oarlock_opt.lite.targets import Variant

__all__ = ["missing", "require_kernels"]

# The optimiser takes these away together with the operators whose numbers they scale, before it looks for kernels.
_FUSED_AWAY = frozenset(
    {
        "dequantize_linear",
        "fake_channel_wise_dequantize_max_abs",
        "fake_channel_wise_quantize_dequantize_abs_max",
        "fake_dequantize_max_abs",
        "fake_quantize_abs_max",
        "fake_quantize_dequantize_abs_max",
        "fake_quantize_dequantize_moving_average_abs_max",
        "fake_quantize_moving_average_abs_max",
        "fake_quantize_range_abs_max",
        "quantize_linear",
    }
)
# Accelerators whose passes replace whole parts of a graph: there a kernel may be missing and nothing be lost.
_REPLACES_PARTS = frozenset(TARGETS.index(name) for name in ("XPU", "NNAdapter"))

_MOST_NAMED = 12


def missing(needs: Iterable[Need], places: Sequence[Place], kernels: KernelTable) -> tuple[Need, ...]:
    """Those of a graph's operators for which the engine has no kernel when ``places`` are valid.

    An operator that a pass of the optimiser takes away does not count; what its passes make of others has kernels
    wherever those have.
    """
    replaced = any(place.target in _REPLACES_PARTS for place in places)

    def lacks(operator: str) -> bool:
        if operator not in kernels.operators:
            return True
        return not (replaced or operator in _FUSED_AWAY or kernels.has_kernel(operator, places))

    return tuple(need for need in needs if lacks(need.operator))


def require_kernels(needs: Sequence[Need], variants: Sequence[Variant], version: str) -> None:
    """Raise NoKernelError when a variant's places leave an operator without a kernel; the message has all of them.

    Nothing is checked for a version of Paddle Lite whose kernels are not listed.
    """
    kernels = table(version)
    if kernels is None:
        return
    lacking: dict[tuple[Need, ...], list[str]] = {}
    for variant in variants:
        if lack := missing(needs, variant.recipe.places, kernels):
            lacking.setdefault(lack, []).append(variant.id)
    if not lacking:
        return
    sentences = [_sentence(ids, lack, kernels) for lack, ids in lacking.items()]
    refused = {each for ids in lacking.values() for each in ids}
    fine = [variant.id for variant in variants if variant.id not in refused]
    first = next(iter(lacking))[0]
    if first.operator == "feed":
        advice = (
            "Every model needs a CPU for its inputs and outputs: name a place of one as well, such as ARM/Float/NCHW."
        )
    else:
        advice = _advice(needs, variants, fine, version)
    raise NoKernelError(" ".join([*sentences, advice]), op=first.operator)


def _sentence(ids: Sequence[str], lack: Sequence[Need], kernels: KernelTable) -> str:
    unknown = [need for need in lack if need.operator not in kernels.operators]
    without = [need for need in lack if need.operator in kernels.operators]
    parts = []
    if unknown:
        parts.append(f"does not know {_listed(unknown)}")
    if without:
        parts.append(f"has no kernel there for {_listed(without)}")
    return f"{', '.join(ids)}: Paddle Lite {kernels.version} {' and '.join(parts)}."


def _listed(lack: Sequence[Need]) -> str:
    if len(lack) == 1:
        return f"the operator {lack[0]}"
    names = [str(need) for need in lack[:_MOST_NAMED]]
    if rest := len(lack) - len(names):
        names.append(f"{rest} more")
    return f"the operators {', '.join(names[:-1])} and {names[-1]}"


def _advice(needs: Sequence[Need], variants: Sequence[Variant], fine: Sequence[str], version: str) -> str:
    advice = []
    if fine:
        advice.append(f"It can be made for {', '.join(fine)} alone.")
    others = [
        other
        for other in VERSIONS
        if other != version
        and (kernels := table(other))
        and not any(missing(needs, variant.recipe.places, kernels) for variant in variants)
    ]
    if others:
        advice.append(f"Paddle Lite {' or '.join(others)}, chosen with --lite, has all that it needs.")
    return " ".join(advice) or "Build what uses it from other operators, and export the model again."
