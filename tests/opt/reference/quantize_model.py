"""Calibrates a small legacy model with PaddlePaddle's own tools: ``python quantize_model.py MODEL FOLDER``.

The result has fake_quantize and dequantize operators between the ones that are there.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("FLAGS_enable_pir_api", "0")

import numpy as np
import paddle
from paddle.static.quantization import PostTrainingQuantization

_BATCHES = 8


def _batches() -> list[dict[str, Any]]:
    random = np.random.default_rng(0)
    return [{"x": random.normal(size=(4, 3, 32, 32)).astype(np.float32)} for _ in range(_BATCHES)]


def main(model: str, folder: str) -> None:
    paddle.enable_static()
    quantization = PostTrainingQuantization(
        executor=paddle.static.Executor(paddle.CPUPlace()),
        model_dir=model,
        model_filename="inference.pdmodel",
        params_filename="inference.pdiparams",
        data_loader=_batches,
        batch_nums=_BATCHES,
        algo="abs_max",
        quantizable_op_type=["conv2d", "mul", "matmul_v2"],
        weight_quantize_type="channel_wise_abs_max",
        onnx_format=False,
    )
    quantization.quantize()
    quantization.save_quantized_model(folder, model_filename="inference.pdmodel", params_filename="inference.pdiparams")


if __name__ == "__main__":
    main(*sys.argv[1:])
