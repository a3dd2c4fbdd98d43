"""The predictor as on a GPU: ``python imagine_gpu.py PROGRAM PARAMS OPTIONS`` prints what PaddlePaddle was told.

PaddlePaddle's build for the CPU is told that there is a GPU. Its own Config takes every call, so that names and types
are checked, and ignores what it cannot do; TensorRT it refuses, after it has checked the arguments.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import inference

from oarlock_opt.reference._options import Options
from oarlock_opt.reference._predictor import Predictor, prepare

_calls: list[list[Any]] = []


class _Config:
    def __init__(self, *files: str) -> None:
        _calls.append(["Config"])
        self.real = _RealConfig(*files)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> None:
            told = [_plain(each) for each in arguments]
            _calls.append([name, *told, *([{key: _plain(value) for key, value in options.items()}] if options else [])])
            try:
                getattr(self.real, name)(*arguments, **options)
            except RuntimeError as error:
                if "please compile with TENSORRT first" not in str(error):
                    raise

        return call


def _plain(value: Any) -> Any:
    if isinstance(value, str) and Path(value).is_absolute():
        return Path(value).name
    return value if isinstance(value, int | str) else str(value)


_RealConfig, _create = inference.Config, inference.create_predictor
paddle.is_compiled_with_cuda = lambda: True
paddle.device.cuda.device_count = lambda: 1
paddle.device.cuda.get_device_name = lambda device: f"Imagined {device}"
paddle.set_flags = lambda flags: _calls.append(["set_flags", flags])
inference.Config = _Config
inference.create_predictor = lambda config: _create(config.real)
inference.get_trt_compile_version = lambda: (8, 6, 1)
inference.get_trt_runtime_version = lambda: (8, 6, 1)


def main(program: str, params: str, text: str) -> None:
    options = Options(**json.loads(text))
    prepare(options)
    predictor = Predictor(program, params, options)
    [first], [second] = (predictor.run({"x": np.full((batch, 3, 32, 32), 0.5, np.float32)}) for batch in (2, 3))
    answer = {
        "facts": vars(predictor.facts),
        "calls": _calls,
        "tf32": os.environ.get("NVIDIA_TF32_OVERRIDE"),
        "shapes": [first.shape, second.shape],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
