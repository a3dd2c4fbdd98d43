"""Arrays on their way into a session: what is checked and made right before the core sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import _core
from oarlock._specs import OutputSpec, TensorSpec
from oarlock.errors import BadDtypeError, BadShapeError, NotFoundError

__all__ = ["DTYPES", "OutputSpec", "TensorSpec", "checked_feeds"]

DTYPES = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
"""numpy's names, in the order of oar_dtype."""


def checked_feeds(inputs: Sequence[TensorSpec], feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """One C-contiguous array of a dtype and rank that the core knows for every input, copied only where needed.

    Whether dtype and shape are those of the model is left to the core. Raises NotFoundError (an input is missing or
    unknown), BadDtypeError, BadShapeError.
    """
    unknown = [name for name in feeds if all(name != spec.name for spec in inputs)]
    missing = [spec.name for spec in inputs if spec.name not in feeds]
    if unknown or missing:
        names = ", ".join(repr(spec.name) for spec in inputs)
        found = ", ".join(map(repr, feeds)) or "nothing"
        raise NotFoundError(f"run() was given {found}, expected exactly the model's inputs: {names}")
    return {spec.name: _checked(spec, feeds[spec.name]) for spec in inputs}


def _checked(spec: TensorSpec, array: NDArray[Any]) -> NDArray[Any]:
    if not isinstance(array, np.ndarray):
        raise BadDtypeError(f"input {spec.name!r} is a {type(array).__name__}, expected a numpy array of {spec.dtype}")
    # A number in the other byte order has the same name.
    if array.dtype.name not in DTYPES or not array.dtype.isnative:
        raise BadDtypeError(f"input {spec.name!r} is {array.dtype}, expected one of: {', '.join(DTYPES)}")
    if array.ndim > _core.MAX_RANK:
        raise BadShapeError(
            f"input {spec.name!r} has shape {array.shape}, expected at most {_core.MAX_RANK} dimensions"
        )
    # Not for scalars, which it would give a dimension.
    return np.ascontiguousarray(array) if array.ndim else array
