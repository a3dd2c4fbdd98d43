"""How the optimiser's worker ended, told as a typed error: what happened, why, and what to do."""

from __future__ import annotations

import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from oarlock._endings import said
from oarlock.store import install_command
from oarlock_opt._children import Ended
from oarlock_opt.errors import (
    OptimizerAbortedError,
    OptimizerCrashedError,
    OptimizerError,
    OptimizerKilledError,
    OptimizerMemoryError,
    OptimizerOutputError,
    OptimizerTimeoutError,
    OptimizerUnavailableError,
)
from oarlock_opt.lite._causes import find_cause

__all__ = ["Context", "diagnose", "unsound_output"]

# Exit statuses of oarlock-lite-optimizer.
_NO_ENGINE, _NO_MEMORY = 3, 4

_CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}

_NO_MEMORY_TEXT = re.compile(r"no enough for mallocing|bad_alloc|Cannot allocate memory|cannot allocate memory")
_NO_LIBRARY_TEXT = re.compile(r"Can not find library: (\S+)\.\s.*dso_handle != nullptr", re.DOTALL)
# What the C library says when a program has overwritten the heap: a crash, though it ends in abort() as well.
_CORRUPTED_TEXT = re.compile(r"^(?:double free|free\(\)|malloc\(\)|malloc_consolidate|corrupted )", re.MULTILINE)
_NO_OUTPUT_TEXT = re.compile(r"Unable to open file|\(fwrite\(")


@dataclass(frozen=True)
class Context:
    """What a message needs to know: the variants' ids, the engine, the time limit, the folder that is written to."""

    variants: str
    engine: Path
    version: str
    timeout: float
    folder: Path


def diagnose(ended: Ended, context: Context) -> OptimizerError:
    """The error for a worker that ended with a status other than 0, or at the time limit."""
    error = _diagnose(ended, context)
    error.variants = context.variants
    return error


def _diagnose(ended: Ended, context: Context) -> OptimizerError:
    optimizer = f"Paddle Lite {context.version}'s optimiser"
    what = said(ended.output)
    if ended.timed_out:
        return OptimizerTimeoutError(
            f"{context.variants}: {optimizer} was stopped after {context.timeout:g} s. "
            "Give it longer with --timeout SECONDS.",
            output=ended.output,
        )
    if ended.status == _NO_ENGINE:
        return OptimizerUnavailableError(
            f"{context.engine}: cannot be used as Paddle Lite {context.version}'s full library for x86: {what}. "
            f"Install it with `{install_command('x86', context.version)}`.",
            output=ended.output,
        )
    library = _NO_LIBRARY_TEXT.search(ended.output)
    # A library that is there and cannot be loaded found no room for itself.
    crowded = library is not None and (context.engine.parent / "libs" / library[1]).is_file()
    if library and not crowded:
        return OptimizerUnavailableError(
            f"{context.engine}: cannot load {library[1]}, which belongs in the folder libs beside it. Install it again "
            f"with `{install_command('x86', context.version)}`.",
            output=ended.output,
        )
    if crowded or ended.status == _NO_MEMORY or _NO_MEMORY_TEXT.search(ended.output):
        return OptimizerMemoryError(
            f"{context.variants}: {optimizer} ran out of memory ({what}). Close other programs, or raise the limit "
            "that this shell or container sets.",
            output=ended.output,
        )
    if _NO_OUTPUT_TEXT.search(ended.output):
        return OptimizerOutputError(f"{context.variants}: {_no_output(context.folder)}", output=ended.output)
    corrupted = ended.status == -signal.SIGABRT and _CORRUPTED_TEXT.search(ended.output)
    if (ended.status == -signal.SIGABRT or ended.status > 0) and not corrupted:
        cause = find_cause(ended.output)
        return OptimizerAbortedError(
            f"{context.variants}: {optimizer} gave up: {what or f'status {ended.status}'}. {cause.advice}",
            op=cause.op,
            attribute=cause.attribute,
            output=ended.output,
        )
    name = signal.Signals(-ended.status).name
    if -ended.status in _CRASHES or corrupted:
        return OptimizerCrashedError(
            f"{context.variants}: {optimizer} crashed ({name}). The model has something that it does not expect, often "
            "an operator without one of its inputs or outputs. `oarlock inspect SOURCE` lists the model's operators.",
            output=ended.output,
        )
    return OptimizerKilledError(
        f"{context.variants}: {optimizer} was ended from outside ({name}). If it was the system, for want of memory, "
        "close other programs or make one target at a time; then try again.",
        output=ended.output,
    )


def unsound_output(variants: str, what: str, folder: Path) -> OptimizerOutputError:
    """The error for a result that the optimiser has written without a complaint, and that ``what`` is wrong with."""
    if _is_full(folder):  # a disk that fills up at the very end goes unnoticed by the engine
        return OptimizerOutputError(f"{variants}: {what}. {_no_output(folder)}")
    return OptimizerOutputError(
        f"{variants}: what the optimiser has written is not sound, and no device would take it: {what}. The model has "
        "something, a name or a size, that it takes without a word: look at it with `oarlock inspect SOURCE`."
    )


def _no_output(folder: Path) -> str:
    """A sentence on why nothing could be written in ``folder``."""
    try:
        full = _is_full(folder)
    except OSError as error:
        return f"{folder}: {error.strerror or error}, so the optimised model could not be written."
    if full:
        return f"{folder}: the optimised model could not be written, the disk is full. Free some space."
    return f"{folder}: the optimised model could not be written. See whether the folder is writable."


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < 1 << 20
