"""Thresholds by PaddlePaddle's own calibration, a method at a time: ``python calibrate_alone.py PROGRAM PARAMS DATA``.

DATA is an .npy file of all pictures, which go in batches of 4. Prints thresholds by method and tensor as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.update({"FLAGS_enable_pir_api": "0", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import numpy as np
import paddle
from paddle.static.quantization import PostTrainingQuantization

METHODS = ("abs_max", "hist", "KL", "mse", "avg")
OPERATORS = ["conv2d", "depthwise_conv2d", "mul", "matmul", "matmul_v2"]


class _Alone(PostTrainingQuantization):  # type: ignore[misc]
    """Gives imported programs the attribute of every operator that PaddlePaddle insists on."""

    def _load_model_data(self) -> None:
        super()._load_model_data()
        for op in self._program.global_block().ops:
            op._set_attr("op_role", 0)


def _thresholds(program: Path, params: Path, data: Path, method: str) -> dict[str, float]:
    pictures = np.load(data)

    def batches() -> Iterator[dict[str, Any]]:
        for start in range(0, len(pictures), 4):
            yield {"x": pictures[start : start + 4]}

    with paddle.static.scope_guard(paddle.static.Scope()):
        quantization = _Alone(
            executor=paddle.static.Executor(paddle.CPUPlace()),
            model_dir=str(program.parent),
            model_filename=program.name,
            params_filename=str(params),
            data_loader=batches,
            batch_nums=len(pictures) // 4,
            algo=method,
            quantizable_op_type=OPERATORS,
            weight_quantize_type="channel_wise_abs_max",
        )
        quantized = quantization.quantize()
        scope = paddle.static.global_scope()
        return {
            op.input("X")[0]: float(np.array(scope.find_var(op.input("InScale")[0]).get_tensor()).item())
            for op in quantized.global_block().ops
            if op.type == "fake_quantize_range_abs_max"
        }


if __name__ == "__main__":
    paddle.enable_static()
    files = list(map(Path, sys.argv[1:]))
    print(json.dumps({method: _thresholds(files[0], files[1], files[2], method) for method in METHODS}))
