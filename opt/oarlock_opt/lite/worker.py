"""Runs Paddle Lite's optimiser in worker processes and returns its checked results, or a typed error."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oarlock_opt
from oarlock._catalog import INTERFACES
from oarlock.store import Engine
from oarlock_opt._children import Early, Ended, run_children
from oarlock_opt.errors import OptimizerUnavailableError
from oarlock_opt.lite.targets import Place, Recipe, Variant
from oarlock_opt.source import SourceFiles

__all__ = ["DEFAULT_TIMEOUT", "Optimized", "early_runs", "optimize", "start_early", "worker_hash", "worker_program"]

DEFAULT_TIMEOUT = 600.0
"""Seconds that one run of the optimiser may take."""

# The optimiser copies the parameters several times. With a heap of large pages that is not given back in between, it
# has a fifteenth of the page faults and takes a tenth less time. A C library that does not know these names ignores
# them.
_MEMORY = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
    "glibc.malloc.trim_threshold=4294967295:glibc.malloc.top_pad=4194304"
}


@dataclass(frozen=True)
class Optimized:
    """The result for a variant: the file, what the core says of it (docs/schema/nb.schema.json), and the seconds.

    Variants of one recipe have one file. ``cached`` tells that the file was made by an earlier run. ``needs`` is the
    folder with lists of the operators and kernels that a library for it must have, None where none were asked for.
    """

    variant: Variant
    path: Path
    sha256: str
    description: dict[str, Any]
    seconds: float
    cached: bool = False
    needs: Path | None = None


def worker_program() -> Path:
    """The worker's program. Raises OptimizerUnavailableError when this installation lacks it."""
    # In an editable installation the package spans the source and the folder of what was built.
    for folder in oarlock_opt.__path__:
        program = Path(folder) / "_bin" / "oarlock-lite-optimizer"
        if program.is_file():
            return program
    raise OptimizerUnavailableError(
        f"oarlock-lite-optimizer: the optimiser's worker is missing from this installation of oarlock-opt. {_advice()}"
    )


def worker_hash(version: str) -> str:
    """Stands for the worker as it treats a version of Paddle Lite: another hash, and its results may be others.

    Raises OptimizerUnavailableError and OSError.
    """
    from oarlock._files import sha256_file

    program = worker_program()
    layout = INTERFACES[version].layout.replace(".", "_")
    parts = (program, program.with_name(f"liboarlock_optimizer_{layout}.so"))
    return " ".join(sha256_file(part) for part in parts if part.is_file())


def optimize(
    model: Path,
    params: Path,
    variants: Sequence[Variant],
    *,
    engine: Engine,
    folder: Path,
    timeout: float = DEFAULT_TIMEOUT,
    record: bool = False,
    discard: Sequence[str] = (),
    program: Path | None = None,
    instead: Mapping[Recipe, SourceFiles] | None = None,
    early: Early | None = None,
    on_start: Callable[[Sequence[Variant]], None] = lambda variants: None,
    on_end: Callable[[Sequence[Variant], float], None] = lambda variants, seconds: None,
) -> list[Optimized]:
    """Make the .nb file of every variant, recipes in parallel, and return them in the order given.

    ``model`` and ``params`` are a legacy program and its parameters; ``folder`` is a temporary folder of the caller's,
    which gets the files (messages name the folder that holds it). ``on_start`` and ``on_end`` are told of each run and
    the variants that it serves. ``record`` asks for what each needs of a library. ``discard`` names passes of the
    optimiser that are left out, which versions before 2.11 cannot do. ``program`` stands in for the worker. ``instead``
    has the program for recipes that are made of another one than ``model``. ``early`` has the runs that ``start_early``
    began. Equal input gives equal bytes.

    Raises an OptimizerError at the first run that fails, whereupon the others are killed, and OSError.
    """
    runs = _runs(variants, folder, record=record, discard=discard)
    program = program or worker_program()
    for run in runs:
        run.folder.mkdir()

    def started(index: int) -> None:
        on_start(runs[index].variants)
        importlib.import_module("oarlock_opt.lite._results")  # loads while the optimiser runs

    def ended(index: int, how: Ended) -> None:
        run = runs[index]
        run.finish(how, engine, timeout)
        on_end(run.variants, how.seconds)

    try:
        run_children(
            [run.command(program, engine) for run in runs],
            timeout=timeout,
            stdin=[run.stdin((instead or {}).get(run.recipe) or SourceFiles(model, params)) for run in runs],
            parallel=_parallel(),
            environment={**os.environ, **_MEMORY},
            early=early,
            on_start=started,
            on_end=ended,
        )
    except OSError as error:
        if error.filename != str(program):
            raise
        raise OptimizerUnavailableError(f"{program}: cannot be started ({error.strerror}). {_advice()}") from error
    return [run.result(variant) for variant in variants for run in runs if variant in run.variants]


