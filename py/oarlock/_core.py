"""The native core, bound with ctypes: structures and functions of native/include/oarlock.h, under the same names.

The library is loaded by the first call. It is looked for as ``_lib/liboarlock.so`` in the folders of the package; the
environment variable OARLOCK_LIBRARY names another file, such as a build with sanitizers.
"""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path
from typing import Any, NoReturn

import oarlock
from oarlock import errors

__all__ = [
    "EXCEPTIONS",
    "FUNCTIONS",
    "BundleOptions",
    "Frame",
    "Image",
    "Plane",
    "PreprocessSpec",
    "SelftestOptions",
    "SelftestState",
    "SessionOptions",
    "Tensor",
    "call",
    "library",
    "path",
    "text",
]

MAX_RANK = 8


class _Sized(ctypes.Structure):
    """A structure whose first field is its own size, as the core demands."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(ctypes.sizeof(type(self)), **fields)


class Image(_Sized):
    """oar_image."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("format", c_int),
        ("data", c_void_p),
        ("width", c_int32),
        ("height", c_int32),
        ("row_stride", c_int64),
    )


class Plane(ctypes.Structure):
    """oar_plane."""

    _fields_ = (("data", c_void_p), ("size", c_size_t), ("row_stride", c_int64), ("pixel_stride", c_int32))


class Frame(_Sized):
    """oar_frame."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("format", c_int),
        ("width", c_int32),
        ("height", c_int32),
        ("planes", Plane * 3),
        ("rotation", c_int32),
        ("mirror", c_int32),
        ("range", c_int),
    )


class PreprocessSpec(_Sized):
    """oar_preprocess_spec."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("color", c_int),
        ("crop_fraction", c_double),
        ("resize", c_int),
        ("resize_short", c_int32),
        ("resize_width", c_int32),
        ("resize_height", c_int32),
        ("interpolation", c_int),
        ("crop_width", c_int32),
        ("crop_height", c_int32),
        ("scale", c_float),
        ("mean", c_float * 3),
        ("std", c_float * 3),
        ("layout", c_int),
    )


class Tensor(_Sized):
    """oar_tensor."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("dtype", c_int),
        ("name", c_char_p),
        ("rank", c_int32),
        ("dims", c_int64 * MAX_RANK),
        ("data", c_void_p),
        ("bytes", c_size_t),
    )


class SessionOptions(_Sized):
    """oar_session_options."""

    _fields_ = (("struct_size", c_uint32), ("threads", c_int32), ("power", c_int))


class BundleOptions(_Sized):
    """oar_bundle_options."""

    _fields_ = (("struct_size", c_uint32), ("cache", c_char_p))


class SelftestOptions(_Sized):
    """oar_selftest_options."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("variant", c_char_p),
        ("all", c_int32),
        ("max_relative_error", c_double),
        ("session", SessionOptions),
    )


