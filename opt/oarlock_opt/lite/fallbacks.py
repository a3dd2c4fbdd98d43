"""Which operators of an optimised model run elsewhere, or more exactly, than the variant's name says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from oarlock_opt.lite.places import TARGETS, Place
from oarlock_opt.lite.targets import CUSTOM, Variant

__all__ = ["Fallback", "fallbacks"]

# What the engine adds to get from one kernel to the next, and to the model's inputs and outputs.
_CONNECTIONS = frozenset({"feed", "fetch", "io_copy", "io_copy_once", "layout", "layout_once", "calib", "calib_once"})

# The processor that a target's kernels should run on, by the name that kernels have in descriptions of .nb files.
_PROCESSORS = {"x86": "x86", "arm64": "arm", "armv7": "arm", "opencl": "opencl"}


@dataclass(frozen=True)
class Fallback:
    """``count`` operators of a type whose kernel, "target/precision/layout", is not of the variant's kind."""

    op: str
    count: int
    kernel: str

    def to_json(self) -> dict[str, Any]:
        """The fallback by docs/schema/opt.schema.json."""
        return asdict(self)


def fallbacks(variant: Variant, kernel_ops: Mapping[str, Mapping[str, int]]) -> tuple[Fallback, ...]:
    """The operators that run on another processor, or in fp32 where the variant is fp16; the commonest first.

    ``kernel_ops`` is of docs/schema/nb.schema.json. Operators that only connect others do not count. Those of the host
    share the CPU with an engine's own, and are named because they are not optimised for it.
    """
    found = [
        Fallback(op, count, kernel)
        for kernel, ops in kernel_ops.items()
        if not _is_own(variant, kernel)
        for op, count in ops.items()
        if op not in _CONNECTIONS
    ]
    return tuple(sorted(found, key=lambda each: (-each.count, each.op, each.kernel)))


def _is_own(variant: Variant, kernel: str) -> bool:
    processor, precision, _ = kernel.split("/")
    if variant.target == CUSTOM:
        return processor == _first_choice(variant.recipe.places)
    if processor != _PROCESSORS[variant.target]:
        return False
    return variant.precision != "fp16" or precision != "float"


def _first_choice(places: tuple[Place, ...]) -> str:
    return TARGETS[places[0].target].lower()
