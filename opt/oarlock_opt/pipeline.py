"""The way from a source model to a bundle: what ``oarlock opt`` does, without a terminal."""

from __future__ import annotations

import errno
import importlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock import store
from oarlock._files import temporary_sibling
from oarlock_opt.cache import Cache
from oarlock_opt.destination import check_destination
from oarlock_opt.errors import DestinationError, TargetError
from oarlock_opt.imported import Imported, import_model, keep
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import Skipped, Variant, select, skipped_remarks
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.source import SourceFiles, ZooOrigin, find_files
from oarlock_opt.variants import make_variants
from oarlock_opt.zoo_source import export, is_zoo_name

if TYPE_CHECKING:
    from types import TracebackType

    from oarlock_opt._children import Early
    from oarlock_opt.calibrated import Calibrated
    from oarlock_opt.golden import Goldens
    from oarlock_opt.lite.tailoring import Tailoring
    from oarlock_opt.preprocessing import Interpretation
    from oarlock_opt.quantize import Options as CalibrationOptions

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
    places: tuple[str, ...] = ()
    lite: str = store.DEFAULT_VERSION
    golden: bool = True
    cache: bool = True
    record_tailoring: Path | None = None
    calibration: CalibrationOptions | None = None
    save_quantized: Path | None = None
    timeout: float = worker.DEFAULT_TIMEOUT


class Listener:
    """Is told how the work goes on; the methods do nothing until they are overridden."""

    def remark(self, sentence: str) -> None:
        """Something the user should know."""

    def started(self, step: str) -> None:
        """A step that may take a while has begun; several may run at once."""

    def progress(self, step: str, words: str) -> None:
        """How far a step is that was started."""

    def ended(self, step: str, seconds: float) -> None:
        """A step that was started has ended well."""