class SelftestState(_Sized):
    """oar_selftest_state."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("done", c_size_t),
        ("total", c_size_t),
        ("variant", c_char_p),
        ("case_name", c_char_p),
    )


# Objects are opaque pointers; "out" parameters are pointers to one.
_OUT = POINTER(c_void_p)

FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "oar_status_code": (c_char_p, (c_int,)),
    "oar_status_message": (c_char_p, (c_int,)),
    "oar_last_error": (c_char_p, ()),
    "oar_version": (c_char_p, ()),
    "oar_preprocessor_create": (c_int, (POINTER(PreprocessSpec), _OUT)),
    "oar_preprocessor_destroy": (None, (c_void_p,)),
    "oar_preprocessor_output_size": (c_int, (c_void_p, c_int32, c_int32, POINTER(c_int32), POINTER(c_int32))),
    "oar_preprocessor_crop": (c_int, (c_void_p, POINTER(Image), c_void_p, c_size_t)),
    "oar_preprocessor_run": (c_int, (c_void_p, POINTER(Image), c_void_p, c_size_t)),
    "oar_preprocessor_crop_frame": (c_int, (c_void_p, POINTER(Frame), c_void_p, c_size_t)),
    "oar_preprocessor_run_frame": (c_int, (c_void_p, POINTER(Frame), c_void_p, c_size_t)),
    "oar_softmax": (c_int, (c_void_p, c_size_t, c_void_p)),
    "oar_top_k": (c_int, (c_void_p, c_size_t, c_size_t, c_void_p, c_void_p, POINTER(c_size_t))),
    "oar_dtype_name": (c_char_p, (c_int,)),
    "oar_nb_open": (c_int, (c_char_p, _OUT)),
    "oar_nb_open_memory": (c_int, (c_char_p, c_void_p, c_size_t, _OUT)),
    "oar_nb_close": (None, (c_void_p,)),
    "oar_nb_description": (c_char_p, (c_void_p,)),
    "oar_engine_load": (c_int, (c_char_p, _OUT)),
    "oar_engine_path": (c_char_p, (c_void_p,)),
    "oar_engine_version": (c_char_p, (c_void_p,)),
    "oar_session_open": (c_int, (c_void_p, c_char_p, POINTER(SessionOptions), _OUT)),
    "oar_session_open_memory": (c_int, (c_void_p, c_char_p, c_void_p, c_size_t, POINTER(SessionOptions), _OUT)),
    "oar_session_close": (None, (c_void_p,)),
    "oar_session_input_count": (c_size_t, (c_void_p,)),
    "oar_session_output_count": (c_size_t, (c_void_p,)),
    "oar_session_input": (c_int, (c_void_p, c_size_t, POINTER(Tensor))),
    "oar_session_set_input": (c_int, (c_void_p, POINTER(Tensor))),
    "oar_session_run": (c_int, (c_void_p,)),
    "oar_session_output": (c_int, (c_void_p, c_size_t, POINTER(Tensor))),
    "oar_bundle_open": (c_int, (c_char_p, POINTER(BundleOptions), _OUT)),
    "oar_bundle_close": (None, (c_void_p,)),
    "oar_bundle_verify_signature": (c_int, (c_void_p, c_char_p, c_char_p)),
    "oar_bundle_json": (c_char_p, (c_void_p,)),
    "oar_bundle_file": (c_int, (c_void_p, c_char_p, POINTER(c_char_p))),
    "oar_bundle_pick_variant": (c_int, (c_void_p, c_char_p, POINTER(c_char_p))),
    "oar_bundle_open_session": (c_int, (c_void_p, c_void_p, c_char_p, POINTER(SessionOptions), _OUT)),
    "oar_bundle_preprocess": (c_int, (c_void_p, POINTER(PreprocessSpec))),
    "oar_bundle_label": (c_char_p, (c_void_p, c_int32)),
    "oar_selftest_open": (c_int, (c_void_p, POINTER(SelftestOptions), _OUT)),
    "oar_selftest_close": (None, (c_void_p,)),
    "oar_selftest_next": (c_int, (c_void_p, POINTER(SelftestState))),
    "oar_selftest_run_next": (c_int, (c_void_p, c_void_p)),
    "oar_selftest_give_up": (c_int, (c_void_p, c_char_p, c_char_p)),
    "oar_selftest_verdict": (c_int, (c_void_p,)),
    "oar_selftest_sentence": (c_char_p, (c_void_p,)),
    "oar_selftest_json": (c_char_p, (c_void_p,)),
}
"""Every function of the header: result and parameter types."""

EXCEPTIONS: dict[int, type[errors.OarlockError]] = {
    1: errors.InvalidArgumentError,
    2: errors.NotFoundError,
    3: errors.FileReadError,
    4: errors.BadModelError,
    5: errors.VersionMismatchError,
    6: errors.WrongTargetError,
    7: errors.BadBundleError,
    8: errors.HashMismatchError,
    9: errors.BadShapeError,
    10: errors.BadDtypeError,
    11: errors.BadImageError,
    12: errors.NotFiniteError,
    13: errors.EngineUnavailableError,
    14: errors.EngineConflictError,
    15: errors.EngineFailedError,
    16: errors.MemoryExhaustedError,
    17: errors.NotAClassifierError,
    18: errors.InternalError,
    19: errors.UnsignedError,
    20: errors.BadSignatureError,
    21: errors.WrongKeyError,
    22: errors.ChangedAfterSigningError,
    23: errors.BadKeyError,
    24: errors.NoGoldenError,
}
"""The exception for every oar_status but OAR_OK."""


class _Library(ctypes.CDLL):
    """The core, each of whose functions gets its types when it is first used."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"{name} is no function of Oarlock's core")
        function = self[name]
        function.restype, function.argtypes = FUNCTIONS[name]
        # Only now, so that no other thread finds it without its types.
        setattr(self, name, function)
        return function


@functools.cache
def library() -> ctypes.CDLL:
    """The loaded core with its functions typed. Raises InternalError when it is missing or no core."""
    file = _find()
    try:
        core = _Library(str(file))
        _ = core.oar_version
    except (OSError, AttributeError) as error:
        raise errors.InternalError(
            f"{file}: cannot be used as Oarlock's core ({error}); install oarlock again"
        ) from error
    return core


def call(function: str, *arguments: Any) -> None:
    """Call a function of the core that returns a status; a failure becomes its exception with the core's sentence.

    The interpreter lock is released meanwhile. Every argument must stay alive until the call returns.
    """
    core = library()
    status = getattr(core, function)(*arguments)
    if status:
        _raise(core, status)


def path(value: str | os.PathLike[str]) -> bytes:
    """A path for the core. Raises InvalidArgumentError when it holds a NUL, which no path may."""
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise errors.InvalidArgumentError(f"the path {os.fspath(value)!r} holds a NUL character")
    return encoded


def text(value: bytes | None) -> str:
    """A string that the core hands out, which is UTF-8."""
    return (value or b"").decode("utf-8", errors="replace")


def _raise(core: ctypes.CDLL, status: int) -> NoReturn:
    message = text(core.oar_last_error()) or text(core.oar_status_message(status))
    raise EXCEPTIONS.get(status, errors.InternalError)(message, code=text(core.oar_status_code(status)))


def _find() -> Path:
    if chosen := os.environ.get("OARLOCK_LIBRARY"):
        return Path(chosen)
    # An editable install spreads the package over two folders: the sources and what was built.
    candidates = [Path(folder) / "_lib" / "liboarlock.so" for folder in oarlock.__path__]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise errors.InternalError(
        f"Oarlock's core is missing ({' and '.join(map(str, candidates))}): install oarlock again, "
        "from its repository with `pip install ./py`"
    )
