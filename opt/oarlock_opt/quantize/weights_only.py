"""What weights stored in 8 or 16 bits cost, by PaddlePaddle's run of the model with weights that were there and back.

Paddle Lite's optimiser divides the weights of an output channel by the largest of them, rounds to whole numbers up to
127 or 32767, and the engine multiplies again when it loads the model. It does so after batch normalisations were
folded into the weights, which multiplies each output channel by a number and so changes no whole number but its sign.
Weights of depthwise convolutions stay as they are. Of a bias each number is a channel of its own: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph
from oarlock_opt.quantize.judge import Judge
from oarlock_opt.quantize.methods import OPERATORS
from oarlock_opt.quantize.options import Options
from oarlock_opt.quantize.quantization import Listener, judged_samples
from oarlock_opt.source import SourceFiles

if TYPE_CHECKING:
    from oarlock_opt.preprocessing import Interpretation

__all__ = ["measure", "round_weights"]

_LEFT_OUT = "depthwise_conv2d"
_FIRST_AXIS = "conv2d"


def measure(
    program: SourceFiles,
    meaning: Interpretation,
    options: Options,
    bits: Sequence[int],
    *,
    folder: Path,
    timeout: float,
    listener: Listener,
) -> dict[int, dict[str, Any]]:
    """``measured`` of docs/schema/bundle.schema.json for each number of bits; ``folder`` is an empty one.

    Judged by the same pictures as a calibrated model. Raises CalibrationDataError, ReferenceFailedError, OarlockError
    (a picture that cannot be read) and OSError.
    """
    graph = legacy.read(program)
    judged, output = judged_samples(graph, meaning, options)
    listener.progress(f"fp32's answers to {len(judged)} files")
    judge = Judge(judged, output, graph, folder=folder, timeout=timeout)
    found = {}
    for each in bits:
        listener.progress(f"judging weights in {each} bits on {len(judged)} files")
        rounded = legacy.read(program)
        round_weights(rounded, each)
        found[each] = judge.record(judge.measure(rounded))
    return found


def round_weights(graph: Graph, bits: int) -> int:
    """Round the weights that the optimiser stores in ``bits``, in place; returns of how many parameters."""
    largest = 2 ** (bits - 1) - 1
    rounded = set()
    for node in graph.nodes:
        if node.type not in OPERATORS or node.type == _LEFT_OUT:
            continue
        weight = node.input(OPERATORS[node.type][1])
        if weight not in graph.parameters or weight in rounded:
            continue
        values = graph.parameters[weight].array()
        channel = 0 if node.type == _FIRST_AXIS else values.ndim - 1
        others = tuple(axis for axis in range(values.ndim) if axis != channel)
        scales = np.maximum(np.abs(values).max(others, keepdims=True), np.float32(1e-30)) / largest
        graph.parameters[weight] = ArrayTensor((np.round(values / scales) * scales).astype(values.dtype))
        rounded.add(weight)
    return len(rounded)
