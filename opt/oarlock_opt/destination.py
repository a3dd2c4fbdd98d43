"""Where a bundle may be put."""

from __future__ import annotations

import json
from pathlib import Path

from oarlock_opt.errors import DestinationError

__all__ = ["FORMAT", "check_destination"]

FORMAT = "oarlock-bundle"
"""The ``format`` in bundle.json."""


def check_destination(destination: Path) -> None:
    """Raise DestinationError unless a bundle may be put there: nothing, an empty folder, or an older bundle."""
    if not destination.parent.is_dir():
        raise DestinationError(
            f"{destination}: there is no folder {destination.parent}; make it with `mkdir -p {destination.parent}`"
        )
    if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
        raise DestinationError(f"{destination}: is a file or a link, expected a bundle or nothing; choose another name")
    if destination.is_dir() and any(destination.iterdir()) and not _is_bundle(destination):
        raise DestinationError(f"{destination}: a folder that is no bundle, and is not replaced; choose another name")


def _is_bundle(folder: Path) -> bool:
    try:
        data = json.loads((folder / "bundle.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.get("format") == FORMAT
