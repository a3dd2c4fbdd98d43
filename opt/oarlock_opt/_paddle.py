"""What is installed of PaddlePaddle, without importing it."""

from __future__ import annotations

import importlib.util

from oarlock_opt.errors import ReferenceUnavailableError

__all__ = ["INSTALL", "installed_versions", "require_paddle"]

INSTALL = "pip install 'oarlock-opt[reference]'"
"""The command that adds PaddlePaddle."""

_DISTRIBUTIONS = ("paddlepaddle", "paddlepaddle-gpu")


def installed_versions() -> list[str]:
    """The distributions with their versions, such as "paddlepaddle 3.3.1"."""
    import importlib.metadata  # which takes longer to load than all the rest

    versions = []
    for name in _DISTRIBUTIONS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def require_paddle(instead: str = "") -> None:
    """Raise ReferenceUnavailableError unless PaddlePaddle is installed; ``instead`` is what else the user may do."""
    if importlib.util.find_spec("paddle") is None:
        raise ReferenceUnavailableError(
            f"PaddlePaddle is not installed, and its answers are the reference. Install it with `{INSTALL}`"
            f"{f', or {instead}' if instead else ''}."
        )
