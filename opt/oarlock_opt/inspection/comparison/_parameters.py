"""Parameters of two models by name: shapes, types, and by how much the numbers differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer.graph import DTYPE_SIZES, TensorData, Value

__all__ = ["differing_parameters"]

Parameters = Mapping[Value, TensorData]


def differing_parameters(a: Parameters, b: Parameters) -> list[dict[str, Any]]:
    """``params`` of the schema: those that one model lacks, and those with another shape, type or other numbers."""
    ours, theirs = ({value.name: data for value, data in parameters.items()} for parameters in (a, b))
    found = []
    for name in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(name), theirs.get(name)
        sides: dict[str, Any] = {"name": name, "a": _described(one), "b": _described(other)}
        if one is None or other is None or (one.dtype, one.shape) != (other.dtype, other.shape):
            found.append(sides)
        elif not _have_equal_bits(one, other):
            found.append({**sides, "relative_difference": _relative_difference(_floats(one), _floats(other))})
    return found


def _described(data: TensorData | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {
        "dtype": data.dtype,
        "shape": list(data.shape),
        "bytes": math.prod(data.shape) * DTYPE_SIZES[data.dtype],
    }


def _have_equal_bits(one: TensorData, other: TensorData) -> bool:
    return np.array_equal(np.frombuffer(one.buffer(), np.uint8), np.frombuffer(other.buffer(), np.uint8))


def _floats(data: TensorData) -> NDArray[Any]:
    values = data.array()
    if data.dtype == "bfloat16":  # the upper halves of float32
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float64 if data.dtype in ("int32", "int64", "float64") else np.float32)


def _relative_difference(a: NDArray[Any], b: NDArray[Any]) -> float | None:
    """The largest difference of two numbers, as a share of the largest number; None where some are not finite."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    largest = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
    difference = float(np.abs(a - b).max(initial=0))
    # Bits may differ where numbers do not: 0 and -0.
    return difference / largest if largest else 0.0
