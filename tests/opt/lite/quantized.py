"""Small quantised programs as PaddlePaddle writes them: fake operators around whole numbers for weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer.graph import Graph, Value
from oarlock_opt.importer.passes._builder import Builder, ints

__all__ = ["INPUT_SCALE", "Quantized"]

INPUT_SCALE = 3.0
"""What 127 of a rounded activation stands for; inputs are normal, so that few lie beyond it."""


class Quantized:
    """Builds a graph with the input "x"; each method appends and returns a value."""

    def __init__(self, shape: tuple[int, ...], *, largest: int = 127, seed: int = 0) -> None:
        """``shape`` is a picture's; ``largest`` is the magnitude that the largest weight of a channel has."""
        self.x = Value("x", "float32", (-1, *shape))
        self.graph = Graph([self.x], [], {}, [])
        self._build = Builder(self.graph)
        self._random = np.random.default_rng(seed)
        self._largest = largest

    def finish(self, out: Value) -> Graph:
        """The graph with an output: twice the value, so that nothing is fused into what gives it."""
        last = self._build.scale(out, 2.0)
        self.graph.nodes[:] = self._build.nodes
        self.graph.outputs[:] = [last]
        return self.graph

    def convolution(
        self, x: Value, channels: int, size: int = 3, *, groups: int = 1, bias: bool = True, stride: int = 1
    ) -> Value:
        """conv2d, or depthwise_conv2d where every channel is a group, of a square kernel with padding."""
        depthwise = groups == x.shape[1] == channels
        weights, scales = self._weights((channels, x.shape[1] // groups, size, size), 0)
        side = (x.shape[2] - 1) // stride + 1
        attrs = {
            "strides": ints([stride, stride]), "paddings": ints([size // 2, size // 2]), "dilations": ints([1, 1]),
            "groups": groups, "padding_algorithm": "EXPLICIT", "data_format": "NCHW",
        }  # fmt: skip
        kind = "depthwise_conv2d" if depthwise else "conv2d"
        slots = ("Input", "Filter", "Output")
        return self._quantized(kind, slots, x, weights, scales, (-1, channels, side, side), attrs, 0, bias)

    def product(self, x: Value, width: int, *, kind: str = "matmul_v2", bias: bool = True) -> Value:
        """matmul_v2 or mul of rows with weights."""
        weights, scales = self._weights((x.shape[-1], width), 1)
        plain = {"trans_x": False, "trans_y": False}
        attrs = plain if kind == "matmul_v2" else {"x_num_col_dims": 1, "y_num_col_dims": 1}
        return self._quantized(kind, ("X", "Y", "Out"), x, weights, scales, (*x.shape[:-1], width), attrs, 1, bias)

    def unary(self, kind: str, x: Value, **attrs: float) -> Value:
        """An activation."""
        return self._build.unary(kind, x, attrs)

    def add(self, x: Value, y: Value) -> Value:
        """The sum."""
        return self._build.binary("add", x, y)

    def _weights(self, shape: tuple[int, ...], axis: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        floats = self._random.standard_normal(shape)
        others = tuple(each for each in range(len(shape)) if each != axis)
        most = np.abs(floats).max(axis=others, keepdims=True)
        whole = np.round(floats / most * self._largest).astype(np.float32)
        return whole, (most.reshape(-1) * 127 / self._largest).astype(np.float32)

    def _quantized(
        self,
        kind: str,
        slots: tuple[str, str, str],
        x: Value,
        weights: NDArray[np.float32],
        scales: NDArray[np.float32],
        shape: tuple[int, ...],
        attrs: dict[str, Any],
        axis: int,
        bias: bool,
    ) -> Value:
        build = self._build
        scale = build.constant("x@scale", np.array([INPUT_SCALE], np.float32))
        rounded, result = Value("rounded", "float32", x.shape), Value("scaled", "float32", shape)
        build.add(
            "fake_quantize_range_abs_max",
            {"X": x, "InScale": scale},
            {"Out": [rounded], "OutScale": [Value("out_scale", "float32", (1,))]},
            {"bit_length": 8, "is_test": True, "window_size": 10000},
        )
        whole = build.op(
            kind, {slots[0]: rounded, slots[1]: build.constant("w", weights)}, attrs, shape=shape, slot=slots[2]
        )
        build.add(
            "fake_channel_wise_dequantize_max_abs",
            {"X": whole, "Scales": [build.constant("scales", scales), scale]},
            {"Out": [result]},
            {"quant_bits": ints([8, 8]), "quant_axis": axis, "x_num_col_dims": 1},
        )
        if not bias:
            return result
        values = self._random.standard_normal(scales.size).astype(np.float32)
        return build.binary("add", result, build.constant("b", values), axis=1)
