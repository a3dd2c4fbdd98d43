"""PaddlePaddle 3's models (PIR: inference.json + .pdiparams), read as graphs of legacy operators."""

from __future__ import annotations

from oarlock_opt.importer.pir._parser import VERSIONS
from oarlock_opt.importer.pir._reader import read

__all__ = ["VERSIONS", "read"]
