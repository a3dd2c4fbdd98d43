"""One model in one engine: arrays in, arrays out."""

from __future__ import annotations

import ctypes
import os
import threading
import time
import weakref
from collections.abc import Mapping
from ctypes import byref, c_void_p
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from oarlock import _core, nb
from oarlock._closing import Closing
from oarlock._engine import find_engine, load_engine
from oarlock._tensors import DTYPES, OutputSpec, TensorSpec, checked_feeds
from oarlock.errors import ClosedError, InternalError, InvalidArgumentError
from oarlock.probe import probe_bytes, probe_file

__all__ = ["DTYPES", "OutputSpec", "Power", "Probe", "Session", "TensorSpec", "session_options"]

Power: TypeAlias = Literal["high", "low", "full", "no_bind", "rand_high", "rand_low"]
"""Paddle Lite's power modes, which bind threads to the cores of a big.LITTLE processor (ARM only)."""

POWERS: tuple[str, ...] = get_args(Power)
"""In the order of oar_power."""
Probe: TypeAlias = bool | Literal["again"]
"""Whether a model is first tried in a child process: True once, "again" although it was tried before, False never."""


class Session(Closing):
    """A .nb file loaded by Paddle Lite.

    Close it, or use it as a context manager, or leave that to the garbage collector. Threads may share a session: their
    runs take turns. Different sessions run at the same time.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
        probe: Probe = True,
    ) -> None:
        """Verify the file, its target against this machine and its version against the engine, and load it.

        ``threads`` is 1 to 64. ``engine`` is the path of a Paddle Lite library; None takes the one in the store whose
        version the file asks for. One process can load one engine file only.

        A file that passes every check can still crash the engine, and the process with it. So a model that this engine
        has not run on this machine is first loaded and run on zeros in a child process (oarlock.probe), unless
        ``probe`` is False.

        Raises NotFoundError, FileReadError, BadModelError, VersionMismatchError, WrongTargetError,
        EngineNotInstalledError, EngineError (EngineCrashedError when it crashed in the child), InvalidArgumentError.
        """
        options = session_options(threads, power)
        library = find_engine(engine, str(nb.describe(path)["version"]))
        if probe:
            probe_file(path, library, again=probe == "again")
        self._adopt("oar_session_open", load_engine(library), _core.path(path), byref(options))

    @classmethod
    def from_bytes(
        cls,
        data: bytes,
        *,
        name: str = "model.nb",
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
        probe: Probe = True,
    ) -> Session:
        """The same for a file's content, which is copied; ``name`` stands for the file in messages."""
        options = session_options(threads, power)
        library = find_engine(engine, str(nb.describe_bytes(data, name=name)["version"]))
        if probe:
            probe_bytes(data, name, library, again=probe == "again")
        handle = load_engine(library)
        return cls._open("oar_session_open_memory", handle, name.encode(), data, len(data), byref(options))

    @classmethod
    def _open(cls, function: str, *arguments: Any) -> Session:
        session = cls.__new__(cls)
        session._adopt(function, *arguments)
        return session

    def _adopt(self, function: str, *arguments: Any) -> None:
        """Become the session that a function of the core opens; its last parameter is the result."""
        handle = c_void_p()
        _core.call(function, *arguments, byref(handle))
        core = _core.library()
        self._handle = handle
        self._close = weakref.finalize(self, core.oar_session_close, handle)
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._inputs = tuple(self._input(index) for index in range(core.oar_session_input_count(handle)))
        self._output_count = int(core.oar_session_output_count(handle))

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What ``run`` must be given."""
        return self._inputs

    @property
    def outputs(self) -> tuple[OutputSpec, ...]:
        """What ``run`` returns, in the model's order. Raises ClosedError."""
        with self._lock:
            self._check_open()
            return tuple(_output_spec(self._output(index)) for index in range(self._output_count))

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took in the last run, without copying inputs and outputs; 0.0 before the first."""
        return self._seconds

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the model on one array for every input and return a new array for every output, by name.

        An array must have the input's dtype (nothing is converted) and a shape that fits; one that is not C-contiguous
        is copied. Arrays are only read.

        Raises NotFoundError (an input is missing or unknown), BadDtypeError, BadShapeError, EngineFailedError,
        ClosedError.
        """
        arrays = checked_feeds(self._inputs, feeds)
        with self._lock:
            self._check_open()
            for name, array in arrays.items():
                _core.call("oar_session_set_input", self._handle, byref(_tensor(name, array)))
            begin = time.perf_counter()
            _core.call("oar_session_run", self._handle)
            self._seconds = time.perf_counter() - begin
            tensors = [self._output(index) for index in range(self._output_count)]
            return {_core.text(tensor.name): _copy(tensor) for tensor in tensors}

    def close(self) -> None:
        """Free the model, after the run that may be going on. Closing again does nothing."""
        with self._lock:
            self._close()

    def _check_open(self) -> None:
        if not self._close.alive:
            raise ClosedError("the session is closed; open another")

    def _input(self, index: int) -> TensorSpec:
        tensor = _core.Tensor()
        _core.call("oar_session_input", self._handle, index, byref(tensor))
        return TensorSpec(_core.text(tensor.name), _dims(tensor), _dtype(tensor))

    def _output(self, index: int) -> _core.Tensor:
        tensor = _core.Tensor()
        _core.call("oar_session_output", self._handle, index, byref(tensor))
        return tensor


def session_options(threads: int, power: str) -> _core.SessionOptions:
    """oar_session_options. Raises InvalidArgumentError; the core checks the number of threads."""
    if power not in POWERS:
        raise InvalidArgumentError(f"power is {power!r}, expected one of: {', '.join(POWERS)}")
    return _core.SessionOptions(threads=threads, power=POWERS.index(power))


def _tensor(name: str, array: NDArray[Any]) -> _core.Tensor:
    """oar_tensor that points into ``array``, which must come from checked_feeds and outlive it."""
    tensor = _core.Tensor(
        dtype=DTYPES.index(array.dtype.name),
        name=name.encode(),
        rank=array.ndim,
        data=array.ctypes.data,
        bytes=array.nbytes,
    )
    tensor.dims[: array.ndim] = array.shape
    return tensor


def _copy(tensor: _core.Tensor) -> NDArray[Any]:
    array = np.empty(_dims(tensor), _dtype(tensor))
    if array.nbytes != tensor.bytes:
        name = _core.text(tensor.name)
        raise InternalError(f"output {name!r} has {tensor.bytes} bytes, expected {array.nbytes} for {array.shape}")
    ctypes.memmove(array.ctypes.data, tensor.data, array.nbytes)
    return array


def _output_spec(tensor: _core.Tensor) -> OutputSpec:
    ran = tensor.data is not None
    return OutputSpec(_core.text(tensor.name), _dims(tensor) if ran else None, _dtype(tensor) if ran else None)


def _dims(tensor: _core.Tensor) -> tuple[int, ...]:
    return tuple(tensor.dims[: tensor.rank])


def _dtype(tensor: _core.Tensor) -> str:
    return DTYPES[tensor.dtype]
