"""The child process of oarlock.probe: loads a model and runs it once on zeros.

Arguments: the engine's library, the model or "-" for standard input, a name for it, a file descriptor, seconds. A
letter goes to the descriptor when the engine is about to be touched, and another when all went well or the core
refused something with a sentence. numpy is not loaded: it takes longer than most models.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from ctypes import addressof, byref, c_void_p, create_string_buffer

from oarlock import _core
from oarlock._child import settle
from oarlock.errors import OarlockError

__all__ = ["BEGUN", "ENDED", "main"]

BEGUN, ENDED = b"b", b"e"

# In the order of oar_dtype.
_SIZES = (4, 8, 2, 8, 4, 2, 1, 1, 1)
_MOST_OUTPUT = 16 << 20


def main() -> None:
    """The whole life of the child; does not return."""
    engine, model, name = sys.argv[1:4]
    descriptor, seconds = map(int, sys.argv[4:6])
    settle()
    # What the engine prints goes to a file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_OUTPUT, _MOST_OUTPUT))
    # Should the parent die, nobody else is there to end a model that hangs.
    signal.alarm(seconds)
    data = sys.stdin.buffer.read() if model == "-" else None
    os.write(descriptor, BEGUN)
    try:
        _run(os.fsencode(engine), os.fsencode(name if data is not None else model), data)
    except (OarlockError, MemoryError) as error:
        print(error, file=sys.stderr, flush=True)
    os.write(descriptor, ENDED)
    # Without the engine's destructors, which are no business of the model's.
    os._exit(0)


def _run(engine: bytes, model: bytes, data: bytes | None) -> None:
    library, session = c_void_p(), c_void_p()
    _core.call("oar_engine_load", engine, byref(library))
    if data is None:
        _core.call("oar_session_open", library, model, None, byref(session))
    else:
        _core.call("oar_session_open_memory", library, model, data, len(data), None, byref(session))
    core = _core.library()
    inputs = [_describe("oar_session_input", session, it) for it in range(core.oar_session_input_count(session))]
    # A model whose input may have any height and width is loaded only: which it runs on, nobody has said.
    if all(-1 not in tensor.dims[1 : tensor.rank] for tensor in inputs):
        for tensor in inputs:
            _set_zeros(session, tensor)
        _core.call("oar_session_run", session)
        for index in range(core.oar_session_output_count(session)):
            _describe("oar_session_output", session, index)
    core.oar_session_close(session)


def _describe(function: str, session: c_void_p, index: int) -> _core.Tensor:
    tensor = _core.Tensor()
    _core.call(function, session, index, byref(tensor))
    return tensor


def _set_zeros(session: c_void_p, tensor: _core.Tensor) -> None:
    size = _SIZES[tensor.dtype]
    for axis in range(tensor.rank):
        tensor.dims[axis] = 1 if tensor.dims[axis] == -1 else tensor.dims[axis]
        size *= tensor.dims[axis]
    try:
        zeros = create_string_buffer(size)
    except (OverflowError, ValueError) as error:
        raise MemoryError(f"{size} bytes for an input") from error
    tensor.data, tensor.bytes = addressof(zeros), size
    _core.call("oar_session_set_input", session, byref(tensor))
