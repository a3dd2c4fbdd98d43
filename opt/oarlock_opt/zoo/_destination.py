"""Where an export may go: a new folder, an empty one, or one that an export made."""

from __future__ import annotations

import os
from pathlib import Path

from oarlock_opt.zoo.errors import ExportError

__all__ = ["FILES", "MARKER", "check"]

MARKER = ".oarlock-export"
"""A file in every export, which tells what was exported; without it a folder is somebody else's."""

FILES = ("inference.pdmodel", "inference.pdiparams", "preprocess.json", "labels.txt")
"""What an export of the zoo holds."""

_PIR_PROGRAM = "inference.json"


def check(folder: Path) -> None:
    """Raise ExportError unless ``folder`` is missing, empty, or holds an export and nothing else; or OSError."""
    if folder.is_symlink():
        raise ExportError(f"{folder}: is a link, which is not replaced; name a folder")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"{folder}: is a file, expected a folder to write into")
    if folder.samefile(os.curdir):
        raise ExportError(f"{folder}: is the current folder, which cannot be replaced as a whole; name a new folder")
    found = sorted(path.name for path in folder.iterdir())
    foreign = [name for name in found if name not in (*FILES, _PIR_PROGRAM, MARKER)]
    if not foreign and MARKER not in found:
        foreign = found
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise ExportError(
            f"{folder}: holds {foreign[0]}{more}, which no export made; nothing was changed. Name a new or empty folder"
        )
