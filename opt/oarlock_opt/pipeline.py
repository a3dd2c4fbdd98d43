"""The way from a source model to a bundle: what ``oarlock opt`` does, without a terminal."""

from __future__ import annotations

import errno
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock import store
from oarlock._files import temporary_sibling
from oarlock_opt import bundle_writer, golden, reference
from oarlock_opt.bundle_writer import Content
from oarlock_opt.errors import DestinationError
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import Skipped, Variant, select
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.preprocessing import Interpretation, interpret
from oarlock_opt.repairs import AppliedRepair, repair
from oarlock_opt.source import SourceModel, open_source
from oarlock_opt.zoo_source import export, is_zoo_name

__all__ = ["Listener", "Report", "Request", "make_bundle"]


@dataclass(frozen=True)
class Request:
    """What to make a bundle from, and how.

    The fields are the options of ``oarlock opt``; ``weights`` and ``seed`` are for models of the zoo, and ``timeout``
    is for one run of Paddle Lite's optimiser or of PaddlePaddle's inference.
    """

    source: str
    destination: Path
    targets: tuple[str, ...] = ("x86", "arm64")
    precisions: tuple[str, ...] = ("fp32",)
    name: str | None = None
    preprocess: str | None = None
    labels: str | None = None
    weights: str = "imagenet"
    seed: int = 0
    golden: bool = True
    timeout: float = worker.DEFAULT_TIMEOUT


class Listener:
    """Is told how the work goes on; the methods do nothing until they are overridden."""

    def remark(self, sentence: str) -> None:
        """Something the user should know."""

    def started(self, step: str) -> None:
        """A step that may take a while has begun; several may run at once."""

    def ended(self, step: str, seconds: float) -> None:
        """A step that was started has ended well."""


@dataclass(frozen=True)
class Report:
    """What was made."""

    request: Request
    model: SourceModel
    meaning: Interpretation
    repairs: tuple[AppliedRepair, ...]
    optimized: Sequence[Optimized]
    skipped: tuple[Skipped, ...]
    data: dict[str, Any]
    """The content of bundle.json."""
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report by docs/schema/opt.schema.json."""
        seconds = {each.variant.id: round(each.seconds, 3) for each in self.optimized}
        return {
            "ok": True,
            "bundle": str(self.request.destination),
            "name": self.data["name"],
            "variants": [
                {**{key: it[key] for key in ("id", "file", "size", "ops")}, "seconds": seconds[it["id"]]}
                for it in self.data["variants"]
            ],
            "skipped": [{"id": each.id, "reason": each.reason} for each in self.skipped],
            "repairs": self.data["source"]["repairs"],
            "golden": len(self.data["golden"]["cases"]) if self.data["golden"] is not None else 0,
            "seconds": round(self.seconds, 3),
        }


def make_bundle(request: Request, listener: Listener | None = None) -> Report:
    """Make the bundle. The destination is untouched until the new bundle is complete and checked.

    Raises OarlockError and OSError; then nothing is left behind.
    """
    try:
        return _make_bundle(request, listener or Listener())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DestinationError(
            f"{request.destination.parent}: the disk is full; free some space. Nothing was changed."
        ) from error


def _make_bundle(request: Request, listener: Listener) -> Report:
    start = time.monotonic()
    # First everything that can be refused at once.
    bundle_writer.check_destination(request.destination)
    variants, skipped = select(request.targets, request.precisions)
    for each in skipped:
        listener.remark(f"{each.id} is skipped: {each.reason}")
    engine = store.find("x86")
    worker.worker_program()
    if request.golden:
        reference.require_paddle()

    with temporary_sibling(request.destination) as folder:
        model = _load(request, folder, listener)
        meaning = interpret(model.program, model.folder, preprocess=request.preprocess, labels=request.labels)
        for sentence in meaning.remarks:
            listener.remark(sentence)
        repairs = repair(model.program)
        optimized = _optimize(model, repairs, variants, engine, request.timeout, folder, listener)
        goldens = _record(model, meaning, request.timeout, folder, listener) if request.golden else None
        name = request.name or (model.zoo.name if model.zoo else request.destination.stem)
        content = Content(name, model, meaning, repairs, optimized, engine.version, goldens)
        data = bundle_writer.write(content, request.destination, folder)
    return Report(request, model, meaning, repairs, optimized, skipped, data, time.monotonic() - start)


def _load(request: Request, folder: Path, listener: Listener) -> SourceModel:
    if not is_zoo_name(request.source):
        return open_source(request.source)
    step = f"exporting {request.source}"
    listener.started(step)
    start = time.monotonic()
    model = export(request.source, request.weights, request.seed, folder / "export")
    listener.ended(step, time.monotonic() - start)
    return model


def _optimize(
    model: SourceModel,
    repairs: tuple[AppliedRepair, ...],
    variants: tuple[Variant, ...],
    engine: store.Engine,
    timeout: float,
    folder: Path,
    listener: Listener,
) -> list[Optimized]:
    work = folder / "optimise"
    work.mkdir()
    program, params = model.files.program, model.files.params
    if repairs:
        program = work / "repaired.pdmodel"
        program.write_bytes(model.program.to_bytes())
    if params is None:
        # The optimiser insists on a file; for a model without parameters an empty one will do.
        params = work / "none.pdiparams"
        params.touch()

    def step(served: Sequence[Variant]) -> str:
        return f"optimising {', '.join(variant.id for variant in served)}"

    return worker.optimize(
        program,
        params,
        variants,
        engine=engine,
        folder=work,
        timeout=timeout,
        on_start=lambda served: listener.started(step(served)),
        on_end=lambda served, seconds: listener.ended(step(served), seconds),
    )


def _record(
    model: SourceModel, meaning: Interpretation, timeout: float, folder: Path, listener: Listener
) -> golden.Goldens:
    work = folder / "reference"
    work.mkdir()
    step = "recording PaddlePaddle's answers"
    listener.started(step)
    start = time.monotonic()
    goldens = golden.record(model, meaning.preprocess, folder=work, timeout=timeout)
    listener.ended(step, time.monotonic() - start)
    return goldens
