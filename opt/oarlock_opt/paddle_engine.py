"""PaddlePaddle as an engine of ``oarlock predict``: the functions of oarlock._engines.EngineModule."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from numpy.typing import NDArray

from oarlock._model import Model, classes_of_bundle
from oarlock._specs import TensorSpec
from oarlock.bundle import Bundle
from oarlock.errors import NotAClassifierError
from oarlock_opt.bundle_source import export_again
from oarlock_opt.cache import Cache
from oarlock_opt.interface import Interface
from oarlock_opt.preprocessing import interpret
from oarlock_opt.reference import Options, Reference, named
from oarlock_opt.source import SourceFiles, SourceModel
from oarlock_opt.source import open_source as read_source
from oarlock_opt.zoo_source import export, is_zoo_name

__all__ = ["open_bundle", "open_source"]

_SUSPICION = "PaddlePaddle itself says so, so see whether the parameters are the right ones"
_EXPORTED = "export"


def open_source(
    source: str,
    *,
    preprocess: str | None,
    labels: str | None,
    device: str,
    threads: int,
    remark: Callable[[str], None],
) -> Model:
    """The classifier of a source model, a path or a name of the zoo (with its ImageNet weights).

    Raises SourceError, PreprocessingError, LabelsError, NotAClassifierError, what Reference.open raises, and OSError.
    """
    if not is_zoo_name(source):
        return _opened(source, read_source(source), preprocess, labels, _options(device, threads), remark)
    with tempfile.TemporaryDirectory(prefix="oarlock-predict-") as folder:
        files, _ = export(source, "imagenet", 0, Path(folder, _EXPORTED), Cache.of_user(remark))
        model = read_source(files.program)
        return _opened(source, model, preprocess, labels, _options(device, threads), remark)


def open_bundle(bundle: Bundle, *, device: str, threads: int, remark: Callable[[str], None]) -> Model:
    """The classifier of the model that a bundle was made from, which a bundle does not hold.

    One of the zoo is exported again, and must have the parameters that the bundle records. Raises SourceNotFoundError
    for any other, NotAClassifierError, what Reference.open raises, and OSError.
    """
    spec, output = classes_of_bundle(bundle)
    with tempfile.TemporaryDirectory(prefix="oarlock-predict-") as folder:
        cache = Cache.of_user(remark)
        files = export_again(
            bundle, Path(folder, _EXPORTED), cache, advice="give that model in the place of the bundle"
        )
        session = _Session(files, Interface.of(read_source(files.program).graph), _options(device, threads), remark)
    meaning = bundle.data["outputs"][output]["meaning"]
    return Model(bundle.path, "paddle-fp32", session, spec, output, meaning, bundle.label, suspicion=_SUSPICION)


def _options(device: str, threads: int) -> Options:
    return Options(device=cast("Literal['auto', 'gpu', 'cpu']", device), threads=threads)


def _opened(
    name: str,
    model: SourceModel,
    preprocess: str | None,
    labels: str | None,
    options: Options,
    remark: Callable[[str], None],
) -> Model:
    interface = Interface.of(model.graph)
    meaning = interpret(interface, model.folder, preprocess=preprocess, labels=labels)
    output = next((index for index, each in enumerate(meaning.meanings) if each != "tensor"), None)
    if meaning.preprocess is None or output is None:
        raise NotAClassifierError(
            f"{name}: does not take pictures and name classes, expected an input of 3-channel pictures with "
            "preprocessing and an output [batch, classes]"
        )
    batch = interface.inputs[0].shape[0]
    if batch not in (-1, 1):
        raise NotAClassifierError(f"{name}: takes {batch} pictures at once, expected 1 or any number")
    for sentence in meaning.remarks:
        remark(sentence)
    names = meaning.labels or ()
    return Model(
        path=Path(name),
        variant_id="paddle-fp32",
        session=_Session(model.files, interface, options, remark),
        spec=meaning.preprocess,
        output=output,
        meaning=cast("Literal['logits', 'probabilities']", meaning.meanings[output]),
        label=lambda class_id: names[class_id] if class_id < len(names) else None,
        suspicion=_SUSPICION,
    )


class _Session:
    """A Reference as a session: its outputs by the names of ``interface``, in that order."""

    def __init__(
        self, files: SourceFiles, interface: Interface, options: Options, remark: Callable[[str], None]
    ) -> None:
        self._interface = interface
        self._reference = Reference.open(files, options)
        facts = self._reference.facts
        threads = "one thread" if facts.threads == 1 else f"{facts.threads} threads"
        where = f"{facts.device} in {threads}" if facts.device == "cpu" else facts.device
        remark(f"PaddlePaddle {facts.version} answers, on {where}.")

    @property
    def inputs(self) -> Sequence[TensorSpec]:
        return self._interface.inputs

    @property
    def last_run_seconds(self) -> float:
        return self._reference.last_run_seconds

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return named(self._reference.run(feeds), self._interface)

    def close(self) -> None:
        self._reference.close()
