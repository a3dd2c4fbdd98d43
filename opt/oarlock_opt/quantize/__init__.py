"""int8 by calibration: PaddlePaddle's static post-training quantisation, judged, and kept within a limit.

    samples -> calibration (a child with PaddlePaddle) -> thresholds by method, and the quantised program
    program: which mixes int8 and fp32 operators freely -> judge (PaddlePaddle's own run) -> method, gate

docs/quantize.md says it for users.
"""

from __future__ import annotations

from oarlock_opt.quantize.options import Options
from oarlock_opt.quantize.quantization import Listener, Quantized, quantize

__all__ = ["Listener", "Options", "Quantized", "quantize"]
