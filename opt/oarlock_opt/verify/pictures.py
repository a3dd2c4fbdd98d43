"""Variants against the reference over real pictures: each picture is read once, and memory does not grow with them."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock import Bundle, images
from oarlock._pipeline import available_processors, ordered_map
from oarlock._preprocess_spec import PreprocessSpec
from oarlock.errors import ImageError, OarlockError
from oarlock_opt.verify import recipe
from oarlock_opt.verify.accuracy import Tally
from oarlock_opt.verify.explanation import explain
from oarlock_opt.verify.judge import Judge
from oarlock_opt.verify.labelled import Picture
from oarlock_opt.verify.limits import broken
from oarlock_opt.verify.measures import Meter, probabilities
from oarlock_opt.verify.places import Runner
from oarlock_opt.verify.results import Disagreement, Engine, Preprocessing, Stages, VariantResult

__all__ = ["compare_pictures"]

_SHOWN = 50
_BEST = 3
_READERS = 4


@dataclass
class _Candidate:
    """A variant while pictures go through it."""

    result: VariantResult
    runner: Runner
    meaning: str
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    seconds: list[float] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=lambda: {"top1": Tally(1), "top5": Tally(5)})
    labelled: bool = False

    def __post_init__(self) -> None:
        self.engine, self.whole = Meter(self.meaning), Meter(self.meaning)


@dataclass(frozen=True)
class _Read:
    """A picture as both sides begin: ``reference`` is its tensor by the reference's recipe."""

    picture: Picture
    pixels: NDArray[np.uint8] | None = None
    reference: NDArray[np.float32] | None = None
    error: OarlockError | None = None


def compare_pictures(
    bundle: Bundle,
    judge: Judge,
    variants: Sequence[tuple[VariantResult, Runner]],
    pictures: Sequence[Picture],
    *,
    stated_error: bool,
    on_picture: Callable[[], None] = lambda: None,
) -> list[tuple[str, str]]:
    """Fill in what the pictures say of each variant; returns those that could not be read, with a sentence.

    A variant that fails gets its error, and the others go on. ``stated_error`` says that the user gave the limit of the
    error. Raises OarlockError when the reference fails.
    """
    name, meaning = _classes(bundle)
    candidates = [_Candidate(result, runner, meaning) for result, runner in variants]
    run = _Run(bundle, judge, name)
    failed: list[tuple[str, str]] = []
    places = len({result.place for result, _ in variants})
    # The reference computes in its own process, and the variants in theirs, beside each other; those of one place take
    # turns.
    with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(places) as pool:
        for read in ordered_map(run.read, pictures, workers=min(_READERS, available_processors())):
            if read.error is not None:
                failed.append((read.picture.path, read.error.message))
            else:
                run.compare(read, [each for each in candidates if each.result.ran], beside, pool)
            on_picture()
    for candidate in candidates:
        _finish(candidate, run, stated=stated_error)
    return failed


def _classes(bundle: Bundle) -> tuple[str, str]:
    """The output that names classes, else the first, and its meaning."""
    outputs = bundle.data["outputs"]
    output = next((each for each in outputs if each["meaning"] != "tensor"), outputs[0])
    return str(output["name"]), str(output["meaning"])


