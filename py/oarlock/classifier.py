"""From pictures to names: preprocessing, model and labels behind one call."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias, Union, cast

import numpy as np
from numpy.typing import NDArray

from oarlock import images as _images
from oarlock._closing import Closing
from oarlock._model import EngineOptions, Model, model_from_bundle, model_from_nb
from oarlock._pipeline import available_processors, ordered_map
from oarlock.bundle import Bundle, Variant
from oarlock.errors import BadImageError, ClosedError, InvalidArgumentError, OarlockError
from oarlock.frames import Frame
from oarlock.preprocess import IMAGENET, Preprocessor, PreprocessSpec
from oarlock.scores import top_k
from oarlock.session import Power, Probe

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_WORKERS", "Answer", "Classifier", "Picture", "Prediction", "default_workers"]

Picture: TypeAlias = Union[str, "os.PathLike[str]", bytes, BinaryIO, "Image", NDArray[np.uint8], Frame]
"""A path, a picture file's content or a stream of it, a PIL image, a camera frame, or a uint8 array: (H, W, 3) RGB,
(H, W, 4) RGBA whose alpha is dropped, (H, W) grey."""

MAX_WORKERS = 64
"""The most threads that may decode pictures."""

# Clockwise turn and mirroring that make a picture upright, by its EXIF orientation.
_TURNS = {2: (0, True), 3: (180, False), 4: (180, True), 5: (90, True), 6: (90, False), 7: (270, True), 8: (270, False)}


def default_workers() -> int:
    """Threads that decode pictures unless told otherwise: as many as processors, up to 4, for memory's sake."""
    return min(available_processors(), 4)


@dataclass(frozen=True)
class Prediction:
    """A class with its probability; ``label`` is None where the model comes without names."""

    class_id: int
    label: str | None
    score: float


@dataclass(frozen=True)
class Answer:
    """What ``Classifier.stream`` says of an item: its best classes, or the error that came in their place.

    ``seconds`` is the time in the engine, 0.0 where the picture did not get there.
    """

    item: Any
    best: list[Prediction]
    error: OarlockError | None
    seconds: float


