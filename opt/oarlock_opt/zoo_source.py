"""A model of the zoo as a source: exported by PaddlePaddle in a child process, then like any other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oarlock_opt.errors import SourceNotFoundError
from oarlock_opt.source import SourceFiles, ZooOrigin, find_files

if TYPE_CHECKING:
    from oarlock_opt.zoo import Entry

__all__ = ["export", "find_entry", "is_zoo_name"]


def is_zoo_name(source: str) -> bool:
    """Whether a source that was given is to be looked for in the zoo: it is no existing path and has no path's form."""
    return not os.path.lexists(source) and os.sep not in source and not Path(source).suffix


def find_entry(source: str) -> Entry:
    """The zoo's entry of that name. Raises SourceNotFoundError, which gives near names."""
    from oarlock_opt import zoo
    from oarlock_opt.zoo.errors import UnknownModelError

    try:
        return zoo.get(source)
    except UnknownModelError as error:
        raise SourceNotFoundError(f"{source}: no such file or folder, and {error.message}") from None


def export(source: str, weights: str, seed: int, folder: Path) -> tuple[SourceFiles, ZooOrigin]:
    """Export a model of the zoo into the new folder ``folder``.

    ``weights`` is "imagenet", "random" (with ``seed``) or a file's path. Raises SourceNotFoundError and what
    ``oarlock_opt.zoo.export.export`` raises.
    """
    from oarlock_opt.zoo.export import export as export_model

    result = export_model(find_entry(source).name, weights, folder, seed)
    # A path would tell where the file lay on this machine, which is nobody's business.
    recorded = result.weights if result.weights in ("imagenet", "random") else Path(result.weights).name
    return find_files(folder), ZooOrigin(result.name, recorded, result.seed)
