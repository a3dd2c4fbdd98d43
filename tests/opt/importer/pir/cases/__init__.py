"""Small programs in PaddlePaddle's static mode, each around one operator of PIR, with what to feed them."""

from __future__ import annotations

from tests.opt.importer.pir.cases import (
    activation,
    arithmetic,
    comparison,
    convolution,
    creation,
    linear,
    manipulation,
    normalization,
    pooling,
    reduction,
)
from tests.opt.importer.pir.cases._case import CASES, Case, Input

__all__ = [
    "CASES",
    "Case",
    "Input",
    "activation",
    "arithmetic",
    "comparison",
    "convolution",
    "creation",
    "linear",
    "manipulation",
    "normalization",
    "pooling",
    "reduction",
]
