"""From pictures to names: a bundle's preprocessing, model and labels behind one call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, Union, cast

import numpy as np
from numpy.typing import NDArray

from oarlock import images as _images
from oarlock.bundle import Bundle, Variant
from oarlock.errors import BadBundleError, EngineFailedError, InvalidArgumentError, NotAClassifierError, NotFiniteError
from oarlock.preprocess import Preprocessor
from oarlock.scores import softmax, top_k
from oarlock.session import Power

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Classifier", "Picture", "Prediction"]

Picture: TypeAlias = Union[str, "os.PathLike[str]", "Image", NDArray[np.uint8]]
"""A path, a PIL image, or a uint8 array: (H, W, 3) RGB, (H, W, 4) RGBA whose alpha is dropped, (H, W) grey."""

_MAX_BATCH = 8
"""Pictures in one run of the engine, so that memory does not grow with the number of pictures."""


@dataclass(frozen=True)
class Prediction:
    """A class with its probability; ``label`` is None where the bundle names no classes."""

    class_id: int
    label: str | None
    score: float


class Classifier:
    """An image classifier opened from a bundle.

    Close it, or use it as a context manager. Threads may share one: their runs in the engine take turns.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        variant: str | None = None,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open a bundle and load one of its variants: the one called ``variant``, else the most exact that fits.

        ``threads`` is 1 to 64. ``engine`` is the path of a Paddle Lite library; None takes the one in the store whose
        version the variant asks for.

        Raises NotAClassifierError, and what Bundle and Bundle.open_session raise.
        """
        self._bundle = Bundle(path)
        spec = self._bundle.preprocess
        outputs = self._bundle.data["outputs"]
        classes = [index for index, output in enumerate(outputs) if output["meaning"] != "tensor"]
        if spec is None or not classes:
            raise NotAClassifierError(
                f"{self._bundle.path}: {self._bundle.name} does not take pictures and name classes; "
                "use Bundle.open_session for its tensors"
            )
        self._preprocessor = Preprocessor(spec)
        self._output = classes[0]
        self._logits = outputs[classes[0]]["meaning"] == "logits"
        self._variant = self._bundle.pick_variant(variant)
        self._session = self._bundle.open_session(self._variant.id, threads=threads, power=power, engine=engine)
        shapes = [it.shape for it in self._session.inputs]
        if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] not in (-1, 1):
            self._session.close()
            raise BadBundleError(
                f"{self._bundle.path}: has preprocessing, but its model takes {' and '.join(map(str, shapes))}, "
                "expected one input of four dimensions whose first is 1 or -1 (any)"
            )
        self._input = self._session.inputs[0]

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        variant: str | None = None,
        threads: int = 1,
        power: Power = "no_bind",
        engine: str | os.PathLike[str] | None = None,
    ) -> Classifier:
        """The classifier of the bundle at ``path``; the same as calling the class."""
        return cls(path, variant=variant, threads=threads, power=power, engine=engine)

    @property
    def bundle(self) -> Bundle:
        """The opened bundle."""
        return self._bundle

    @property
    def variant(self) -> Variant:
        """The variant in use."""
        return self._variant

    @property
    def last_run_seconds(self) -> float:
        """How long the engine took in the last run (of a batch, where several pictures went in at once)."""
        return self._session.last_run_seconds

    def classify(self, images: Picture | Iterable[Picture], top: int = 5) -> list[list[Prediction]]:
        """The ``top`` likeliest classes of every picture, best first; one list per picture, also for a single one.

        Where the model takes any batch, up to 8 pictures go through the engine at once; pictures are read as they are
        needed. ``top`` beyond the number of classes means all of them.

        Raises NotFoundError, FileReadError and ImageError for pictures, BadDtypeError, EngineFailedError,
        NotFiniteError (the engine gave NaN), ClosedError, InvalidArgumentError (top < 1).
        """
        if top < 1:
            raise InvalidArgumentError(f"top is {top}, expected at least 1")
        results: list[list[Prediction]] = []
        for batch in self._batches(self.prepare(picture) for picture in _pictures(images)):
            results.extend(self.best(row, top) for row in self.scores(batch))
        return results

    def prepare(self, image: Picture) -> NDArray[np.float32]:
        """The model's input for one picture: float32 (3, H, W), or (H, W, 3) for NHWC. Raises ImageError and so on."""
        exif_orientation = self._preprocessor.spec.exif_orientation
        if isinstance(image, np.ndarray):
            return self._preprocessor(image)
        if isinstance(image, str | os.PathLike):
            return self._preprocessor(_images.load(image, exif_orientation=exif_orientation))
        return self._preprocessor(_images.to_rgb(image, exif_orientation=exif_orientation))

    def scores(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, classes), float32, of a batch of prepared pictures (N, …).

        Softmax is applied when the model's output means logits. Raises BadShapeError, EngineFailedError,
        NotFiniteError, ClosedError.
        """
        outputs = list(self._session.run({self._input.name: batch}).values())
        raw = outputs[self._output].reshape(len(batch), -1)
        if raw.dtype != np.float32:
            raw = raw.astype(np.float32)
        self._check(raw)
        return softmax(raw) if self._logits else raw

    def best(self, scores: NDArray[np.float32], top: int) -> list[Prediction]:
        """The ``top`` best of one row of ``scores``. Raises NotFiniteError."""
        ids, values = top_k(scores, top)
        return [
            Prediction(class_id, self._bundle.label(class_id), score)
            for class_id, score in zip(ids.tolist(), values.tolist(), strict=True)
        ]

    def close(self) -> None:
        """Free the model. Closing again does nothing."""
        self._session.close()

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, raw: NDArray[np.float32]) -> None:
        """Engines can compute nonsense for a variant that they do not support, and say nothing of it."""
        where = f"{self._bundle.path}, {self._variant.id}"
        if not np.isfinite(raw).all():
            wrong = raw.size - np.count_nonzero(np.isfinite(raw))
            raise NotFiniteError(
                f"{where}: {wrong} of {raw.size} scores are NaN or infinite, expected numbers; "
                "this engine does not run this variant rightly"
            )
        if raw.shape[1] > 1 and (raw == raw[:, :1]).all(axis=1).any():
            raise EngineFailedError(
                f"{where}: all {raw.shape[1]} scores of a picture are equal, expected different ones; "
                "this engine does not run this variant rightly"
            )

    def _batches(self, tensors: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Neighbours of one shape together, as many as the model takes at once."""
        batch = self._input.shape[0]
        limit = _MAX_BATCH if batch == -1 else 1
        for _, neighbours in groupby(tensors, key=lambda tensor: tensor.shape):
            while members := list(islice(neighbours, limit)):
                yield np.stack(members)


def _pictures(images: Picture | Iterable[Picture]) -> Iterable[Picture]:
    single = isinstance(images, str | os.PathLike | np.ndarray) or hasattr(images, "getexif")
    return [cast("Picture", images)] if single else cast("Iterable[Picture]", images)
