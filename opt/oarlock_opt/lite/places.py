"""Where a kernel runs: a kind of processor, a type and an order of elements, by Paddle Lite's names and numbers."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LAYOUTS", "PRECISIONS", "TARGETS", "Place"]

TARGETS = (
    "Unk", "Host", "X86", "CUDA", "ARM", "OpenCL", "Any", "FPGA", "NPU", "XPU", "BM", "MLU", "RKNPU", "APU",
    "HuaweiAscendNPU", "ImaginationNNA", "IntelFPGA", "Metal", "NNAdapter",
)  # fmt: skip
"""Kinds of processor; the index is the engine's number."""

PRECISIONS = ("Unk", "Float", "Int8", "Int32", "Any", "FP16", "Bool", "Int64", "Int16", "UInt8", "FP64")
"""Types of elements; the index is the engine's number."""

LAYOUTS = (
    "Unk", "NCHW", "Any", "NHWC", "ImageDefault", "ImageFolder", "ImageNW", "MetalTexture2DArray", "MetalTexture2D",
)  # fmt: skip
"""Orders of elements; the index is the engine's number."""


class Place(NamedTuple):
    """Paddle Lite's numbers of a target, precision and layout."""

    target: int
    precision: int
    layout: int

    @classmethod
    def named(cls, target: str, precision: str, layout: str) -> Place:
        """The place of three names. Raises ValueError for a name that is none."""
        return cls(TARGETS.index(target), PRECISIONS.index(precision), LAYOUTS.index(layout))

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place written as ``ARM/Float/NCHW``. Raises ValueError."""
        target, precision, layout = text.split("/")
        return cls.named(target, precision, layout)

    def __str__(self) -> str:
        return f"{TARGETS[self.target]}/{PRECISIONS[self.precision]}/{LAYOUTS[self.layout]}"
