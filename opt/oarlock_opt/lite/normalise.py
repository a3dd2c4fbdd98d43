"""Equal bytes for equal models: what Paddle Lite's optimiser leaves undefined is set to zero."""

from __future__ import annotations

from pathlib import Path

from oarlock_opt.errors import OptimizerOutputError

__all__ = ["normalise"]

# A .nb file begins with a uint16 and the optimiser's version, NUL-ended in 16 bytes; the rest of them is uninitialised
# memory. Nothing else differs between runs.
_VERSION = slice(2, 18)


def normalise(path: Path) -> None:
    """Zero what follows the NUL of the version field, in place.

    Raises OptimizerOutputError when the file is too short or has no such field, and OSError.
    """
    with path.open("r+b") as file:
        head = file.read(_VERSION.stop)
        version, nul, _ = head[_VERSION].partition(b"\0")
        if len(head) < _VERSION.stop or not nul:
            raise OptimizerOutputError(
                f"{path.name}: no version in the first {_VERSION.stop} bytes of the optimiser's result; it is truncated"
            )
        file.seek(_VERSION.start)
        file.write(version.ljust(_VERSION.stop - _VERSION.start, b"\0"))