@dataclass(frozen=True)
class Report:
    """What was made."""

    request: Request
    model: Imported
    meaning: Interpretation
    optimized: Sequence[Optimized]
    skipped: tuple[Skipped, ...]
    tailored: tuple[Tailoring, ...]
    data: dict[str, Any]
    """The content of bundle.json."""
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report by docs/schema/opt.schema.json."""
        return {
            "ok": True,
            "bundle": str(self.request.destination),
            "name": self.data["name"],
            "lite": self.request.lite,
            "variants": [self._variant(it) for it in self.data["variants"]],
            "skipped": [{"id": each.id, "reason": each.reason} for each in self.skipped],
            "repairs": self.data["source"]["repairs"],
            "golden": len(self.data["golden"]["cases"]) if self.data["golden"] is not None else 0,
            "tailored": [each.to_json() for each in self.tailored],
            "seconds": round(self.seconds, 3),
        }

    def _variant(self, listed: dict[str, Any]) -> dict[str, Any]:
        """What the report says of a variant of bundle.json."""
        from oarlock_opt.lite.comparison import compare
        from oarlock_opt.lite.fallbacks import fallbacks

        result = next(each for each in self.optimized if each.variant.id == listed["id"])
        comparison = compare(result, self.optimized)
        return {
            **{key: listed[key] for key in ("id", "file", "size", "ops", "quantisation")},
            "seconds": round(result.seconds, 3),
            "cached": result.cached,
            "fallbacks": [each.to_json() for each in fallbacks(result.variant, result.description["kernel_ops"])],
            "against_fp32": None if comparison is None else comparison.to_json(),
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
    check_destination(request.destination)
    calibrates = request.calibration is not None
    variants, skipped = select(request.targets, request.precisions, _custom(request.places), calibrated=calibrates)
    floats = [variant for variant in variants if not variant.recipe.calibrated]
    to_calibrate = [variant for variant in variants if variant.recipe.calibrated]
    for sentence in skipped_remarks(skipped):
        listener.remark(sentence)
    engine = store.find("x86", request.lite)
    worker.worker_program()
    if request.save_quantized is not None:
        from oarlock_opt.calibrated import check_save_destination

        check_save_destination(request.save_quantized)
    if request.golden:
        from oarlock_opt._paddle import require_paddle

        require_paddle("make the bundle without reference answers: --no-golden")
    cache = Cache.of_user(listener.remark) if request.cache else Cache.none()

    with temporary_sibling(request.destination) as folder, _Work(request, listener, cache, folder) as work:
        files, zoo = work.source()
        model = work.imported(files, zoo, floats, engine)
        refused = work.refused(model, variants)
        skipped += refused
        floats = [variant for variant in floats if variant.id not in {each.id for each in refused}]
        optimized = work.optimized(model, floats, engine)
        meaning = work.interpreted(model)
        goldens = work.goldens(model, meaning) if request.golden else None
        calibrated = work.calibrated(model, meaning, to_calibrate, engine) if to_calibrate else None
        measured = work.measured_weights(model, meaning, floats)
        facts = tolerance = None
        if calibrated is not None:
            optimized += calibrated.optimized
            facts = calibrated.facts
            tolerance = None if goldens is None else calibrated.tolerance(goldens, timeout=request.timeout)
        from oarlock_opt import bundle_writer

        name = request.name or (zoo.name if zoo else request.destination.stem)
        content = bundle_writer.Content(
            name, model, meaning, optimized, engine.version, goldens, facts, tolerance, measured
        )
        tailored = _tailored(optimized, request.record_tailoring)
        data = bundle_writer.write(content, request.destination, folder)
        if calibrated is not None and request.save_quantized is not None:
            from oarlock_opt.calibrated import save

            save(calibrated.quantized, request.save_quantized)
    return Report(request, model, meaning, optimized, skipped, tailored, data, time.monotonic() - start)


# Modules that few calls need are imported by those: the sooner the optimiser starts, the sooner all is done.


def _custom(places: Sequence[str]) -> list[Variant]:
    if not places:
        return []
    from oarlock_opt.lite import custom

    return [custom.parse(text) for text in places]


def _tailored(optimized: Sequence[Optimized], folder: Path | None) -> tuple[Tailoring, ...]:
    if folder is None:
        return ()
    from oarlock_opt.lite.tailoring import tailor

    return tailor(optimized, folder)


def _optimising(served: Sequence[Variant]) -> str:
    return f"optimising {', '.join(variant.id for variant in served)}"


class _Work:
    """The steps, each in a folder of its own within ``folder``."""

    def __init__(self, request: Request, listener: Listener, cache: Cache, folder: Path) -> None:
        self._request = request
        self._listener = listener
        self._cache = cache
        self._folder = folder
        self._optimised = self._subfolder("optimise")
        self._meaning: Interpretation | None = None
        self._stack = ExitStack()
        self._early: Early | None = None

    def __enter__(self) -> _Work:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def source(self) -> tuple[SourceFiles, ZooOrigin | None]:
        request = self._request
        if not is_zoo_name(request.source):
            files = find_files(Path(request.source))
            if (other := files.passed_over) is not None:
                self._listener.remark(
                    f"{files.folder} holds the model as PIR and as a legacy program; {files.program.name} is taken. "
                    f"Give the path of {other.name} for the other."
                )
            return files, None
        with self._step(f"exporting {request.source}"):
            return export(request.source, request.weights, request.seed, self._folder / "export", self._cache)

    def imported(
        self, files: SourceFiles, zoo: ZooOrigin | None, variants: Sequence[Variant], engine: store.Engine
    ) -> Imported:
        def start_early() -> None:
            self._early = self._stack.enter_context(worker.early_runs())
            worker.start_early(self._early, variants, engine=engine, folder=self._optimised, record=self._recorded)

        with self._step(f"reading {files.program.name}"):
            return import_model(
                files,
                zoo,
                lite_version=engine.version,
                folder=self._subfolder("program"),
                cache=self._cache,
                on_read=start_early,
            )

    def refused(self, model: Imported, variants: Sequence[Variant]) -> tuple[Skipped, ...]:
        """The weight-only variants that would be wrong. Raises TargetError when there are no others."""
        if not any(variant.recipe.weight_bits for variant in variants):
            return ()
        from oarlock_opt.lite import weights

        found = weights.refused(model.graph, variants)
        if len(found) == len(variants):
            raise TargetError(" ".join(f"{each.id}: {each.reason}" for each in found))
        for sentence in skipped_remarks(found):
            self._listener.remark(sentence)
        return tuple(found)

    def interpreted(self, model: Imported) -> Interpretation:
        if self._meaning is None:
            from oarlock_opt.preprocessing import interpret

            request = self._request
            self._meaning = interpret(
                model.interface, model.files.folder, preprocess=request.preprocess, labels=request.labels
            )
            for sentence in self._meaning.remarks:
                self._listener.remark(sentence)
        return self._meaning

    def optimized(self, model: Imported, variants: Sequence[Variant], engine: store.Engine) -> list[Optimized]:
        def started(served: Sequence[Variant]) -> None:
            self._listener.started(_optimising(served))
            # The optimiser is another process: what does not depend on it is done, and loaded, meanwhile.
            model.hashes.begin()
            self.interpreted(model)
            importlib.import_module("oarlock_opt.bundle_writer")

        optimized = make_variants(
            model,
            variants,
            engine=engine,
            folder=self._optimised,
            timeout=self._request.timeout,
            record=self._recorded,
            cache=self._cache,
            early=self._early,
            on_start=started,
            on_end=lambda served, seconds: self._listener.ended(_optimising(served), seconds),
            searching=lambda: self._step("looking for the operator that the optimiser fails on"),
        )
        keep(model, self._cache)
        return optimized

    def calibrated(
        self, model: Imported, meaning: Interpretation, variants: Sequence[Variant], engine: store.Engine
    ) -> Calibrated:
        from oarlock_opt import calibrated, quantize

        request, step = self._request, "calibrating"
        assert request.calibration is not None
        with self._step(step):
            quantized = quantize.quantize(
                model.program,
                model.graph,
                meaning,
                request.calibration,
                name=str(model.files.program) if model.zoo is None else model.zoo.name,
                key=model.key,
                folder=self._subfolder("quantize"),
                timeout=request.timeout,
                cache=self._cache,
                listener=quantize.Listener(lambda words: self._listener.progress(step, words), self._listener.remark),
            )
        return calibrated.make(
            model,
            quantized,
            variants,
            engine=engine,
            folder=self._optimised,
            timeout=request.timeout,
            record=self._recorded,
            cache=self._cache,
            on_start=lambda served: self._listener.started(_optimising(served)),
            on_end=lambda served, seconds: self._listener.ended(_optimising(served), seconds),
        )

    def measured_weights(
        self, model: Imported, meaning: Interpretation, variants: Sequence[Variant]
    ) -> dict[int, dict[str, Any]]:
        """What weights in few bits cost, by the number of bits, where there is something to judge by."""
        bits = sorted({variant.recipe.weight_bits for variant in variants} - {0})
        options = self._request.calibration
        if options is None or not bits:
            return {}
        from oarlock_opt import quantize
        from oarlock_opt.lite import weights
        from oarlock_opt.quantize import weights_only

        step = "judging weight-only variants"
        with self._step(step):
            return weights_only.measure(
                weights.restored(model, self._folder / "judged-products").program,
                meaning,
                options,
                bits,
                folder=self._subfolder("weights"),
                timeout=self._request.timeout,
                listener=quantize.Listener(lambda words: self._listener.progress(step, words), self._listener.remark),
            )

    def goldens(self, model: Imported, meaning: Interpretation) -> Goldens:
        from oarlock_opt import golden
        from oarlock_opt._answers import Known

        known = Known(model.hashes.get(), self._cache, self._subfolder("answers"))
        with self._step("recording PaddlePaddle's answers"):
            return golden.record(
                model.files,
                model.interface,
                meaning.preprocess,
                timeout=self._request.timeout,
                known=known,
            )

    @property
    def _recorded(self) -> bool:
        return self._request.record_tailoring is not None

    def _subfolder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._listener.started(name)
        start = time.monotonic()
        yield
        self._listener.ended(name, time.monotonic() - start)
