"""What ``oarlock doctor`` says of this distribution, by docs/schema/doctor.schema.json.

The engine's library is checked by the runtime, which needs it too.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from oarlock_opt._children import run_child
from oarlock_opt.errors import OptimizerUnavailableError
from oarlock_opt.lite.worker import worker_program

__all__ = ["checks"]

_USAGE_ERROR = 2  # what the worker's program answers when it is given nothing to do
_SECONDS = 20.0


def checks() -> list[dict[str, Any]]:
    """The checks of oarlock-opt; PaddlePaddle is not imported."""
    return [_paddle(), _optimizer()]


def _paddle() -> dict[str, Any]:
    found = next(filter(None, map(_version, ("paddlepaddle", "paddlepaddle-gpu"))), None)
    purpose = "exports models of the zoo, records reference answers"
    return _check("PaddlePaddle", found, purpose, "pip install 'oarlock-opt[reference]'")


def _optimizer() -> dict[str, Any]:
    found: str | None = None
    try:
        program = worker_program()
        ended = run_child([str(program)], timeout=_SECONDS)
        if ended.status == _USAGE_ERROR:
            found = str(program)
    except (OptimizerUnavailableError, OSError):
        pass
    return _check("optimiser", found, "runs Paddle Lite's optimiser", "pip install --force-reinstall oarlock-opt")


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _check(name: str, found: str | None, purpose: str, fix: str) -> dict[str, Any]:
    return {
        "name": name,
        "ok": found is not None,
        "required": False,
        "found": found,
        "purpose": purpose,
        "fix": None if found is not None else fix,
    }