class _Run:
    def __init__(self, bundle: Bundle, judge: Judge, output: str) -> None:
        spec = bundle.preprocess
        assert spec is not None
        self._bundle = bundle
        self._spec: PreprocessSpec = spec
        self._judge = judge
        self._output = output
        self._input = bundle.data["inputs"][0]["name"]
        self._batch = max(bundle.data["inputs"][0]["shape"][0], 1)
        self._compares = recipe.available()
        self.reference_seconds: list[float] = []

    @property
    def compares_preprocessing(self) -> bool:
        """Whether there is an OpenCV to compare with."""
        return self._compares

    def read(self, picture: Picture) -> _Read:
        """Any thread."""
        spec = self._judge.spec
        try:
            pixels = images.load(picture.path, exif_orientation=spec.exif_orientation)
            cropped = recipe.crop(pixels, spec) if self._compares else None
            if cropped is not None and cropped.size == 0:
                raise ImageError(f"{picture.path}: is too small for the crop")
            return _Read(picture, pixels, None if cropped is None else recipe.tensor(cropped, spec))
        except OarlockError as error:
            return _Read(picture, error=error)

    def compare(
        self, read: _Read, candidates: Sequence[_Candidate], beside: ThreadPoolExecutor, pool: ThreadPoolExecutor
    ) -> None:
        """Show a picture to the reference, in the thread of ``beside``, and to the candidates, each place's in one."""
        # By the tensor that the reference answers: most often there is one for all.
        asked: dict[bytes, Future[Any]] = {}
        taken = threading.Lock()

        def reference(tensor: NDArray[np.float32]) -> Future[Any]:
            key = tensor.tobytes()
            with taken:
                if key not in asked:
                    asked[key] = beside.submit(self._judge.run, tensor)
                return asked[key]

        def at_one_place(several: Sequence[_Candidate]) -> None:
            for candidate in several:
                try:
                    self._compare(read, candidate, reference)
                except OarlockError as error:
                    if any(answer.done() and answer.exception() is error for answer in list(asked.values())):
                        raise
                    candidate.result.error = {"code": error.code, "message": f"{read.picture.path}: {error.message}"}

        by_place: dict[str, list[_Candidate]] = {}
        for candidate in candidates:
            by_place.setdefault(candidate.result.place, []).append(candidate)
        first, *others = by_place.values() or [[]]
        elsewhere = [pool.submit(at_one_place, several) for several in others]
        at_one_place(first)
        for future in elsewhere:
            future.result()
        self.reference_seconds.append(self._judge.reference.last_run_seconds)

    def _compare(self, read: _Read, candidate: _Candidate, reference: Callable[[NDArray[np.float32]], Any]) -> None:
        pixels, expected = read.pixels, read.reference
        assert pixels is not None
        own = pixels
        if self._spec.exif_orientation != self._judge.spec.exif_orientation:
            own = images.load(read.picture.path, exif_orientation=self._spec.exif_orientation)
        made = candidate.runner.tensor(own)
        same = expected is None or self._preprocessed_alike(candidate, own, made, expected)
        # The tensor for both engines is the reference's; where preprocessing is alike, it is the variant's own, which
        # in bicubic interpolation may be another by one in a byte.
        tensor = made if same or expected is None else expected
        asked = reference(tensor)
        found = self._run(candidate, tensor)
        scores = asked.result()[self._output][0], found
        candidate.engine.add(*scores)
        if not same and expected is not None:
            scores = scores[0], self._run(candidate, made)
        row = candidate.whole.add(*scores)
        if read.picture.label is not None:
            candidate.labelled = True
            for tally in candidate.tallies.values():
                tally.add(read.picture.label, *scores)
        if (
            row.finite
            and not row.agrees
            and candidate.whole.classifies
            and len(candidate.result.disagreements) < _SHOWN
        ):
            candidate.result.disagreements.append(
                Disagreement(read.picture.path, self._best(scores[0]), self._best(scores[1]), read.picture.label)
            )

    def _run(self, candidate: _Candidate, tensor: NDArray[np.float32]) -> NDArray[Any]:
        batch = np.repeat(tensor[np.newaxis], self._batch, axis=0)
        outputs = candidate.runner.run({self._input: batch})
        candidate.seconds.append(candidate.runner.last_run_seconds)
        row: NDArray[Any] = outputs[self._output][0]
        return row

    def _preprocessed_alike(
        self, candidate: _Candidate, pixels: NDArray[np.uint8], made: NDArray[np.float32], expected: NDArray[np.float32]
    ) -> bool:
        stage, spec = candidate.preprocessing, self._judge.spec
        stage.pictures += 1
        if made.shape == expected.shape and np.array_equal(made, expected):
            return True
        cropped, theirs = candidate.runner.crop(pixels), recipe.crop(pixels, spec)
        if cropped.shape == theirs.shape:
            largest = int(np.abs(cropped.astype(np.int16) - theirs).max(initial=0))
            if largest <= _allowed(spec):
                as_told = recipe.tensor(cropped, spec)
                if as_told.shape == made.shape and np.array_equal(as_told, made):
                    return True
                stage.tensors_differ += 1
                if as_told.shape == made.shape:
                    stage.largest_tensor = max(stage.largest_tensor, float(np.abs(as_told - made).max()))
                self._explain(stage, pixels, expected)
                return False
            stage.largest_byte = max(stage.largest_byte, largest)
        stage.bytes_differ += 1
        self._explain(stage, pixels, expected)
        return False

    def _explain(self, stage: Preprocessing, pixels: NDArray[np.uint8], expected: NDArray[np.float32]) -> None:
        if stage.cause is None:
            explanation = explain(pixels, expected, self._spec)
            stage.cause = None if explanation is None else explanation.sentence

    def _best(self, scores: NDArray[Any]) -> list[tuple[int, str | None, float]]:
        parts = probabilities(scores, _classes(self._bundle)[1])
        order = np.argsort(-parts, kind="stable")[:_BEST]
        return [(int(index), self._bundle.label(int(index)), float(parts[index])) for index in order]


def _allowed(spec: PreprocessSpec) -> int:
    """By how much bytes may differ: OpenCV's bicubic differs by one between its own builds."""
    return 1 if spec.resize is not None and spec.resize.interpolation == "bicubic" else 0


def _finish(candidate: _Candidate, run: _Run, *, stated: bool) -> None:
    result = candidate.result
    if not result.ran:
        return
    engine, whole = (
        Engine(meter.measures(), broken(meter.measures(), result.limits, result.precision, real=True, stated=stated))
        for meter in (candidate.engine, candidate.whole)
    )
    preprocessing = candidate.preprocessing if run.compares_preprocessing else None
    result.pictures = Stages("pictures", preprocessing, engine, whole)
    result.histogram = candidate.whole.histogram()
    result.points = candidate.whole.points()
    if candidate.labelled:
        tallies = {name: tally.accuracy() for name, tally in candidate.tallies.items()}
        result.accuracy = {name: accuracy for name, accuracy in tallies.items() if accuracy is not None}
    medians = [statistics.median(each) * 1000 if each else None for each in (run.reference_seconds, candidate.seconds)]
    result.milliseconds = (medians[0], medians[1])
