"""One function per operator that the table alone does not convert, by kind of operator."""

from __future__ import annotations

from oarlock_opt.importer.pir.handlers import (
    comparison,
    convolution,
    creation,
    manipulation,
    normalization,
    pooling,
)
from oarlock_opt.importer.pir.handlers._registry import HANDLERS

__all__ = ["HANDLERS", "comparison", "convolution", "creation", "manipulation", "normalization", "pooling"]
