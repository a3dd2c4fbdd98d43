"""The model that a bundle was made from, which the bundle does not hold."""

from __future__ import annotations

from pathlib import Path

from oarlock._files import sha256_file
from oarlock.bundle import Bundle
from oarlock_opt.cache import Cache
from oarlock_opt.errors import SourceNotFoundError
from oarlock_opt.source import SourceFiles
from oarlock_opt.zoo_source import export

__all__ = ["export_again", "is_source"]


def export_again(bundle: Bundle, folder: Path, cache: Cache, *, advice: str) -> SourceFiles:
    """Export the model of a bundle of the zoo into the new folder ``folder``: it has the parameters that are recorded.

    ``advice`` says what to do where that cannot be: "give that model in the place of the bundle". Raises
    SourceNotFoundError, and what ``zoo_source.export`` raises.
    """
    source = bundle.data["source"]
    zoo = source.get("zoo")
    if zoo is None or zoo["weights"] not in ("imagenet", "random"):
        names = ", ".join(each["name"] for each in source["files"])
        origin = f" ({zoo['name']} with the weights {zoo['weights']})" if zoo is not None else ""
        raise SourceNotFoundError(
            f"{bundle.path}: a bundle does not hold the model it was made from{origin} ({names}), which PaddlePaddle "
            f"needs; {advice}"
        )
    files, _ = export(zoo["name"], zoo["weights"], zoo.get("seed") or 0, folder, cache)
    if files.params is not None and not is_source(bundle, files):
        raise SourceNotFoundError(
            f"{bundle.path}: was made from {zoo['name']} with the weights {zoo['weights']}, but exported here it has "
            f"other parameters than those that were recorded; {advice}"
        )
    return files


def is_source(bundle: Bundle, files: SourceFiles) -> bool:
    """Whether a model has the parameters that a bundle records, or the program where there are none."""
    recorded = {each["sha256"] for each in bundle.data["source"]["files"]}
    return sha256_file(files.params or files.program) in recorded
