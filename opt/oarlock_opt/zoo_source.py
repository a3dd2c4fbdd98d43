"""A model of the zoo as a source: exported by PaddlePaddle in a child process, or remembered; then like any other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oarlock._files import sha256_file
from oarlock_opt._code import code_hash
from oarlock_opt._paddle import installed_versions
from oarlock_opt.cache import Cache, key_of
from oarlock_opt.errors import SourceNotFoundError
from oarlock_opt.source import SourceFiles, ZooOrigin, find_files

if TYPE_CHECKING:
    from oarlock_opt.zoo import Entry

__all__ = ["export", "find_entry", "is_zoo_name"]

_KIND = "exports"


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


def export(source: str, weights: str, seed: int, folder: Path, cache: Cache) -> tuple[SourceFiles, ZooOrigin]:
    """Export a model of the zoo into the new folder ``folder``.

    ``weights`` is "imagenet", "random" (with ``seed``) or a file's path. Raises SourceNotFoundError and what
    ``oarlock_opt.zoo.export.export`` raises.
    """
    entry = find_entry(source)
    # A path would tell where the file lay on this machine, which is nobody's business.
    recorded = weights if weights in ("imagenet", "random") else Path(weights).name
    origin = ZooOrigin(entry.name, recorded, seed if weights == "random" else None)
    key = _key(entry, weights, seed) if cache.enabled else ""
    if not _take(cache, key, folder):
        from oarlock_opt.zoo.export import export as export_model

        export_model(entry.name, weights, folder, seed)
        cache.keep(_KIND, key, {}, {path.name: path for path in sorted(folder.iterdir())})
    return find_files(folder), origin


def _key(entry: Entry, weights: str, seed: int) -> str:
    if weights == "random":
        values = f"seed {seed}"
    elif weights == "imagenet":
        values = entry.pretrained.wheel.sha256 if entry.pretrained is not None else ""
    else:
        # A file that is not there is for the export to complain of.
        values = sha256_file(weights) if Path(weights).is_file() else ""
    return key_of(
        network=entry.name, values=values, paddle=installed_versions(), code=code_hash("zoo", "importer/legacy")
    )


def _take(cache: Cache, key: str, folder: Path) -> bool:
    entry = cache.find(_KIND, key)
    if entry is None:
        return False
    folder.mkdir()
    if all(entry.take(name, folder / name) for name in entry.files):
        return True
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return False
