"""A model of the zoo as a source: exported by PaddlePaddle in a child process, then read like any other."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from oarlock.errors import InvalidArgumentError
from oarlock_opt import zoo
from oarlock_opt._children import run_child
from oarlock_opt.errors import SourceError, SourceNotFoundError
from oarlock_opt.source import SourceModel, ZooOrigin, open_source
from oarlock_opt.zoo.errors import UnknownModelError

__all__ = ["export", "is_zoo_name"]


def is_zoo_name(source: str) -> bool:
    """Whether a source that was given is to be looked for in the zoo: it is no existing path and has no path's form."""
    return not os.path.lexists(source) and os.sep not in source and not Path(source).suffix


def export(source: str, weights: str | None, seed: int | None, folder: Path, *, timeout: float) -> SourceModel:
    """Export a model of the zoo into the new folder ``folder`` and read it back.

    ``weights`` None takes those of ImageNet where there are any. Raises SourceNotFoundError for an unknown name,
    InvalidArgumentError, SourceError with what the child said, and OSError.
    """
    try:
        entry = zoo.get(source)
    except UnknownModelError as error:
        raise SourceNotFoundError(f"{source}: no such file or folder, and {error.message}") from None
    if weights is None:
        if "imagenet" not in entry.weights:
            raise InvalidArgumentError(
                f"--weights is missing: none can be fetched for {entry.name}. Give a file with --weights FILE, or try "
                "the way without, with --weights random"
            )
        weights = "imagenet"
    command = [sys.executable, "-m", "oarlock_opt.zoo.export", entry.name, "--weights", weights, "-o", str(folder)]
    if seed is not None:
        command += ["--seed", str(seed)]
    ended = run_child(command, timeout=timeout)
    if ended.timed_out:
        raise SourceError(
            f"{entry.name}: its export was stopped after {timeout:g} s. Give it longer with --timeout SECONDS."
        )
    if ended.status != 0:
        lines = ended.output.strip().splitlines()
        said = lines[-1].removeprefix("Error: ") if lines else f"exit status {ended.status}"
        raise SourceError(f"{entry.name}: its export failed: {said}")
    known = weights in ("imagenet", "random")
    origin = ZooOrigin(entry.name, weights if known else Path(weights).name, seed if weights == "random" else None)
    return open_source(folder, zoo=origin)
