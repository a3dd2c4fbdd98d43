"""A model that names classes: what a classifier needs of it, whether it comes in a bundle or as a bare .nb file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from oarlock import nb
from oarlock._fit import check_fit
from oarlock._specs import TensorSpec
from oarlock.bundle import Bundle, Variant
from oarlock.errors import BadBundleError, EngineFailedError, NotAClassifierError, NotFiniteError
from oarlock.isolated import IsolatedSession
from oarlock.labels import check_labels
from oarlock.preprocess import PreprocessSpec
from oarlock.scores import softmax
from oarlock.session import Power, Probe, Session

__all__ = ["EngineOptions", "Model", "Runner", "classes_of_bundle", "model_from_bundle", "model_from_nb"]

_DISTRIBUTION_TOLERANCE = 1e-2


@dataclass(frozen=True)
class EngineOptions:
    """How a model is run; what the fields mean is said at Session and IsolatedSession."""

    threads: int
    power: Power
    engine: str | os.PathLike[str] | None
    probe: Probe
    isolated: bool

    def open_variant(self, bundle: Bundle, variant: Variant) -> Session | IsolatedSession:
        """A session of a variant of a bundle."""
        if self.isolated:
            return bundle.open_isolated_session(variant.id, **self._common())
        return bundle.open_session(variant.id, probe=self.probe, **self._common())

    def open_file(self, path: Path) -> Session | IsolatedSession:
        """A session of a .nb file."""
        if self.isolated:
            return IsolatedSession(path, **self._common())
        return Session(path, probe=self.probe, **self._common())

    def _common(self) -> dict[str, Any]:
        return {"threads": self.threads, "power": self.power, "engine": self.engine}


class Runner(Protocol):
    """What a classifier asks of a session, whatever its engine; see Session for what the members mean."""

    @property
    def inputs(self) -> Sequence[TensorSpec]: ...

    @property
    def last_run_seconds(self) -> float: ...

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Model:
    """A session, and what its input and its output mean.

    ``output`` is the index of the output that names classes. Its ``meaning`` is "undeclared" where a file has a softmax
    somewhere and does not say whether that is its end: then non-negative scores that sum to one are probabilities.
    ``suspicion`` says what scores that can be none tell of the model.
    """

    path: Path
    variant_id: str
    session: Runner
    spec: PreprocessSpec
    output: int
    meaning: Literal["logits", "probabilities", "undeclared"]
    label: Callable[[int], str | None]
    bundle: Bundle | None = None
    variant: Variant | None = None
    suspicion: str = "this engine does not run this variant rightly"

    def scores(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifier.scores."""
        outputs = list(self.session.run({self.session.inputs[0].name: batch}).values())
        raw = outputs[self.output]
        if raw.ndim < 2 or len(raw) != len(batch) or any(size != 1 for size in raw.shape[2:]):
            raise NotAClassifierError(
                f"{self.path}: its output has shape {raw.shape} for a batch of {len(batch)}, "
                f"expected a score for every class, ({len(batch)}, classes)"
            )
        raw = raw.reshape(len(batch), -1).astype(np.float32, copy=False)
        self._check(raw)
        if self.meaning == "logits" or (self.meaning == "undeclared" and not _are_distributions(raw)):
            return softmax(raw)
        return raw

    def _check(self, raw: NDArray[np.float32]) -> None:
        """Engines can compute nonsense for a variant that they do not support, and say nothing of it."""
        where = f"{self.path}, {self.variant_id}"
        if not np.isfinite(raw).all():
            wrong = raw.size - np.count_nonzero(np.isfinite(raw))
            raise NotFiniteError(
                f"{where}: {wrong} of {raw.size} scores are NaN or infinite, expected numbers; {self.suspicion}"
            )
        if raw.shape[1] > 1 and (raw == raw[:, :1]).all(axis=1).any():
            raise EngineFailedError(
                f"{where}: all {raw.shape[1]} scores of a picture are equal, expected different ones; {self.suspicion}"
            )


def model_from_bundle(
    path: str | os.PathLike[str],
    variant: str | None,
    options: EngineOptions,
    public_key: str | os.PathLike[str] | None,
) -> Model:
    """Open a bundle, which must be signed with the key if one is given, and load a variant.

    Raises NotAClassifierError, SignatureError, and what Bundle and Bundle.open_session raise.
    """
    bundle = Bundle(path)
    if public_key is not None:
        bundle.verify_signature(public_key)
    spec, output = classes_of_bundle(bundle)
    picked = bundle.pick_variant(variant)
    session = options.open_variant(bundle, picked)
    shapes = [it.shape for it in session.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] not in (-1, 1):
        session.close()
        raise BadBundleError(
            f"{bundle.path}: has preprocessing, but its model takes {' and '.join(map(str, shapes))}, "
            "expected one input of four dimensions whose first is 1 or -1 (any)"
        )
    meaning = bundle.data["outputs"][output]["meaning"]
    return Model(bundle.path, picked.id, session, spec, output, meaning, bundle.label, bundle, picked)


def classes_of_bundle(bundle: Bundle) -> tuple[PreprocessSpec, int]:
    """The preprocessing, and the index of the output that names classes. Raises NotAClassifierError."""
    spec = bundle.preprocess
    classes = [index for index, output in enumerate(bundle.data["outputs"]) if output["meaning"] != "tensor"]
    if spec is None or not classes:
        raise NotAClassifierError(
            f"{bundle.path}: {bundle.name} does not take pictures and name classes; "
            "use Bundle.open_session for its tensors"
        )
    return spec, classes[0]


def model_from_nb(
    path: str | os.PathLike[str],
    spec: PreprocessSpec,
    labels: Sequence[str] | None,
    options: EngineOptions,
) -> Model:
    """Load a bare .nb file. Raises PreprocessingError, LabelsError, NotAClassifierError and what Session raises."""
    file = Path(path)
    description = nb.describe(file)
    outputs = description["outputs"]
    index = next((number for number, it in enumerate(outputs) if _may_name_classes(it["shape"])), None)
    if index is None:
        shapes = " and ".join(str(it["shape"]) for it in outputs)
        raise NotAClassifierError(
            f"{file}: gives {shapes or 'nothing'}, expected a score for every class, [batch, classes]"
        )
    if labels is not None:
        shape = outputs[index]["shape"]
        check_labels(labels, -1 if shape is None else shape[1], "labels", outputs[index]["name"])
    names = tuple(labels or ())
    session = options.open_file(file)
    try:
        check_fit(spec, f"{file}: its preprocessing", session.inputs, "give another with --preprocess FILE")
        if session.inputs[0].shape[0] not in (-1, 1):
            raise NotAClassifierError(
                f"{file}: takes {session.inputs[0].shape[0]} pictures at once, expected 1 or any number"
            )
    except BaseException:
        session.close()
        raise
    return Model(
        path=file,
        variant_id="+".join(target for target in description["targets"] if target != "host") or "host",
        session=session,
        spec=spec,
        output=index,
        meaning="undeclared" if "softmax" in description["ops"] else "logits",
        label=lambda class_id: names[class_id] if class_id < len(names) else None,
    )


def _may_name_classes(shape: list[int] | None) -> bool:
    return shape is None or (len(shape) >= 2 and all(size == 1 for size in shape[2:]))


def _are_distributions(raw: NDArray[np.float32]) -> bool:
    sums = raw.sum(axis=1, dtype=np.float64)
    return bool((raw >= 0).all() and (np.abs(sums - 1) <= _DISTRIBUTION_TOLERANCE).all())
