"""Paddle Lite's model files (.nb): what is inside one."""

from __future__ import annotations

import json
import os
from ctypes import byref, c_void_p
from typing import Any

from oarlock import _core

__all__ = ["describe", "describe_bytes"]


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Verify a .nb file and describe it by docs/schema/nb.schema.json; the weights are not read.

    Raises NotFoundError, FileReadError, BadModelError, VersionMismatchError.
    """
    handle = c_void_p()
    _core.call("oar_nb_open", _core.path(path), byref(handle))
    return _describe(handle)


def describe_bytes(data: bytes, *, name: str = "model.nb") -> dict[str, Any]:
    """The same for a file's content; ``name`` stands for the file in the description and in messages."""
    handle = c_void_p()
    _core.call("oar_nb_open_memory", name.encode(), data, len(data), byref(handle))
    return _describe(handle)


def _describe(handle: c_void_p) -> dict[str, Any]:
    core = _core.library()
    try:
        description: dict[str, Any] = json.loads(_core.text(core.oar_nb_description(handle)))
    finally:
        core.oar_nb_close(handle)
    return description
