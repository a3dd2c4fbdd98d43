"""What a run of the optimiser left: a typed error, or a file that is checked and the same every time.

Apart from the worker's start, so that it loads while the optimiser runs.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from oarlock import nb
from oarlock._files import sha256_file
from oarlock.errors import ModelError
from oarlock.store import install_command
from oarlock_opt._children import Ended
from oarlock_opt.errors import OptimizerOutputError, OptimizerUnavailableError
from oarlock_opt.lite._diagnosis import Context, diagnose, unsound_output
from oarlock_opt.lite.normalise import normalise

__all__ = ["Context", "checked"]


def checked(path: Path, ended: Ended, context: Context) -> tuple[str, dict[str, Any]]:
    """Normalise the file of a run and check it; returns its SHA-256 and what the core says of it.

    Raises an OptimizerError when the run ended badly or the file is not what it should be, and OSError.
    """
    if ended.status != 0 or ended.timed_out:
        raise diagnose(ended, context)
    if not path.is_file():
        raise OptimizerOutputError(f"{context.variants}: the optimiser ended without an error and without a file.")
    try:
        normalise(path)
        description = nb.describe(path)
    except (OptimizerOutputError, ModelError) as error:
        raise unsound_output(context.variants, error.message, context.folder) from error
    if description["version"] != context.version:
        raise OptimizerUnavailableError(
            f"{context.engine}: wrote a model of Paddle Lite {description['version']}, expected {context.version}. "
            f"Install the engine again with `{install_command('x86', context.version)}`."
        )
    # On its way to the disk, where the bundle needs it, while this processor hashes it.
    threading.Thread(target=_flush, args=(path,), daemon=True).start()
    return sha256_file(path), description


def _flush(path: Path) -> None:
    # Without it the bundle is flushed all the same, only later.
    with suppress(OSError), path.open("rb") as file:
        os.fsync(file.fileno())
