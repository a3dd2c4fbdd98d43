"""Legacy PaddlePaddle programs (.pdmodel + .pdiparams), read and written without PaddlePaddle."""

from __future__ import annotations

from oarlock_opt.program._dtypes import DTYPES
from oarlock_opt.program._messages import AttrType
from oarlock_opt.program._params import check_params
from oarlock_opt.program._program import Program

__all__ = ["DTYPES", "AttrType", "Program", "check_params"]
