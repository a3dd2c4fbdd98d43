"""Parameters of two models by name: shapes, types, and by how much the numbers differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer.graph import DTYPE_SIZES, Graph, TensorData

__all__ = ["differing_parameters"]

# An attribute of the operator that reads a parameter stored in 8 or 16 bits: what a step is worth, for each channel.
_SCALE_SUFFIX = "_quant_scale"
_REAL_DTYPES = ("float16", "bfloat16", "float32", "float64")


def differing_parameters(a: Graph, b: Graph) -> list[dict[str, Any]]:
    """``params`` of the schema: those that one model lacks, and those with another shape, type or other numbers."""
    ours, theirs = _parameters(a), _parameters(b)
    found = []
    for name in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(name), theirs.get(name)
        sides: dict[str, Any] = {
            "name": name,
            "a": None if one is None else one.to_json(),
            "b": None if other is None else other.to_json(),
        }
        if one is None or other is None or one.data.shape != other.data.shape:
            found.append(sides)
        elif one.data.dtype != other.data.dtype:
            comparable = one.is_real and other.is_real
            found.append({**sides, **({"relative_difference": _relative_difference(one, other)} if comparable else {})})
        elif not one.has_bits_of(other):
            found.append({**sides, "relative_difference": _relative_difference(one, other)})
    return found


class _Parameter:
    """A parameter, with the scales of its channels where it is stored in few bits."""

    def __init__(self, data: TensorData, scales: Sequence[float] | None) -> None:
        self.data = data
        self._scales = scales

    @property
    def is_real(self) -> bool:
        """Whether its numbers mean themselves, by their type or with the scales."""
        return self._scales is not None or self.data.dtype in _REAL_DTYPES

    def to_json(self) -> dict[str, Any]:
        """What the schema calls a parameter."""
        size = math.prod(self.data.shape) * DTYPE_SIZES[self.data.dtype]
        return {"dtype": self.data.dtype, "shape": list(self.data.shape), "bytes": size}

    def has_bits_of(self, other: _Parameter) -> bool:
        """Whether the same is stored, and means the same."""
        bits, others = (np.frombuffer(each.data.buffer(), np.uint8) for each in (self, other))
        return self._scales == other._scales and np.array_equal(bits, others)

    def numbers(self) -> NDArray[Any]:
        """What it stands for, in floating point."""
        values = self.data.array()
        if self.data.dtype == "bfloat16":  # the upper halves of float32
            return (values.astype(np.uint32) << 16).view(np.float32)
        if self._scales is not None:
            return values * _spread(self._scales, values.shape)
        return values.astype(np.float64 if self.data.dtype in ("int32", "int64", "float64") else np.float32)


def _parameters(graph: Graph) -> dict[str, _Parameter]:
    scales: dict[str, tuple[float, ...]] = {}
    for node in graph.nodes:
        for name, attribute in node.attrs.items():
            if name.endswith(_SCALE_SUFFIX) and isinstance(attribute.value, tuple):
                numbers = tuple(each for each in attribute.value if isinstance(each, float))
                scales[name.removesuffix(_SCALE_SUFFIX)] = numbers
    found = {}
    for value, data in graph.parameters.items():
        own = scales.get(value.name) if data.dtype not in _REAL_DTYPES else None
        fits = own is not None and (len(own) == 1 or len(own) in data.shape[:2])
        found[value.name] = _Parameter(data, own if fits else None)
    return found


def _spread(scales: Sequence[float], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The scales along the channels: the first axis, that of filters, else the second, that of a matrix's columns."""
    axis = 0 if len(scales) in (1, shape[0]) else 1
    along = [1] * len(shape)
    along[axis] = len(scales)
    return np.array(scales, np.float32).reshape(along)


def _relative_difference(one: _Parameter, other: _Parameter) -> float | None:
    """The largest difference of two numbers, as a share of the largest number; None where some are not finite."""
    a, b = one.numbers(), other.numbers()
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    largest = max(float(np.abs(a).max(initial=0)), float(np.abs(b).max(initial=0)))
    difference = float(np.abs(a - b).max(initial=0))
    # Bits may differ where numbers do not: 0 and -0.
    return difference / largest if largest else 0.0
