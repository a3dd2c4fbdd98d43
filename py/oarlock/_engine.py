"""The one Paddle Lite library that this process loads."""

from __future__ import annotations

import os
from ctypes import byref, c_void_p
from pathlib import Path

from oarlock import _core, store
from oarlock._catalog import OFFERED_VERSIONS
from oarlock.errors import EngineUnavailableError, VersionMismatchError

__all__ = ["engine_version", "find_engine", "load_engine"]


def find_engine(path: str | os.PathLike[str] | None, version: str) -> Path:
    """The library at ``path``; None: the one in the store of that version.

    Raises EngineNotInstalledError, VersionMismatchError (no such version is offered), EngineUnavailableError (there is
    none for this machine).
    """
    return _installed(version) if path is None else Path(path)


def load_engine(path: str | os.PathLike[str]) -> c_void_p:
    """The engine of the library at ``path``, loaded once for the life of the process.

    Raises NotFoundError, EngineUnavailableError, EngineConflictError.
    """
    handle = c_void_p()
    _core.call("oar_engine_load", _core.path(path), byref(handle))
    return handle


def engine_version(path: str | os.PathLike[str]) -> str:
    """Load the library at ``path`` and return the version it says it is. Raises NotFoundError and EngineError."""
    return _core.text(_core.library().oar_engine_version(load_engine(path)))


def _installed(version: str) -> Path:
    target = store.machine_target()
    if target is None:
        raise EngineUnavailableError(
            f"Paddle Lite has no library for this machine, expected one of: {', '.join(store.TARGETS)}"
        )
    if version not in OFFERED_VERSIONS and all(it.version != version for it in store.installed()):
        raise VersionMismatchError(
            f"the model was made for Paddle Lite {version}, expected {' or '.join(OFFERED_VERSIONS)}: "
            "make it again with `oarlock opt`"
        )
    return store.find(target, version).library
