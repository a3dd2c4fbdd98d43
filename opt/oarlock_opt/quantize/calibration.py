"""Calibrates a model with PaddlePaddle, in a process of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock._channel import Garbled
from oarlock._closing import Closing
from oarlock._worker_process import WorkerProcess
from oarlock_opt._paddle import require_paddle
from oarlock_opt.errors import CalibrationFailedError
from oarlock_opt.quantize.samples import Batch, Samples
from oarlock_opt.source import SourceFiles

__all__ = ["Calibration", "Progress", "calibrate"]

_CHILD = "oarlock_opt.quantize._child"
_BATCH = 4
_LONGEST_TEXT = 600
# "(InvalidArgument) The fed tensor … (at /paddle/…)", at the end of a long report.
_PADDLE_ERROR = re.compile(r"\((\w+)\) (.+?)(?:\s+\[Hint:|\s+\(at /|\n\s*\n|\Z)", re.DOTALL)

Progress = Callable[[str], None]
"""Is told, in a few words, how far a step is."""


@dataclass(frozen=True)
class Calibration:
    """``program`` is the model with every operator quantised that can be, as PaddlePaddle writes it.

    ``thresholds`` has, by method and tensor of the program, the largest magnitude that 8 bits shall express.
    """

    program: SourceFiles
    thresholds: Mapping[str, Mapping[str, float]]


def calibrate(
    model: SourceFiles,
    samples: Samples,
    methods: Sequence[str],
    *,
    name: str,
    folder: Path,
    timeout: float,
    progress: Progress = lambda words: None,
) -> Calibration:
    """Calibrate a legacy program by several methods at once; ``folder`` is an empty one for the result.

    ``name`` is what messages call the model. Equal arguments give equal thresholds. ``timeout``, in seconds, is for a
    batch, and for the thresholds of a tensor. Raises CalibrationFailedError, CalibrationDataError,
    ReferenceUnavailableError, OarlockError (a picture that cannot be read) and OSError.
    """
    require_paddle("make the bundle without --precision int8")
    with _Conversation(name, timeout) as child:
        order = {
            "program": str(model.program.absolute()),
            "params": str(model.params.absolute() if model.params is not None else ""),
            "folder": str(folder.absolute()),
            "methods": list(methods),
        }
        thresholds = _Course(samples, progress).follow(child, order)
    return Calibration(SourceFiles(folder / "model.pdmodel", folder / "model.pdiparams"), thresholds)


class _Course:
    """Answers what the child asks for."""

    def __init__(self, samples: Samples, progress: Progress) -> None:
        self._samples = samples
        self._progress = progress
        self._batches: Iterator[Batch] = iter(())
        self._pass = 0
        self._done = 0
        self._begun = time.monotonic()

    def follow(self, child: _Conversation, order: dict[str, Any]) -> dict[str, dict[str, float]]:
        """The thresholds."""
        wish = child.ask(order)
        while "thresholds" not in wish:
            batch = None
            if "begins" in wish:
                self._batches = self._samples.batches(_BATCH)
                self._pass, self._done, self._begun = self._pass + 1, 0, time.monotonic()
            elif "wants" in wish:
                batch = next(self._batches, None)
            elif "computes" in wish:
                done, total = wish["computes"]
                if done == 0:
                    self._begun = time.monotonic()
                self._tell(f"thresholds of {total} tensors", done, total)
            wish = child.ask({}) if batch is None else child.ask({"names": list(batch.feed)}, list(batch.feed.values()))
            if batch is not None:
                self._done += batch.count
                self._tell(f"pass {self._pass} over {len(self._samples)} files", self._done, len(self._samples))
        return dict(wish["thresholds"])

    def _tell(self, what: str, done: int, total: int) -> None:
        left = ""
        if done:
            seconds = (time.monotonic() - self._begun) / done * (total - done)
            left = f", some {seconds:.0f} s left"
        self._progress(f"{what}: {done} done{left}")


class _Conversation(Closing):
    """The child, and what its end means."""

    def __init__(self, name: str, timeout: float) -> None:
        self._name = name
        self._timeout = timeout
        self._worker = WorkerProcess(self, _CHILD, timeout=timeout)

    def ask(self, message: dict[str, Any], arrays: Sequence[Any] = ()) -> dict[str, Any]:
        try:
            answer, _ = self._worker.ask(message, arrays)
        except TimeoutError:
            raise CalibrationFailedError(
                f"{self._name}: PaddlePaddle's calibration gave no answer for {self._timeout:g} s and was stopped. "
                "Give it longer with --timeout SECONDS."
            ) from None
        except (OSError, EOFError, Garbled) as error:
            status, output = self._worker.ending(error)
            raise self._failed(f"its process ended with status {status}", output) from None
        if "error" in answer:
            raise self._failed(str(answer["error"]), str(answer["error"]))
        return answer

    def close(self) -> None:
        """End the child. Closing again does nothing."""
        self._worker.end()

    def _failed(self, text: str, output: str) -> CalibrationFailedError:
        if found := _PADDLE_ERROR.findall(text):
            text = "Error: ".join(found[-1])
        words = " ".join(text.split()).rstrip(".")[:_LONGEST_TEXT]
        return CalibrationFailedError(
            f"{self._name}: PaddlePaddle's calibration failed: {words}. See whether the model runs with PaddlePaddle "
            "on these inputs.",
            output=output[-(8 << 10) :],
        )
