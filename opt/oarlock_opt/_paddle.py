"""What is installed of PaddlePaddle, without importing it."""

from __future__ import annotations

import importlib.metadata

__all__ = ["installed_versions"]

_DISTRIBUTIONS = ("paddlepaddle", "paddlepaddle-gpu")


def installed_versions() -> list[str]:
    """The distributions with their versions, such as "paddlepaddle 3.3.1"."""
    versions = []
    for name in _DISTRIBUTIONS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
