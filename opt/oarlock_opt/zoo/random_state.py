"""Random weights that behave like trained ones in the ways that matter to a test of a whole tool chain.

PaddlePaddle's own initial values leave batch normalisation the identity, so that a tool that mixes up scale and offset,
or ignores the statistics, would not be noticed. Here every tensor is random, and signals keep their size through the
deepest network.

The values come from NumPy's RandomState, whose streams are frozen, one stream for each name: a seed gives the same
bytes with every version of NumPy and PaddlePaddle.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping

import numpy as np

from oarlock_opt.zoo._entry import State

__all__ = ["MAX_SEED", "random_state"]

MAX_SEED = 2**32 - 1


def random_state(shapes: Mapping[str, tuple[int, ...]], seed: int, residual: Collection[str] = ()) -> State:
    """A float32 state dict of the given names and shapes; ``seed`` is from 0 to MAX_SEED.

    ``residual`` names the kernels whose results are added to a residual path one after the other.

    - kernels (4-D) and matrices (2-D): uniform, with the variance 2 / inputs of He et al. (2015), which ReLU keeps
    - of these, the residual ones: divided by the root of their number, so that their sum stays as large as one
    - batch norm's variance: 0.5 to 1.5; mean and offset: -0.2 to 0.2; scale: 0.8 to 1.2
    """
    state = {}
    for name, shape in shapes.items():
        low, high = _range(name, shape)
        if name in residual:
            low, high = low / math.sqrt(len(residual)), high / math.sqrt(len(residual))
        stream = np.random.RandomState([seed, zlib.crc32(name.encode())])
        state[name] = (low + (high - low) * stream.random_sample(shape)).astype(np.float32)
    return state


def _range(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    leaf = name.rpartition(".")[2]
    if len(shape) > 1:
        inputs = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
        bound = math.sqrt(6 / inputs)  # of the uniform distribution with variance 2 / inputs
        return -bound, bound
    if leaf == "_variance":
        return 0.5, 1.5
    if leaf == "weight":
        return 0.8, 1.2
    return -0.2, 0.2
