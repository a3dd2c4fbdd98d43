"""Measures mixtures of a calibrated model against fp32, on pictures that were not calibrated with.

The judge is PaddlePaddle's own run of the program. Each processor runs its share of the pictures in a process of its
own, in one thread, so that the answers do not depend on how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock._pipeline import available_processors, ordered_map
from oarlock_opt._agreement import SURE
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.reference import Facts, Options, Reference

__all__ = ["Judge", "Measured", "Output"]

_OPTIONS = Options(device="cpu")
_BATCH = 4
_LEAST_PROBABILITY = 1e-7

Answers = NDArray[np.float32]


@dataclass(frozen=True)
class Output:
    """The output that is judged: its place among the model's, and "logits", "probabilities" or "tensor"."""

    position: int
    meaning: str


@dataclass(frozen=True)
class Measured:
    """How far a mixture is from fp32, over ``pictures``.

    ``top1_agreement`` is the part with fp32's first place, ``sure_agreement`` that of the ``sure`` ones; ``accuracy``
    and ``fp32_accuracy`` the right parts; each None where it has no meaning. ``relative_error`` is the norm of the
    difference to that of fp32, ``max_relative_error`` the largest difference to the largest of fp32, of logits where
    the model classifies. Both are infinite when an answer was not finite.
    """

    pictures: int
    relative_error: float
    max_relative_error: float
    top1_agreement: float | None = None
    sure: int = 0
    sure_agreement: float | None = None
    accuracy: float | None = None
    fp32_accuracy: float | None = None

    @property
    def drop(self) -> float:
        """What the limit is for: lost accuracy, else first places that changed, else the relative error."""
        if not math.isfinite(self.relative_error):
            return math.inf
        if self.accuracy is not None and self.fp32_accuracy is not None:
            return self.fp32_accuracy - self.accuracy
        return self.relative_error if self.top1_agreement is None else 1 - self.top1_agreement

    @property
    def sure_drop(self) -> float:
        """The sure ones whose first place changed, as a part; 0 where none is sure."""
        return 0.0 if self.sure_agreement is None else 1 - self.sure_agreement

    def to_json(self) -> dict[str, Any]:
        """``measured`` of docs/schema/bundle.schema.json, without the judge."""
        known = {name: value for name, value in vars(self).items() if value is not None}
        return {name: _rounded(value) if isinstance(value, float) else value for name, value in known.items()}


class Judge:
    """Knows fp32's answers to the pictures. ``folder`` is for programs on their way to PaddlePaddle."""

    def __init__(self, samples: Samples, output: Output, original: Graph, *, folder: Path, timeout: float) -> None:
        """Raises ReferenceFailedError, OarlockError (a picture that cannot be read) and OSError."""
        self.samples = samples
        self.position = output.position
        self.meaning = output.meaning
        self._folder = folder
        self._timeout = timeout
        self._programs = 0
        self._expected = self.answers(original, samples)
        self.facts: Facts = self._facts

    def measure(self, graph: Graph) -> Measured:
        """The distance of a graph. Raises ReferenceFailedError and OSError."""
        return compare(self._expected, self.answers(graph, self.samples), self.meaning, self.samples.labels)

    def record(self, measured: Measured) -> dict[str, Any]:
        """``measured`` of docs/schema/bundle.schema.json."""
        facts = {"judge": self.facts.engine, "version": self.facts.version, "device": self.facts.device}
        return {**facts, **measured.to_json()}

    def answers(self, graph: Graph, samples: Samples) -> Answers:
        """The judged output for each sample: (samples, …)."""
        return self.all_answers(graph, samples)[self.position]

    def all_answers(self, graph: Graph, samples: Samples, *, batch: int = _BATCH) -> list[Answers]:
        """Every output for each sample; ``batch`` of them are in PaddlePaddle at a time."""
        self._programs += 1
        folder = self._folder / f"program-{self._programs}"
        folder.mkdir()
        files = legacy.write(graph, folder)
        shares = _shares(samples, available_processors())
        parts: list[list[Answers]] = []

        def run(share: Samples) -> list[Answers]:
            with Reference.open(files, _OPTIONS, timeout=self._timeout) as reference:
                self._facts = reference.facts
                rows = [
                    [array[: part.count] for array in reference.run(part.feed).values()]
                    for part in share.batches(batch)
                ]
            return [np.concatenate(column) for column in zip(*rows, strict=True)]

        parts.extend(ordered_map(run, shares, workers=len(shares)))
        for path in files.all:
            path.unlink()
        return [np.concatenate(column) for column in zip(*parts, strict=True)]


def compare(expected: Answers, found: Answers, meaning: str, labels: Sequence[int] | None) -> Measured:
    """The distance of answers from fp32's: (pictures, classes) unless ``meaning`` is "tensor"."""
    if not np.isfinite(found).all():
        return Measured(len(expected), math.inf, math.inf)
    ours, theirs = _logits(found, meaning), _logits(expected, meaning)
    difference = ours - theirs
    relative = float(np.linalg.norm(difference) / max(float(np.linalg.norm(theirs)), 1e-30))
    largest = float(np.abs(difference).max() / max(float(np.abs(theirs).max()), 1e-30))
    if meaning == "tensor":
        return Measured(len(expected), relative, largest)
    same = ours.argmax(1) == theirs.argmax(1)
    sure = _probabilities(theirs).max(1) >= SURE
    return Measured(
        len(expected),
        relative,
        largest,
        float(same.mean()),
        int(sure.sum()),
        float(same[sure].mean()) if sure.any() else None,
        None if labels is None else float((ours.argmax(1) == labels).mean()),
        None if labels is None else float((theirs.argmax(1) == labels).mean()),
    )


def _rounded(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _logits(answers: Answers, meaning: str) -> NDArray[np.float64]:
    """Logits with mean 0, which probabilities determine."""
    values = answers.astype(np.float64)
    if meaning == "tensor":
        return values
    if meaning == "probabilities":
        values = np.log(np.maximum(values, _LEAST_PROBABILITY))
    centred: NDArray[np.float64] = values - values.mean(1, keepdims=True)
    return centred


def _probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    whole: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
    return whole


def _shares(samples: Samples, count: int) -> list[Samples]:
    """The samples in at most ``count`` parts, in order."""
    size = max(1, math.ceil(len(samples) / count))
    starts = range(0, len(samples), size)
    return [Samples(samples.items[at : at + size], samples.inputs, samples.preprocess) for at in starts]
