"""PaddlePaddle's own inference as the judge, in a child process that loads a model once and answers feed after feed.

    with Reference.open(find_files(path)) as reference:
        outputs = reference.run({"x": batch})

On a CPU the program runs as it is: without PaddlePaddle's graph optimisation, without oneDNN, in one thread unless
told otherwise. Legacy programs, also those with fake_quantize operators as PaddlePaddle's calibration writes them, and
PIR programs. What of the GPU was never run is said in docs/reference.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.interface import Interface
from oarlock_opt.reference._options import Facts, Options
from oarlock_opt.reference._reference import Reference
from oarlock_opt.source import SourceFiles

__all__ = ["Facts", "Options", "Reference", "ReferenceResult", "named", "run"]

_REPRODUCIBLE = Options(device="cpu")


@dataclass(frozen=True)
class ReferenceResult:
    """The answers: for each feed, the model's outputs by name; the rest as in Facts, says what made them."""

    outputs: list[dict[str, NDArray[Any]]]
    engine: str
    version: str
    device: str
    threads: int


def run(
    files: SourceFiles,
    feeds: Sequence[Mapping[str, NDArray[Any]]],
    options: Options = _REPRODUCIBLE,
    *,
    timeout: float = 600.0,
) -> ReferenceResult:
    """Answer each of the ``feeds``, on the CPU unless told otherwise, so that records do not depend on the machine.

    Raises what Reference.open and Reference.run raise.
    """
    with Reference.open(files, options, timeout=timeout) as reference:
        outputs = [reference.run(feed) for feed in feeds]
        facts = reference.facts
        return ReferenceResult(outputs, facts.engine, facts.version, facts.device, facts.threads)


def named(outputs: Mapping[str, NDArray[Any]], interface: Interface) -> dict[str, NDArray[Any]]:
    """The answers as the device has them: in the names of ``interface`` and, where PaddlePaddle has no axis, with one.

    PaddlePaddle calls the outputs of a PIR program "fetch_name_0" and so on.
    """
    names = [output.name for output in interface.outputs]
    if len(outputs) < len(names):
        # A tensor that is two outputs is one answer of PaddlePaddle's, under the name it has there.
        return {name: np.atleast_1d(outputs[name]) for name in names if name in outputs}
    return {name: np.atleast_1d(array) for name, array in zip(names, outputs.values(), strict=True)}
