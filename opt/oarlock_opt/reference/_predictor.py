"""PaddlePaddle's predictor for a model, set up as the options say; only for the child.

Written from PaddlePaddle's documentation of paddle.inference.Config. What concerns GPUs was never run (no GPU was
there); the CPU is what every test runs.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock._tensors import DTYPES
from oarlock_opt.reference._options import Facts, Options, engine_name

__all__ = ["DeviceRefused", "Predictor", "prepare"]

_GPU_MEMORY_MB = 512
"""What PaddlePaddle takes of the GPU's memory at once; it takes more as it needs more."""
_TENSORRT_WORKSPACE = 1 << 30
_SMALLEST_SUBGRAPH = 3
"""Operators in a row from which TensorRT takes over, PaddlePaddle's default."""

_GPU_INSTALL = (
    "Install PaddlePaddle's build for your version of CUDA (the distribution paddlepaddle-gpu, by the command that "
    "PaddlePaddle's installation page gives) in the place of paddlepaddle"
)


class DeviceRefused(Exception):  # noqa: N818
    """The device, or what was asked of it, is not there; the text is a sentence."""


def prepare(options: Options) -> None:
    """What must be set before PaddlePaddle is imported."""
    if options.precision == "fp32":
        # NVIDIA's libraries would otherwise round the factors of fp32 products to TF32's ten bits.
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"


class Predictor:
    """A loaded model. ``seconds`` is how long the last run took."""

    def __init__(self, program: str, params: str | None, options: Options) -> None:
        """Raises DeviceRefused, and whatever PaddlePaddle raises."""
        import paddle
        from paddle import inference

        self._inference = inference
        self._files = (program, params or "")
        self._options = options
        self._gpu = _gpu_is_chosen(paddle, options)
        if options.tensorrt:
            _check_tensorrt(inference, program)
        if self._gpu:
            paddle.set_flags({"FLAGS_cudnn_deterministic": True})
        self._predictor = inference.create_predictor(self._config())
        # TensorRT wants to know the shapes of every tensor between its parts, which takes a first feed.
        self._wants_shapes = options.tensorrt
        self.seconds = 0.0
        self.input_names: list[str] = self._predictor.get_input_names()
        self.output_names: list[str] = self._predictor.get_output_names()
        self.facts = Facts(
            engine=engine_name(options, gpu=self._gpu),
            version=paddle.__version__,
            device=f"gpu ({paddle.device.cuda.get_device_name(0)})" if self._gpu else "cpu",
            threads=options.threads,
            precision=options.precision,
            tensorrt=options.tensorrt,
        )

    def run(self, feed: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs, C-contiguous, in the order of ``output_names``. Raises whatever PaddlePaddle raises."""
        if self._wants_shapes:
            self._predictor = self._with_tensorrt(feed)
            self._wants_shapes = False
        self._feed(self._predictor, feed)
        start = time.perf_counter()
        self._predictor.run()
        outputs = [self._output(name) for name in self.output_names]
        self.seconds = time.perf_counter() - start
        return outputs

    def _feed(self, predictor: Any, feed: Mapping[str, NDArray[Any]]) -> None:
        for name, array in feed.items():
            handle = predictor.get_input_handle(name)
            handle.reshape(array.shape)
            handle.copy_from_cpu(array)

    def _output(self, name: str) -> NDArray[Any]:
        array = self._predictor.get_output_handle(name).copy_to_cpu()
        if array.dtype.name not in DTYPES:
            raise TypeError(f"the output {name!r} is {array.dtype}, which is not one of {', '.join(DTYPES)}")
        return np.ascontiguousarray(array) if array.ndim else array

    def _config(self) -> Any:
        config = self._inference.Config(*self._files)
        config.disable_glog_info()
        half = self._options.precision == "fp16"
        if self._gpu:
            precision = self._inference.PrecisionType
            config.enable_use_gpu(_GPU_MEMORY_MB, 0, precision.Half if half else precision.Float32)
        else:
            config.disable_gpu()
            config.disable_mkldnn()
        config.switch_ir_optim(half or self._options.tensorrt)  # the passes make fp16 and TensorRT's parts
        config.set_cpu_math_library_num_threads(self._options.threads)
        return config

    def _with_tensorrt(self, feed: Mapping[str, NDArray[Any]]) -> Any:
        """A predictor with TensorRT for the shapes of ``feed``, which builds again when others come."""
        with tempfile.TemporaryDirectory(prefix="oarlock-tensorrt-") as folder:
            shapes = str(Path(folder, "shapes"))
            config = self._config()
            config.collect_shape_range_info(shapes)
            collector = self._inference.create_predictor(config)
            self._feed(collector, feed)
            collector.run()
            del collector, self._predictor  # which writes the shapes, and makes room
            config = self._config()
            precision = self._inference.PrecisionType
            config.enable_tensorrt_engine(
                workspace_size=_TENSORRT_WORKSPACE,
                max_batch_size=1,
                min_subgraph_size=_SMALLEST_SUBGRAPH,
                precision_mode=precision.Half if self._options.precision == "fp16" else precision.Float32,
                use_static=False,
                use_calib_mode=False,
            )
            config.enable_tuned_tensorrt_dynamic_shape(shapes, True)
            return self._inference.create_predictor(config)


def _gpu_is_chosen(paddle: Any, options: Options) -> bool:
    if options.device == "cpu":
        return False
    compiled = paddle.is_compiled_with_cuda()
    if compiled and paddle.device.cuda.device_count() > 0:
        return True
    wish = "the device gpu was asked for" if options.device == "gpu" else options.gpu_wish
    if wish is None:
        return False
    if options.device != "gpu":
        wish = f"{wish} needs a GPU"
    if compiled:
        raise DeviceRefused(
            f"{wish}, but PaddlePaddle {paddle.__version__}, built for CUDA {paddle.version.cuda()}, sees none here; "
            "see whether nvidia-smi lists one and CUDA_VISIBLE_DEVICES allows it, or take the CPU and fp32"
        )
    raise DeviceRefused(
        f"{wish}, but PaddlePaddle {paddle.__version__} here is built without CUDA. {_GPU_INSTALL}, or take "
        "the CPU and fp32."
    )


def _check_tensorrt(inference: Any, program: str) -> None:
    if tuple(inference.get_trt_compile_version()) == (0, 0, 0):
        raise DeviceRefused(
            "TensorRT was asked for, but this PaddlePaddle is built without it; install a build of PaddlePaddle with "
            "TensorRT, or do without"
        )
    if not any(inference.get_trt_runtime_version()):
        raise DeviceRefused(
            "TensorRT was asked for, but its library libnvinfer cannot be loaded; install the TensorRT "
            f"{'.'.join(map(str, inference.get_trt_compile_version()))} that PaddlePaddle was built with"
        )
    if program.endswith(".json"):
        raise DeviceRefused(
            f"{program}: TensorRT runs within PaddlePaddle's predictor for legacy programs only; export the model with "
            "FLAGS_enable_pir_api=0, or do without TensorRT"
        )
