"""The gate: which operators stay in fp32 so that what quantisation costs is within a limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oarlock_opt.errors import CalibrationLimitError
from oarlock_opt.quantize.judge import Judge, Measured
from oarlock_opt.quantize.program import Program, QuantizedOp
from oarlock_opt.quantize.sensitivity import sensitivities

__all__ = ["Kept", "Limit", "Mixture", "describe", "open_gate", "pass_gate"]

_SURE_PART = 0.1
_ROUNDING = 1e-9  # 1 - 0.95 is more than 0.05 in binary


@dataclass(frozen=True)
class Limit:
    """The largest drop (``Measured.drop``) that passes.

    Of the pictures that fp32 is sure of, a tenth of that part may change their first place, unless labels tell what is
    right.
    """

    max_drop: float

    def allows(self, measured: Measured) -> bool:
        """Whether a mixture passes."""
        if measured.drop > self.max_drop + _ROUNDING:
            return False
        return measured.accuracy is not None or measured.sure_drop <= self.max_drop * _SURE_PART + _ROUNDING


@dataclass(frozen=True)
class Kept:
    """An operator that stays in fp32, and a sentence that says why."""

    op: QuantizedOp
    why: str


@dataclass(frozen=True)
class Mixture:
    """Which operators are quantised, by number, which are not and why, and what was measured of it."""

    quantized: frozenset[int]
    kept: tuple[Kept, ...]
    measured: Measured


def open_gate(program: Program, thresholds: Mapping[str, float], judge: Judge) -> Mixture:
    """Every operator quantised that can be.

    Raises CalibrationLimitError when there is none, or when the answers are not finite.
    """
    usable = program.usable(thresholds)
    if not usable:
        raise CalibrationLimitError(
            "no operator can be quantised: the calibration data leave every input of a convolution or product at 0; "
            "calibrate with real pictures"
        )
    quantized = frozenset(op.number for op in usable)
    kept = tuple(
        Kept(op, "its input was 0 in all of the calibration data, so no scale is known")
        for op in program.ops
        if op.number not in quantized
    )
    return Mixture(quantized, kept, judge.measure(program.graph(thresholds, quantized)))


def pass_gate(
    program: Program,
    thresholds: Mapping[str, float],
    judge: Judge,
    limit: Limit,
    whole: Mixture,
    progress: Callable[[str], None] = lambda words: None,
) -> Mixture:
    """The mixture with the fewest operators in fp32 that is within the limit, the most sensitive ones first.

    ``whole`` is what ``open_gate`` gave. Raises CalibrationLimitError when even a single quantised operator is too
    many, ReferenceFailedError and OSError.
    """
    if limit.allows(whole.measured):
        return whole
    ops = [op for op in program.ops if op.number in whole.quantized]
    errors = sensitivities(program, thresholds, ops, judge, progress)
    order = sorted(ops, key=lambda op: (-errors[op.number], op.number))
    tried: dict[int, Mixture] = {}

    def passes(count: int) -> bool:
        progress(f"{count} of {len(ops)} operators in fp32, judged on {len(judge.samples)} files")
        quantized = frozenset(op.number for op in order[count:])
        measured = judge.measure(program.graph(thresholds, quantized))
        kept = [Kept(op, _why(errors[op.number], sum(errors.values()))) for op in order[:count]]
        tried[count] = Mixture(quantized, (*whole.kept, *kept), measured)
        return limit.allows(measured)

    count = _fewest(len(ops) - 1, passes)
    if count is None:
        least = tried[max(tried)] if tried else whole
        raise CalibrationLimitError(
            f"calibration costs too much: with only {len(least.quantized)} of {len(program.ops)} operators in int8 the "
            f"drop is still {describe(least.measured)}, expected at most {limit.max_drop:g}. Calibrate with pictures "
            "like those that the model will see, and more of them, or allow more with --max-drop."
        )
    kept = tuple(sorted(tried[count].kept, key=lambda each: each.op.number))
    return Mixture(tried[count].quantized, kept, tried[count].measured)


def describe(measured: Measured) -> str:
    """The drop in words."""
    if not math.isfinite(measured.drop):
        return "without meaning, since answers are not finite,"
    if measured.accuracy is not None and measured.fp32_accuracy is not None:
        return f"{measured.drop:.4f} (accuracy {measured.accuracy:.4f}, in fp32 {measured.fp32_accuracy:.4f})"
    if measured.top1_agreement is None:
        return f"{measured.drop:.4f} (relative error)"
    sure = "" if measured.sure_agreement is None else f", {measured.sure_agreement:.4f} of the sure ones"
    return f"{measured.drop:.4f} ({measured.top1_agreement:.4f} of the first places are fp32's{sure})"


def _fewest(most: int, passes: Callable[[int], bool]) -> int | None:
    """The smallest number from 1 to ``most`` that passes, taken that all above it do too; None when ``most`` fails.

    Few are expected: 1, 2, 4, ... are tried first.
    """
    failed, step = 0, 1
    while True:
        count = min(step, most)
        if count <= failed:
            return None
        if passes(count):
            break
        failed, step = count, step * 2
    while count - failed > 1:
        middle = (count + failed) // 2
        if passes(middle):
            count = middle
        else:
            failed = middle
    return count


def _why(error: float, total: float) -> str:
    if not math.isfinite(error):
        return "quantised alone, it makes answers that are not finite"
    part = 100 * error / total if math.isfinite(total) and total > 0 else 100.0
    error = math.sqrt(error)
    return f"quantised alone, it makes a relative error of {error:.3g}, {part:.0f} % of the squared error of all"
