"""What the runtime's tests share."""

from __future__ import annotations

from pathlib import Path


def names(folder: Path) -> list[str]:
    """The names of everything directly in a folder, hidden or not, sorted."""
    return sorted(path.name for path in folder.iterdir())
