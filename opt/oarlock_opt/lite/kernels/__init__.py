"""Which operators and kernels each version of Paddle Lite has, and what a model would lack there."""

from __future__ import annotations

from oarlock_opt.lite.kernels._check import missing, require_kernels
from oarlock_opt.lite.kernels._needs import Need, needs
from oarlock_opt.lite.kernels._table import VERSIONS, KernelTable, searched, table

__all__ = ["VERSIONS", "KernelTable", "Need", "missing", "needs", "require_kernels", "searched", "table"]
