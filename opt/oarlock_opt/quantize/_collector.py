"""PaddlePaddle's static post-training quantisation, extended to the thresholds of several methods at once.

Only for the child. PaddlePaddle runs the calibration data anew for each method, though all look at the same tensors;
here they look at them together. What a method computes from them is PaddlePaddle's own code. PaddlePaddle is pinned to
one version, whose inner methods these are; tests compare each threshold with those of PaddlePaddle alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray
from paddle.static.quantization import PostTrainingQuantization, utils
from paddle.static.quantization.cal_kl_threshold import cal_kl_threshold

from oarlock_opt.quantize.methods import OPERATORS

__all__ = ["collect"]

_BITS = 8
_OF_HISTOGRAMS = ("hist", "KL")  # these need a first pass for the ranges of the histograms
_ALL_BATCHES = 1 << 62  # more than ever come: the calibration data ends by itself

Thresholds = dict[str, dict[str, float]]


def collect(
    program: str,
    params: str,
    folder: str,
    methods: Sequence[str],
    batches: Callable[[], Iterator[dict[str, NDArray[Any]]]],
    computing: Callable[[int, int], None],
) -> Thresholds:
    """Calibrate a legacy program by each of the ``methods`` and write it quantised, by one of them, into ``folder``.

    Returns, by method, the largest magnitude that 8 bits shall express, for each tensor that a quantised operator
    reads. ``batches`` begins the calibration data again each time that it is called. ``computing`` is told how many of
    the thresholds that take long are done. Raises whatever PaddlePaddle raises.
    """
    paddle.enable_static()
    executor = paddle.static.Executor(paddle.CPUPlace())
    quantization = _Collector(executor, Path(program), Path(params), methods, batches, computing)
    quantization.quantize()
    quantization.save_quantized_model(folder, "model.pdmodel", "model.pdiparams")
    return quantization.thresholds


class _Collector(PostTrainingQuantization):  # type: ignore[misc]
    def __init__(
        self,
        executor: Any,
        program: Path,
        params: Path,
        methods: Sequence[str],
        batches: Callable[[], Iterator[dict[str, NDArray[Any]]]],
        computing: Callable[[int, int], None],
    ) -> None:
        histograms = any(method in _OF_HISTOGRAMS for method in methods)
        super().__init__(
            executor=executor,
            model_dir=str(program.parent),
            model_filename=program.name,
            params_filename=str(params),  # absolute: it may lie elsewhere
            data_loader=batches,
            batch_nums=_ALL_BATCHES,
            algo="hist" if histograms else "abs_max",
            quantizable_op_type=list(OPERATORS),
            activation_bits=_BITS,
            weight_bits=_BITS,
            weight_quantize_type="channel_wise_abs_max",
            onnx_format=False,
        )
        self._methods = methods
        self._computing = computing
        self._quantized_threshold: dict[str, Any] = {}
        self._by_mse: dict[str, Any] = {}
        self.thresholds: Thresholds = {method: {} for method in methods}

    def _load_model_data(self) -> None:
        super()._load_model_data()
        weights = {var.name for var in self._program.list_vars() if var.persistable}
        for op in self._program.global_block().ops:
            op._set_attr("op_role", 0)  # PaddlePaddle's bookkeeping, which imported programs are free of
            if op.type in OPERATORS and weights.isdisjoint(op.input_arg_names):
                op._set_attr("op_namescope", "skip_quant")  # a product of two activations stays in fp32

    def _collect_target_varnames(self) -> None:
        super()._collect_target_varnames()
        # Inputs only: what the quantised operators give is of interest to other engines.
        weights = self._quantized_weight_var_name
        self._quantized_act_var_name = {
            name
            for op in self._program.global_block().ops
            if op.type in OPERATORS and not weights.isdisjoint(op.input_arg_names)
            for name in utils._get_op_input_var_names(op)
            if name not in weights
        }

    def _sample_histogram(self) -> None:
        # PaddlePaddle hands numpy the edges, which is several times slower and counts the same.
        for name in self._quantized_act_var_name:
            counts, edges = self._sampling_act_histogram[name]
            found, _ = np.histogram(np.abs(_data(self._scope, name)), bins=len(counts), range=(edges[0], edges[-1]))
            counts += found

    def _sampling(self) -> None:
        super()._sampling()
        if "avg" in self._methods:
            self._sample_avg()
        if "mse" in self._methods:
            # It keeps its thresholds where abs_max keeps its own.
            own = self._quantized_threshold
            self._quantized_threshold = self._by_mse
            self._sample_mse()
            self._quantized_threshold = own

    def _update_program(self) -> None:
        names = sorted(self._quantized_act_var_name)
        for number, name in enumerate(names):
            if "KL" in self._methods:
                self._computing(number, len(names))
            for method in self._methods:
                self.thresholds[method][name] = float(self._threshold(method, name))
        super()._update_program()

    def _threshold(self, method: str, name: str) -> float:
        if method == "abs_max":
            ranges = self._sampling_act_abs_min_max
            return ranges[name][1] if ranges else self._quantized_threshold[name]  # type: ignore[no-any-return]
        if method == "avg":
            return np.array(self._quantized_var_avg[name]).mean()  # type: ignore[no-any-return]
        if method == "mse":
            return self._by_mse[name]  # type: ignore[no-any-return]
        counts, edges = self._sampling_act_histogram[name]
        if method == "KL":
            return cal_kl_threshold(counts, edges[1] - edges[0], _BITS)  # type: ignore[no-any-return]
        return self._get_hist_scaling_factor(counts, edges)  # type: ignore[no-any-return]

    def _save_output_threshold(self) -> None:
        """Those of the outputs are not known, and Paddle Lite's processors do not ask for them."""


def _data(scope: Any, name: str) -> NDArray[Any]:
    return np.asarray(scope.find_var(name).get_tensor())
