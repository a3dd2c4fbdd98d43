"""The optimised models of a bundle: those that an earlier run made from the cache, the others from the optimiser."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock.store import Engine
from oarlock_opt._children import Early
from oarlock_opt._code import code_hash
from oarlock_opt.cache import Cache, key_of
from oarlock_opt.errors import OptimizerAbortedError, OptimizerCrashedError
from oarlock_opt.imported import Imported
from oarlock_opt.lite import worker
from oarlock_opt.lite.kernels import needs, require_kernels
from oarlock_opt.lite.targets import Recipe, Variant
from oarlock_opt.lite.worker import Optimized

__all__ = ["make_variants"]

_KIND = "variants"
_FILE = "model.nb"


def make_variants(
    model: Imported,
    variants: Sequence[Variant],
    *,
    engine: Engine,
    folder: Path,
    timeout: float,
    record: bool,
    cache: Cache,
    early: Early | None = None,
    on_start: Callable[[Sequence[Variant]], None],
    on_end: Callable[[Sequence[Variant], float], None],
    searching: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[Optimized]:
    """The result for every variant, in the order given.

    The other parameters are those of ``worker.optimize``, which this calls for what is not in the cache, and whose
    errors it raises; before it does, NoKernelError when the engine lacks kernels. Weight-only variants are made of the
    model with its products restored (``lite.weights``). With ``record``, nothing is taken from the cache, where what is
    recorded is not kept. ``searching`` gives the context in which the operator that the optimiser crashed on is looked
    for, which takes a while.
    """
    shelf = _Shelf(model, engine, folder, cache)
    recipes = dict.fromkeys(variant.recipe for variant in variants)
    found = {recipe: None if record else shelf.take(recipe) for recipe in recipes}
    missing = [variant for variant in variants if found[variant.recipe] is None]
    made = {}
    if missing:
        weight_only = _for_weights(model, missing, folder)
        require_kernels(needs(model.graph), variants, engine.version)
        try:
            results = worker.optimize(
                model.program.program,
                _params(model),
                missing,
                engine=engine,
                folder=folder,
                timeout=timeout,
                record=record,
                instead={recipe: weight_only.program for recipe in recipes if recipe.weight_bits},
                early=early,
                on_start=on_start,
                on_end=on_end,
            )
        except (OptimizerAbortedError, OptimizerCrashedError) as error:
            if error.op:
                raise
            from oarlock_opt.lite.bisect import name_operator

            failed = next(variant for variant in missing if variant.id in error.variants.split(", "))
            given = weight_only if failed.recipe.weight_bits else model
            with searching():
                raise name_operator(error, given.graph, failed, engine, folder) from None
        made = {result.variant: result for result in results}
        for result in {result.path: result for result in results}.values():
            shelf.keep(result)
    return [made[variant] if (kept := found[variant.recipe]) is None else kept.result(variant) for variant in variants]


def _for_weights(model: Imported, variants: Sequence[Variant], folder: Path) -> Imported:
    """What weight-only variants are made of; the model itself where there are none."""
    if not any(variant.recipe.weight_bits for variant in variants):
        return model
    from oarlock_opt.lite import weights

    return weights.restored(model, folder / "restored-products")


def _params(model: Imported) -> Path:
    assert model.program.params is not None  # legacy.write makes an empty file where there are none
    return model.program.params


@dataclass(frozen=True)
class _Taken:
    """A file from the cache, for every variant of a recipe."""

    path: Path
    sha256: str
    description: dict[str, Any]
    seconds: float

    def result(self, variant: Variant) -> Optimized:
        return Optimized(variant, self.path, self.sha256, self.description, self.seconds, cached=True)


class _Shelf:
    """Where the results for one model and engine are in the cache.

    What weight-only variants are made of follows from the model and from the code in ``lite``, which the key has.
    """

    def __init__(self, model: Imported, engine: Engine, folder: Path, cache: Cache) -> None:
        self._model = model
        self._engine = engine
        self._folder = folder
        self._cache = cache

    def take(self, recipe: Recipe) -> _Taken | None:
        """The file for a recipe, copied into the folder."""
        if not self._cache.holds(_KIND):
            return None
        start = time.monotonic()
        key = self._key(recipe)
        entry = self._cache.find(_KIND, key)
        if entry is None:
            return None
        path = self._folder / key
        if not entry.take(_FILE, path):
            return None
        return _Taken(path, entry.files[_FILE], entry.facts, time.monotonic() - start)

    def keep(self, result: Optimized) -> None:
        self._cache.keep(
            _KIND, self._key(result.variant.recipe), result.description, {_FILE: result.path}, {_FILE: result.sha256}
        )

    def _key(self, recipe: Recipe) -> str:
        if not self._cache.enabled:
            return ""
        return key_of(
            model=self._model.key,
            engine=[self._engine.version, self._engine.sha256],
            recipe=repr(recipe),
            worker=worker.worker_hash(self._engine.version),
            code=code_hash("lite"),
        )