class Classifier(Closing):
    """An image classifier, opened from a bundle or from a bare .nb file.

    Close it, or use it as a context manager. Threads may share one: their runs in the engine take turns.
    """

    def __init__(self, model: Model, *, max_pixels: int) -> None:
        """Take over an opened model; ``open`` and ``from_nb`` are the ways in."""
        self._model = model
        self._preprocessor = Preprocessor(model.spec)
        self._max_pixels = max_pixels

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        variant: str | None = None,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
        probe: Probe = True,
        isolated: bool = False,
        require_signature: str | os.PathLike[str] | None = None,
        max_pixels: int = _images.MAX_PIXELS,
    ) -> Classifier:
        """Open a bundle and load one of its variants: the one called ``variant``, else the most exact that fits.

        ``threads`` is 1 to 64. ``engine`` is the path of a Paddle Lite library; None takes the one in the store whose
        version the variant asks for. Picture files of more than ``max_pixels`` are refused.

        ``require_signature`` is the file of a public key: a bundle that its owner has not signed, or that was changed
        since, is refused before its model is loaded (Bundle.verify_signature).

        A model that this engine has not run on this machine is first tried in a child process; ``probe`` "again" tries
        it although that was done, False does not (Session). With ``isolated`` the engine stays in a process of its own
        for good, so that no picture and no model can end this one; a crash there raises EngineCrashedError, and the
        next call starts it anew (IsolatedSession says what that costs).

        Raises NotAClassifierError, and what Bundle, Bundle.verify_signature and Bundle.open_session raise.
        """
        options = EngineOptions(threads, power, engine, probe, isolated)
        return cls(model_from_bundle(path, variant, options, require_signature), max_pixels=max_pixels)

    @classmethod
    def from_nb(
        cls,
        path: str | os.PathLike[str],
        *,
        preprocess: PreprocessSpec = IMAGENET,
        labels: Sequence[str] | None = None,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
        probe: Probe = True,
        isolated: bool = False,
        max_pixels: int = _images.MAX_PIXELS,
    ) -> Classifier:
        """The classifier of a bare .nb file, which says neither how it wants pictures nor what its classes are called.

        A wrong ``preprocess`` gives wrong answers without a sign of it; only what cannot fit the model's input is
        refused. ``labels`` has an item for each class. Where the file holds a softmax, scores that are probabilities
        already are left as they are. The other options are those of ``open``.

        Raises PreprocessingError, LabelsError, NotAClassifierError, and what Session raises.
        """
        options = EngineOptions(threads, power, engine, probe, isolated)
        return cls(model_from_nb(path, preprocess, labels, options), max_pixels=max_pixels)

    @property
    def bundle(self) -> Bundle | None:
        """The opened bundle; None for a bare .nb file."""
        return self._model.bundle

    @property
    def variant(self) -> Variant | None:
        """The variant in use; None for a bare .nb file."""
        return self._model.variant

    @property
    def variant_id(self) -> str:
        """The id of the variant, "x86-fp32"; for a bare .nb file the processors it is for, "x86" or "arm+opencl"."""
        return self._model.variant_id

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took in the last run."""
        return self._model.session.last_run_seconds

    def classify(self, images: Picture | Iterable[Picture], top: int = 5) -> list[list[Prediction]]:
        """The ``top`` likeliest classes of every picture, best first; one list per picture, also for a single one.

        Several pictures are read ahead by threads, as ``stream`` does it. ``top`` beyond the number of classes means
        all of them.

        Raises NotFoundError, FileReadError and ImageError for pictures, BadDtypeError, EngineFailedError,
        NotFiniteError (the engine gave NaN), ClosedError, InvalidArgumentError (top < 1).
        """
        _check_top(top)
        if _is_picture(images):
            answers: Iterable[Answer] = [self._answer(self._prepared(images), top)]
        else:
            answers = self.stream(cast("Iterable[Any]", images), top)
        results = []
        for answer in answers:
            if answer.error is not None:
                raise answer.error
            results.append(answer.best)
        return results

    def stream(
        self,
        items: Iterable[Any],
        top: int = 5,
        *,
        workers: int | None = None,
        read: Callable[[Any], Picture] | None = None,
    ) -> Generator[Answer, None, None]:
        """An answer for every item, in order, for any number of items: none is kept, and one that fails stops no other.

        ``workers`` threads, by default ``default_workers()``, decode and prepare pictures while the engine, in the
        caller's thread, is at work on those before. At most ``workers`` + 2 pictures are ahead of the answer that was
        given last. ``items`` is advanced by the threads, one at a time. An item is a picture, or what ``read`` makes
        one of, in these threads. Close the result to stop early.

        Pictures go through the engine one by one: several in one run are no faster (docs/predict.md).

        Raises InvalidArgumentError. What is wrong with a picture, and what the engine says of it, comes in its answer;
        what ``items`` raises is raised in its place, and ends the answers.
        """
        _check_top(top)
        workers = default_workers() if workers is None else workers
        if not 1 <= workers <= MAX_WORKERS:
            raise InvalidArgumentError(f"workers is {workers}, expected 1 to {MAX_WORKERS}")

        def prepare(item: Any) -> _Prepared:
            return self._prepared(item, read)

        return self._answers(ordered_map(prepare, items, workers=workers), top)

    def prepare(self, image: Picture) -> NDArray[np.float32]:
        """The model's input for one picture: float32 (3, H, W), or (H, W, 3) for NHWC. Raises ImageError and so on."""
        if isinstance(image, np.ndarray | Frame):
            return self._preprocessor(image)
        stored = self._stored(image)
        if stored.orientation == 1 or not self._preprocessor.spec.exif_orientation:
            return self._preprocessor(stored.pixels)
        # The core turns only the pixels that it needs.
        rotation, mirror = _TURNS[stored.orientation]
        return self._preprocessor(Frame.from_arrays("RGB", stored.pixels, rotation=rotation, mirror=mirror))

    def scores(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, classes), float32, of a batch of prepared pictures (N, …).

        Softmax is applied when the model's output means logits. Raises BadShapeError, EngineFailedError,
        NotFiniteError, ClosedError.
        """
        return self._model.scores(batch)

    def best(self, scores: NDArray[np.float32], top: int) -> list[Prediction]:
        """The ``top`` best of one row of ``scores``. Raises NotFiniteError."""
        ids, values = top_k(scores, top)
        return [
            Prediction(class_id, self._model.label(class_id), score)
            for class_id, score in zip(ids.tolist(), values.tolist(), strict=True)
        ]

    def close(self) -> None:
        """Free the model. Closing again does nothing."""
        self._model.session.close()

    def _stored(self, image: str | os.PathLike[str] | bytes | BinaryIO | Image) -> _images.Stored:
        if isinstance(image, bytes):
            return _images.load_stored(io.BytesIO(image), max_pixels=self._max_pixels)
        if isinstance(image, str | os.PathLike) or hasattr(image, "read"):
            return _images.load_stored(cast("str | BinaryIO", image), max_pixels=self._max_pixels)
        if hasattr(image, "getexif"):
            return _images.to_stored(image, max_pixels=self._max_pixels)
        kinds = "a path, bytes, a stream, a PIL image, a numpy array or a Frame"
        raise BadImageError(f"the picture is a {type(image).__name__}, expected {kinds}")

    def _prepared(self, item: Any, read: Callable[[Any], Picture] | None = None) -> _Prepared:
        try:
            return _Prepared(item, self.prepare(item if read is None else read(item)), None)
        except OarlockError as error:
            return _Prepared(item, None, error)

    def _answers(self, items: Generator[_Prepared, None, None], top: int) -> Generator[Answer, None, None]:
        with closing(items):
            for prepared in items:
                yield self._answer(prepared, top)

    def _answer(self, prepared: _Prepared, top: int) -> Answer:
        if prepared.tensor is None:
            return Answer(prepared.item, [], prepared.error, 0.0)
        try:
            [scores] = self.scores(prepared.tensor[np.newaxis])
            return Answer(prepared.item, self.best(scores, top), None, self.last_run_seconds)
        except ClosedError:
            raise
        except OarlockError as error:
            return Answer(prepared.item, [], error, self.last_run_seconds)


class _Prepared(NamedTuple):
    """An item on its way from the threads to the engine; exactly one of ``tensor`` and ``error`` is there."""

    item: Any
    tensor: NDArray[np.float32] | None
    error: OarlockError | None


def _check_top(top: int) -> None:
    if top < 1:
        raise InvalidArgumentError(f"top is {top}, expected at least 1")


def _is_picture(images: Picture | Iterable[Picture]) -> bool:
    alone = isinstance(images, str | os.PathLike | bytes | np.ndarray | Frame)
    return alone or hasattr(images, "getexif") or hasattr(images, "read")
