"""State dicts that ``paddle.save`` wrote (.pdparams), read without running anything in them.

Such a file is a pickle of protocol 2 to 4: a dict from names to numpy arrays, or to pairs (parameter name, array), and
a table of parameter names under ``StructuredToParameterName@@``, which is ignored.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from oarlock_opt.zoo._entry import State
from oarlock_opt.zoo._pickle import Globals, StateDict, are_sizes, load, type_name
from oarlock_opt.zoo.errors import BadWeightsError

__all__ = ["read"]

_NAME_TABLE = "StructuredToParameterName@@"
_DTYPES = frozenset(f"{kind}{size}" for kind, sizes in (("f", "248"), ("i", "1248"), ("u", "1248")) for size in sizes)


def read(data: bytes, source: str) -> State:
    """The state dict in the bytes of a .pdparams file; the arrays are read-only.

    ``source`` is named in errors. Raises BadWeightsError.
    """
    stream = io.BytesIO(data)
    found = load(stream, _GLOBALS, source)
    if stream.tell() != len(data):
        raise BadWeightsError(f"{source}: {len(data) - stream.tell()} bytes follow the state dict, expected its end")
    if not isinstance(found, dict):
        raise BadWeightsError(f"{source}: holds {type_name(found)}, expected a state dict")
    state = {}
    for name, value in found.items():
        if not isinstance(name, str):
            raise BadWeightsError(f"{source}: the state dict has {type_name(name)} for a key, expected a name")
        if name != _NAME_TABLE:
            state[name] = _array(value, name, source)
    return state


def _array(value: object, name: str, source: str) -> np.ndarray[Any, np.dtype[Any]]:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        value = value[1]
    if not isinstance(value, _Array) or value.array is None:
        raise BadWeightsError(f"{source}: entry {name[:80]!r} is {type_name(value)}, expected an array")
    return value.array


class _Dtype:
    """Stands in for numpy.dtype."""

    def __init__(self, code: object, align: object = False, copy: object = True) -> None:
        if not isinstance(code, str) or code not in _DTYPES:
            raise ValueError("a dtype that is no plain number")
        self._code = code
        self._order = "<"

    def __setstate__(self, state: object) -> None:
        # (version, byte order, and what only structured dtypes have)
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise ValueError("a dtype's state without byte order")
        self._order = "<" if state[1] == "=" else state[1]

    def to_numpy(self) -> np.dtype[Any]:
        return np.dtype(self._order + self._code)


class _Array:
    """Stands in for numpy.ndarray."""

    def __init__(self) -> None:
        self.array: np.ndarray[Any, np.dtype[Any]] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("an array's state that is no tuple of five")
        _, shape, dtype, column_major, data = state
        if isinstance(data, str):  # written by Python 2
            data = data.encode("latin1")
        if not isinstance(dtype, _Dtype) or not isinstance(data, bytes):
            raise ValueError("an array without dtype or data")
        if not are_sizes(shape):
            raise ValueError("an array's shape that is no tuple of sizes")
        numpy_dtype = dtype.to_numpy()
        expected = math.prod(shape) * numpy_dtype.itemsize
        if len(data) != expected:
            raise ValueError(f"an array of shape {shape} with {len(data)} bytes of data, expected {expected}")
        self.array = np.frombuffer(data, numpy_dtype).reshape(shape, order="F" if column_major else "C")


def _reconstruct(*_: object) -> _Array:
    """Stands in for numpy's function of that name, which makes an array whose state follows."""
    return _Array()


def _encode(text: object, encoding: object) -> bytes:
    """Stands in for _codecs.encode, which protocol 2 uses for bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError("a text encoded otherwise than latin1")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Stands in for bytes, which protocol 2 calls for empty data."""
    return b""


def _pair(items: object) -> tuple[object, ...]:
    """Stands in for tuple, which paddle.save calls for (parameter name, array)."""
    if not isinstance(items, tuple) or len(items) != 2:
        raise ValueError("a tuple that is no pair")
    return items


_GLOBALS: Globals = {
    ("collections", "OrderedDict"): StateDict,
    ("numpy", "ndarray"): "numpy.ndarray",  # only ever an argument of _reconstruct
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): _encode,
    ("builtins", "bytes"): _no_bytes,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "tuple"): _pair,
    ("__builtin__", "tuple"): _pair,
}
