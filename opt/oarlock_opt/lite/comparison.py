"""What a variant changed against the fp32 one for the same processor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from oarlock_opt.lite.worker import Optimized

__all__ = ["Comparison", "compare"]

# A GPU's variant is compared with what would run on the CPU beside it.
_BASELINES = {"x86": "x86-fp32", "arm64": "arm64-fp32", "armv7": "armv7-fp32", "opencl": "arm64-fp32"}


@dataclass(frozen=True)
class Comparison:
    """``size`` is the file's size as a part of the fp32 one's, ``ops`` how many operators it has more."""

    variant: str
    size: float
    ops: int

    def to_json(self) -> dict[str, Any]:
        """The comparison by docs/schema/opt.schema.json."""
        return {**asdict(self), "size": round(self.size, 4)}


def compare(optimized: Optimized, others: Iterable[Optimized]) -> Comparison | None:
    """The comparison with the one among ``others`` that is fp32 for the same processor; None without one."""
    wanted = _BASELINES.get(optimized.variant.target)
    baseline = next((it for it in others if it.variant.id == wanted), None)
    if baseline is None or baseline.variant == optimized.variant:
        return None
    mine, its = optimized.description, baseline.description
    return Comparison(baseline.variant.id, mine["size"] / its["size"], mine["op_count"] - its["op_count"])
