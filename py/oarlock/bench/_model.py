"""A bundle's variant in the engine, without numpy, which would add to the memory that is measured."""

from __future__ import annotations

import math
from array import array
from ctypes import addressof, byref, c_int32, c_void_p, create_string_buffer, string_at
from time import perf_counter
from typing import Any

from oarlock import _core
from oarlock.bench._inputs import content, fixed_shape
from oarlock.bundle import Bundle

__all__ = ["Model"]

_DTYPES = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
_USUAL_PICTURE = (640, 480)
_CODES = {"float32": "f", "float64": "d"}


class Model:
    """A loaded variant and what it is run on. ``init_seconds`` is the time from opening the bundle until it could run.

    It is not freed: its process ends.
    """

    def __init__(self, bundle: str, variant: str, engine: bytes, threads: int, power: int) -> None:
        """Raises OarlockError."""
        begin = perf_counter()
        self._bundle = Bundle(bundle)
        library, self._session = c_void_p(), c_void_p()
        _core.call("oar_engine_load", engine, byref(library))
        options = _core.SessionOptions(threads=threads, power=power)
        _core.call(
            "oar_bundle_open_session",
            self._bundle._handle,
            library,
            variant.encode(),
            byref(options),
            byref(self._session),
        )
        self.init_seconds = perf_counter() - begin
        self.engine = _core.text(_core.library().oar_engine_version(library))
        self._feeds = [self._feed(index) for index in range(self._count("input"))]

    def run(self) -> float:
        """One run; the seconds in the engine, without the copying of inputs. Raises EngineFailedError."""
        # Each time: a model may overwrite its inputs.
        for tensor, _ in self._feeds:
            _core.call("oar_session_set_input", self._session, byref(tensor))
        begin = perf_counter()
        _core.call("oar_session_run", self._session)
        return perf_counter() - begin

    def not_finite(self) -> str | None:
        """The name of the first output that holds NaN or infinity after a run; None where all are numbers."""
        for index in range(self._count("output")):
            tensor = self._tensor("output", index)
            code = _CODES.get(_DTYPES[tensor.dtype])
            if code is not None and not all(map(math.isfinite, array(code, string_at(tensor.data, tensor.bytes)))):
                return _core.text(tensor.name)
        return None

    def _count(self, kind: str) -> int:
        return int(getattr(_core.library(), f"oar_session_{kind}_count")(self._session))

    def _tensor(self, kind: str, index: int) -> _core.Tensor:
        tensor = _core.Tensor()
        _core.call(f"oar_session_{kind}", self._session, index, byref(tensor))
        return tensor

    def _feed(self, index: int) -> tuple[_core.Tensor, Any]:
        """A tensor for an input, and the memory that it points into."""
        tensor = self._tensor("input", index)
        dims, name = tensor.dims[: tensor.rank], _core.text(tensor.name)
        shape = fixed_shape(name, dims, self._picture() if -1 in dims[1:] else None)
        data = content(_DTYPES[tensor.dtype], math.prod(shape))
        memory = create_string_buffer(data, max(len(data), 1))
        tensor.dims[: tensor.rank] = shape
        tensor.data, tensor.bytes = addressof(memory), len(data)
        return tensor, memory

    def _picture(self) -> tuple[int, int] | None:
        """Height and width of what preprocessing makes of a picture of a usual size; None where there is none."""
        if self._bundle.data["preprocess"] is None:
            return None
        spec, preprocessor = _core.PreprocessSpec(), c_void_p()
        _core.call("oar_bundle_preprocess", self._bundle._handle, byref(spec))
        _core.call("oar_preprocessor_create", byref(spec), byref(preprocessor))
        width, height = c_int32(), c_int32()
        _core.call("oar_preprocessor_output_size", preprocessor, *_USUAL_PICTURE, byref(width), byref(height))
        _core.library().oar_preprocessor_destroy(preprocessor)
        return height.value, width.value
