"""What Paddle Lite's kernels do not take although they are there: it would abort on the device, when the model runs.

Found by running each operator on tensors of 1 to 8 axes (2.12 on x86) and comparing with numpy. What passes mend is not
listed: reductions over more than 4 axes, products whose batches differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from oarlock_opt.importer.graph import Node
from oarlock_opt.lite.places import TARGETS

__all__ = ["LIMITS", "Limit", "find_limit"]

_X86 = TARGETS.index("X86")


@dataclass(frozen=True)
class Limit:
    """An operator that takes tensors of ``most_axes`` axes at most, with what the engine says of others.

    ``slot`` is where those tensors are, "Out" or an input. ``targets`` are the engine's numbers of the processors where
    it is known to be so; the limit of an operator's own checks, which come before any kernel, holds for all: ().
    """

    operator: str
    slot: str
    most_axes: int
    reason: str
    targets: tuple[int, ...] = ()

    def holds_for(self, target: int) -> bool:
        """Whether it is known to hold on a processor."""
        return not self.targets or target in self.targets

    def __str__(self) -> str:
        return f"more than {self.most_axes} axes"


LIMITS = (
    Limit("slice", "Input", 6, "The rank of input X should be less than 7."),
    Limit("strided_slice", "Input", 6, "input_dims.size() should be less than 7"),
    Limit("tile", "X", 6, "The rank of the input 'x' for tile op must not be greater than 6"),
    Limit("transpose", "X", 6, "Tensors with rank at most 6 are supported", (_X86,)),
    Limit("transpose2", "X", 6, "Tensors with rank at most 6 are supported", (_X86,)),
    Limit("unsqueeze", "Out", 6, "The output tensor's rank should be less than 6."),
    Limit("unsqueeze2", "Out", 6, "The output tensor's rank should be less than 6."),
)
"""Every limit, at most one for an operator."""

_BY_OPERATOR = {limit.operator: limit for limit in LIMITS}


def find_limit(node: Node) -> Limit | None:
    """The limit that a node oversteps."""
    limit = _BY_OPERATOR.get(node.type)
    if limit is None:
        return None
    values = node.inputs.get(limit.slot) or node.outputs.get(limit.slot) or []
    return limit if any(len(value.shape) > limit.most_axes for value in values) else None
