"""What ``oarlock verify`` does, without a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oarlock import Bundle
from oarlock.bundle import Variant
from oarlock.errors import NotAClassifierError, NotFoundError, OarlockError
from oarlock_opt.cache import Cache
from oarlock_opt.reference import Options
from oarlock_opt.verify.goldens import compare_goldens
from oarlock_opt.verify.judge import find_source, open_judge
from oarlock_opt.verify.labelled import Picture
from oarlock_opt.verify.limits import limits_of
from oarlock_opt.verify.pictures import compare_pictures
from oarlock_opt.verify.places import Place, Runner
from oarlock_opt.verify.results import VariantResult, Verification
from oarlock_opt.verify.sentences import sentence_on

__all__ = ["Listener", "Request", "verify"]


class Listener:
    """Is told how the work goes on; the methods do nothing until they are overridden."""

    def remark(self, sentence: str) -> None:
        """Something the user should know."""

    def step(self, words: str) -> None:
        """What is being done now."""

    def pictures(self, count: int) -> None:
        """So many pictures are next."""

    def picture_done(self) -> None:
        """One more picture."""


@dataclass(frozen=True)
class Request:
    """What to verify, and how: the options of ``oarlock verify``.

    ``variants`` are ids, all of the bundle where empty. ``reference`` is the source model for pictures and layers.
    ``error`` and ``agreement`` are limits for every variant, see ``limits_of``. ``layers`` compares every operator of
    the variants, and saves what reproduces the first that leaves the reference below ``save_inputs``.
    """

    bundle: Path
    place: Place
    variants: tuple[str, ...] = ()
    pictures: Sequence[Picture] = ()
    reference: Path | None = None
    preprocess: str | None = None
    options: Options = field(default_factory=Options)
    error: float | None = None
    agreement: float | None = None
    layers: bool = False
    save_inputs: Path | None = None
    timeout: float = 600.0


def verify(request: Request, listener: Listener | None = None) -> Verification:
    """Verify a bundle. Raises OarlockError where nothing can be verified; what a variant raises is in its result."""
    start = time.monotonic()
    listener = listener or Listener()
    bundle = Bundle.open(request.bundle)
    if request.pictures and bundle.preprocess is None:
        raise NotAClassifierError(f"{bundle.path}: takes no pictures, only tensors; verify it over its goldens alone")
    with ExitStack() as stack:
        work = _Work(request, listener, bundle, stack)
        results = [work.opened(variant) for variant in work.chosen()]
        for result in results:
            work.goldens(result)
        facts, failed = work.pictures(results)
        if request.layers:
            for result in results:
                work.layers(result)
        for result in results:
            result.sentence = sentence_on(result)
        golden = bundle.data["golden"]
        return Verification(
            bundle=str(request.bundle),
            name=bundle.name,
            place=request.place.name,
            environment=request.place.environment,
            reference=facts or (None if golden is None else golden["reference"]),
            pictures=len(request.pictures),
            labelled=any(each.label is not None for each in request.pictures),
            failed=failed,
            variants=results,
            seconds=time.monotonic() - start,
        )


class _Work:
    def __init__(self, request: Request, listener: Listener, bundle: Bundle, stack: ExitStack) -> None:
        self._request = request
        self._listener = listener
        self._bundle = bundle
        self._stack = stack
        self._runners: dict[str, Runner] = {}
        self._cache = Cache.of_user(listener.remark)

    def chosen(self) -> list[Variant]:
        """The variants asked for. Raises NotFoundError."""
        wanted, there = self._request.variants, self._bundle.variants
        for name in wanted:
            if name not in (ids := [each.id for each in there]):
                raise NotFoundError(f"{self._bundle.path}: has no variant {name}; it has {', '.join(ids)}")
        return [each for each in there if not wanted or each.id in wanted]

    def opened(self, variant: Variant) -> VariantResult:
        """Open the variant where it is to run."""
        request, golden = self._request, self._bundle.data["golden"]
        tolerances: Mapping[str, Any] = {} if golden is None else golden["tolerances"]
        limits = limits_of(variant.precision, tolerances, error=request.error, agreement=request.agreement)
        result = VariantResult(variant.id, variant.precision, variant.size, limits)
        result.refusal = request.place.refusal(self._bundle, variant)
        if result.refusal is None:
            self._listener.step(f"opening {variant.id}")
            with _into(result):
                runner = request.place.open(self._bundle, variant)
                self._stack.callback(runner.close)
                self._runners[variant.id] = runner
        return result

    def goldens(self, result: VariantResult) -> None:
        """The golden inputs by an opened variant."""
        if result.ran and self._bundle.data["golden"] is not None:
            self._listener.step(f"replaying the goldens with {result.id}")
            with _into(result):
                runner = self._runners[result.id]
                result.goldens = compare_goldens(self._bundle, runner, result.limits, result.precision)

    def pictures(self, results: Sequence[VariantResult]) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
        """The pictures by all opened variants; returns what the reference is, and the pictures that failed."""
        request = self._request
        variants = [(each, self._runners[each.id]) for each in results if each.ran]
        if not request.pictures or not variants:
            return None, []
        self._listener.step("opening the reference")
        with (
            find_source(self._bundle, request.reference, self._cache, self._listener.remark) as files,
            open_judge(
                self._bundle,
                files,
                preprocess=request.preprocess,
                options=request.options,
                timeout=request.timeout,
                remark=self._listener.remark,
            ) as judge,
        ):
            self._listener.pictures(len(request.pictures))
            failed = compare_pictures(
                self._bundle,
                judge,
                variants,
                request.pictures,
                stated_error=request.error is not None,
                on_picture=self._listener.picture_done,
            )
            return judge.facts, failed

    def layers(self, result: VariantResult) -> None:
        """Every operator of a variant against the reference, over the golden inputs or the first picture."""
        if not result.ran:
            return
        from oarlock_opt.verify.layers import compare, of_the_source

        if not of_the_source(next(each for each in self._bundle.variants if each.id == result.id)):
            self._listener.remark(
                f"{result.id}: its operators are not compared, for it was made of another program than the source."
            )
            return
        self._listener.step(f"comparing the operators of {result.id}")
        request = self._request
        with find_source(self._bundle, request.reference, self._cache, self._listener.remark) as files:
            result.layers = compare(
                self._bundle,
                result.id,
                files,
                pictures=request.pictures,
                cache=self._cache,
                save_to=None if request.save_inputs is None else request.save_inputs / result.id,
                timeout=request.timeout,
            )


@contextmanager
def _into(result: VariantResult) -> Iterator[None]:
    """Put an OarlockError into the result of the variant that it is of."""
    try:
        yield
    except OarlockError as error:
        result.error = {"code": error.code, "message": error.message}
