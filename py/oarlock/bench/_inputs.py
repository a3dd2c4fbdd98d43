"""What a benchmark gives a model to compute on: the same in both programs, and on every machine."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from oarlock.errors import BadShapeError

__all__ = ["content", "fixed_shape"]

_PATTERN = 997
_GOLDEN_RATIO = 0.6180339887498949
_SIZES = {
    "float32": 4,
    "float64": 8,
    "float16": 2,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}


def fixed_shape(name: str, dims: Sequence[int], picture: tuple[int, int] | None) -> tuple[int, ...]:
    """The shape to run with, where -1 in ``dims`` is any size: a batch of one and, for the two other sides that may be
    free, ``picture``, height and width in pixels of what the model's preprocessing gives. Raises BadShapeError.
    """
    shape = [1 if size == -1 and axis == 0 else size for axis, size in enumerate(dims)]
    free = [axis for axis, size in enumerate(shape) if size == -1]
    if free and (picture is None or len(free) != len(picture)):
        text = ", ".join("any" if size == -1 else str(size) for size in dims)
        raise BadShapeError(
            f"the input {name!r} takes ({text}) and the bundle does not say which size is usual, expected sizes that "
            "are fixed but for the batch: export the model with a fixed input"
        )
    for axis, size in zip(free, picture or (), strict=False):
        shape[axis] = size
    return tuple(shape)


def content(dtype: str, count: int) -> bytes:
    """The bytes of ``count`` elements. Real numbers spread over -1 to 1, element i being
    2 * frac((i % 997) * 0.618…) - 1, Weyl's sequence for the golden ratio; numbers of other kinds are 0, since they may
    be indices.
    """
    code = {"float32": "f", "float64": "d"}.get(dtype)
    if code is None:
        return bytes(count * _SIZES[dtype])
    pattern = array(code, (2 * math.modf(index * _GOLDEN_RATIO)[0] - 1 for index in range(_PATTERN)))
    return (pattern * (count // _PATTERN + 1))[:count].tobytes()
