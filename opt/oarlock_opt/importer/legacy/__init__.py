"""PaddlePaddle's legacy models (.pdmodel + .pdiparams), read and written without PaddlePaddle."""

from __future__ import annotations

from oarlock_opt.importer.legacy._params import read_params
from oarlock_opt.importer.legacy._program import read_program
from oarlock_opt.importer.legacy._reader import read
from oarlock_opt.importer.legacy._writer import program_bytes, write

__all__ = ["program_bytes", "read", "read_params", "read_program", "write"]
