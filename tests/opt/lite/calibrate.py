"""Calibrates a legacy program: ``python calibrate.py MODEL.pdmodel MODEL.pdiparams TENSORS.npy FOLDER``.

It is given what ``import_model`` wrote, and the array of what goes into the model's only input, of shape [N, …]. Writes
model.pdmodel and model.pdiparams, with every convolution and product of matrices quantised.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("FLAGS_enable_pir_api", "0")

import numpy as np
import paddle
from paddle.static.quantization import PostTrainingQuantization


class _Imported(PostTrainingQuantization):  # type: ignore[misc]
    def _load_model_data(self) -> None:
        super()._load_model_data()
        for op in self._program.global_block().ops:
            op._set_attr("op_role", 0)  # which programs that PaddlePaddle itself wrote have


def main(program: str, params: str, tensors: str, folder: str) -> None:
    inputs = np.load(tensors)
    paddle.enable_static()

    def batches() -> Iterator[dict[str, Any]]:
        for each in inputs:
            yield {quantization._feed_list[0]: each[np.newaxis]}

    quantization = _Imported(
        executor=paddle.static.Executor(paddle.CPUPlace()),
        model_dir=str(Path(program).parent),
        model_filename=Path(program).name,
        params_filename=params,  # an absolute path, elsewhere
        data_loader=batches,
        batch_size=1,
        batch_nums=len(inputs),
        algo="abs_max",
        quantizable_op_type=["conv2d", "depthwise_conv2d", "mul", "matmul_v2"],
        weight_quantize_type="channel_wise_abs_max",
        onnx_format=False,
    )
    quantization.quantize()
    quantization.save_quantized_model(folder, model_filename="model.pdmodel", params_filename="model.pdiparams")


if __name__ == "__main__":
    main(*sys.argv[1:])
