"""PaddlePaddle's own inference as the judge, in a child process.

The program runs as it is: without PaddlePaddle's graph optimisation, without oneDNN, in one thread, on the CPU.
"""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt._children import Ended, run_child
from oarlock_opt.errors import ReferenceFailedError, ReferenceTimeoutError, ReferenceUnavailableError
from oarlock_opt.source import SourceFiles

__all__ = ["ENGINE", "ReferenceResult", "require_paddle", "run"]

ENGINE = "PaddlePaddle inference (no graph optimisation, no oneDNN, one thread)"
"""How the answers are made, for the bundle's record."""

_INSTALL = "pip install 'oarlock-opt[reference]'"
# "InvalidArgumentError: The fed tensor … (at /paddle/…)", somewhere in a long report with a C++ call stack.
_PADDLE_ERROR = re.compile(r"\b(\w+Error): (.+?)(?:\s+\[Hint:|\s+\(at /|\n\s*\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class ReferenceResult:
    """The answers: for each feed, the model's outputs by name. ``engine``, ``version`` and ``device`` made them."""

    outputs: list[dict[str, NDArray[Any]]]
    engine: str
    version: str
    device: str


def require_paddle() -> None:
    """Raise ReferenceUnavailableError unless PaddlePaddle is installed; it is not imported."""
    if importlib.util.find_spec("paddle") is None:
        raise ReferenceUnavailableError(
            "PaddlePaddle is not installed, and its answers are to be recorded in the bundle as the reference. Install "
            f"it with `{_INSTALL}`, or make the bundle without them: --no-golden."
        )


def run(
    model_files: SourceFiles,
    feeds: Sequence[Mapping[str, NDArray[Any]]],
    *,
    folder: Path | None = None,
    timeout: float = 600.0,
) -> ReferenceResult:
    """Answer each of the ``feeds``, which give every input of the model by name.

    ``folder`` is an empty temporary folder to exchange arrays in; None makes one. PaddlePaddle is imported in the child
    only. Raises ReferenceUnavailableError, ReferenceTimeoutError, ReferenceFailedError and OSError.
    """
    require_paddle()
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oarlock-reference-")))
        request = {
            "program": str(model_files.program.absolute()),
            "params": None if model_files.params is None else str(model_files.params.absolute()),
            "feeds": [_save(folder, f"feed-{index}", feed) for index, feed in enumerate(feeds)],
        }
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        command = [sys.executable, "-m", "oarlock_opt.reference", str(folder)]
        ended = run_child(command, timeout=timeout)
        if ended.status != 0 or ended.timed_out:
            raise _error(ended, model_files.program, timeout)
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        outputs = [{name: np.load(folder / file) for name, file in each.items()} for each in answer["outputs"]]
        return ReferenceResult(outputs, ENGINE, answer["version"], answer["device"])


def _save(folder: Path, stem: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    files = {}
    for index, (name, array) in enumerate(arrays.items()):
        files[name] = f"{stem}-{index}.npy"
        np.save(folder / files[name], array, allow_pickle=False)
    return files


def _error(ended: Ended, program: Path, timeout: float) -> ReferenceFailedError:
    if ended.timed_out:
        return ReferenceTimeoutError(
            f"{program}: PaddlePaddle was stopped after {timeout:g} s. Give it longer with --timeout SECONDS, or make "
            "the bundle without reference answers: --no-golden."
        )
    if "ModuleNotFoundError" in ended.output or "ImportError" in ended.output:
        lines = ended.output.strip().splitlines()
        return ReferenceUnavailableError(
            f"PaddlePaddle is installed and cannot be imported: {lines[-1]}. Install it again with `{_INSTALL}`, or "
            "make the bundle without reference answers: --no-golden."
        )
    return ReferenceFailedError(
        f"{program}: PaddlePaddle's own inference failed: {_what(ended)}. Without reference answers the bundle can be "
        "made with --no-golden."
    )


def _what(ended: Ended) -> str:
    if found := _PADDLE_ERROR.findall(ended.output):
        name, text = found[-1]
        return f"{name}: {' '.join(text.split())}".rstrip(".")
    if ended.status < 0:
        return f"it died of {signal.Signals(-ended.status).name}"
    lines = ended.output.strip().splitlines()
    return lines[-1].rstrip(".") if lines else f"exit status {ended.status}"