def early_runs() -> Early:
    """What ``start_early`` puts runs into and ``optimize`` takes them from; a context, which ends the others."""
    return Early({**os.environ, **_MEMORY})


def start_early(
    early: Early, variants: Sequence[Variant], *, engine: Engine, folder: Path, record: bool = False
) -> None:
    """Start as many runs as there are processors, before the model is there: they load the engine meanwhile.

    The other parameters are those of ``optimize``.
    """
    for run in _runs(variants, folder, record=record)[: _parallel()]:
        early.start(run.command(worker_program(), engine))


def _parallel() -> int:
    return len(os.sched_getaffinity(0))


def _advice() -> str:
    from oarlock._checks import reinstall

    return f"It runs on Linux on x86-64; install it again there with `{reinstall('oarlock-opt')}`."


def _runs(variants: Iterable[Variant], folder: Path, *, record: bool, discard: Sequence[str] = ()) -> list[_Run]:
    """A run for each recipe."""
    groups: dict[Recipe, list[Variant]] = {}
    for variant in variants:
        groups.setdefault(variant.recipe, []).append(variant)
    return [_Run(recipe, group, folder, record=record, discard=discard) for recipe, group in groups.items()]


class _Run:
    """One run of the worker, for the variants that share a recipe."""

    def __init__(
        self, recipe: Recipe, variants: Sequence[Variant], folder: Path, *, record: bool, discard: Sequence[str]
    ) -> None:
        self.variants = variants
        self.label = ", ".join(variant.id for variant in variants)
        self.folder = folder / variants[0].id
        self.recipe = recipe
        self._record = record
        self._discard = discard
        self._path = self.folder / "model.nb"
        self._sha256 = ""
        self._description: dict[str, Any] = {}
        self._seconds = 0.0

    def command(self, program: Path, engine: Engine) -> list[str]:
        interface = INTERFACES[engine.version]
        command = [
            *(str(program), "--engine", str(engine.library)),
            *("--layout", interface.layout, "--version", interface.reported),
            *("--output", str(self._path.with_suffix("")), "--places", ",".join(map(_place, self.recipe.places))),
        ]
        if self.recipe.devices:
            command += ["--devices", ",".join(self.recipe.devices)]
        if self.recipe.weight_bits:
            command += ["--weight-bits", str(self.recipe.weight_bits)]
        if self._discard:
            command += ["--discard", ",".join(self._discard)]
        if self._record:
            command += ["--record", "1"]
        return command

    def stdin(self, model: SourceFiles) -> bytes:
        assert model.params is not None  # legacy.write makes an empty file where there are none
        return b"%b\0%b\0" % (os.fsencode(model.program), os.fsencode(model.params))

    def finish(self, ended: Ended, engine: Engine, timeout: float) -> None:
        """Turn a bad end into an error; otherwise normalise and check the file."""
        from oarlock_opt.lite._results import Context, checked

        context = Context(self.label, engine.library, engine.version, timeout, self.folder.parent.parent)
        self._sha256, self._description = checked(self._path, ended, context)
        self._seconds = ended.seconds

    def result(self, variant: Variant) -> Optimized:
        needs = self._path.with_suffix("") if self._record else None
        return Optimized(variant, self._path, self._sha256, self._description, self._seconds, needs=needs)


def _place(place: Place) -> str:
    return f"{place.target}/{place.precision}/{place.layout}"
