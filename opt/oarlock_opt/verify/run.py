"""What ``oarlock verify`` does, without a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

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

T = TypeVar("T")


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

    ``places`` are one or more, with names of their own, at which things go on at once; they are closed in the end.
    ``variants`` are ids, all of the bundle where empty. ``reference`` is the source model for pictures and layers.
    ``error`` and ``agreement`` are limits for every variant, see ``limits_of``. ``layers`` compares every operator of
    the variants, and saves what reproduces the first that leaves the reference below ``save_inputs``.
    """

    bundle: Path
    places: Sequence[Place]
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
        for place in request.places:
            stack.callback(place.close)
        work = _Work(request, listener, bundle, stack)
        results = work.opened(work.chosen())
        work.goldens(results)
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
            places=[place.name for place in request.places],
            environment=_environment(request.places),
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
        self._runners: dict[tuple[str, str], Runner] = {}
        self._cache = Cache.of_user(listener.remark)

    def chosen(self) -> list[Variant]:
        """The variants asked for. Raises NotFoundError."""
        wanted, there = self._request.variants, self._bundle.variants
        for name in wanted:
            if name not in (ids := [each.id for each in there]):
                raise NotFoundError(f"{self._bundle.path}: has no variant {name}; it has {', '.join(ids)}")
        return [each for each in there if not wanted or each.id in wanted]

    def opened(self, variants: Sequence[Variant]) -> list[VariantResult]:
        """Open the variants wherever they are to run.

        Raises the OarlockError for which nothing can be run at the only place; of several, it is in its results.
        """
        return [result for results in self._beside(lambda it: self._opened(it, variants)) for result in results]

    def goldens(self, results: Sequence[VariantResult]) -> None:
        """The golden inputs by the opened variants."""
        if self._bundle.data["golden"] is not None:
            self._beside(lambda place: self._goldens([it for it in results if it.ran and it.place == place.name]))

    def _beside(self, work: Callable[[Place], T]) -> list[T]:
        """``work`` for every place, at once; what came of it in the order of the places."""
        places = self._request.places
        if len(places) == 1:
            return [work(places[0])]
        with ThreadPoolExecutor(len(places)) as pool:
            futures = [pool.submit(work, place) for place in places]
            try:
                return [future.result() for future in futures]
            except BaseException:  # Ctrl-C, for one: nobody waits for the others
                for place in places:
                    place.close()
                raise

    def _opened(self, place: Place, variants: Sequence[Variant]) -> list[VariantResult]:
        golden = self._bundle.data["golden"]
        tolerances: Mapping[str, Any] = {} if golden is None else golden["tolerances"]
        error, agreement = self._request.error, self._request.agreement
        results = []
        unusable: OarlockError | None = None
        for variant in variants:
            limits = limits_of(variant.precision, tolerances, error=error, agreement=agreement)
            result = VariantResult(variant.id, variant.precision, variant.size, limits, place=place.name)
            results.append(result)
            try:
                if unusable is not None:
                    raise unusable
                result.refusal = place.refusal(self._bundle, variant)
            except OarlockError as failure:
                if len(self._request.places) == 1:
                    raise
                unusable = failure
                result.error = {"code": failure.code, "message": failure.message}
            if result.ran:
                self._listener.step(f"opening {self._called(result)}")
                with _into(result):
                    runner = place.open(self._bundle, variant)
                    self._stack.callback(runner.close)
                    self._runners[place.name, variant.id] = runner
        return results

    def _goldens(self, results: Sequence[VariantResult]) -> None:
        for result in results:
            self._listener.step(f"replaying the goldens with {self._called(result)}")
            with _into(result):
                runner = self._runners[result.place, result.id]
                result.goldens = compare_goldens(self._bundle, runner, result.limits, result.precision)

    def _called(self, result: VariantResult) -> str:
        return result.id if len(self._request.places) == 1 else f"{result.id} on {result.place}"

    def pictures(self, results: Sequence[VariantResult]) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
        """The pictures by all opened variants; returns what the reference is, and the pictures that failed."""
        request = self._request
        variants = [(each, self._runners[each.place, each.id]) for each in results if each.ran]
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
        if result.place != "host":
            self._listener.remark(f"{result.id}: operators are compared on the host alone, not on {result.place}.")
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


def _environment(places: Sequence[Place]) -> dict[str, str]:
    """Of all places; where there are several, keys begin with the place."""
    if len(places) == 1:
        return dict(places[0].environment)
    return {f"{place.name} {key}": value for place in places for key, value in place.environment.items()}


@contextmanager
def _into(result: VariantResult) -> Iterator[None]:
    """Put an OarlockError into the result of the variant that it is of."""
    try:
        yield
    except OarlockError as error:
        result.error = {"code": error.code, "message": error.message}
