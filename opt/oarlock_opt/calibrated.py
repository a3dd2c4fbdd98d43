"""The calibrated variants of a bundle: the model quantised once, then optimised for each target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock._files import replace_directory, sha256_file, temporary_sibling
from oarlock.store import Engine
from oarlock_opt.cache import Cache, key_of
from oarlock_opt.errors import DestinationError
from oarlock_opt.imported import Imported
from oarlock_opt.importer import legacy
from oarlock_opt.lite.targets import Variant
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.quantize import Quantized
from oarlock_opt.source import SourceFiles
from oarlock_opt.variants import make_variants

if TYPE_CHECKING:
    from oarlock_opt.golden import Goldens

__all__ = ["CACHE_KIND", "Calibrated", "check_save_destination", "make", "save"]

CACHE_KIND = "quantized"
"""Under this kind and the SHA-256 of a calibrated .nb file, the cache keeps the program that it was made from."""

_PROGRAM, _PARAMS = "model.pdmodel", "model.pdiparams"
_ROOM, _LEAST = 2.0, 0.02


@dataclass(frozen=True)
class Calibrated:
    """The calibrated variants and what they were made from."""

    optimized: tuple[Optimized, ...]
    quantized: Quantized

    @property
    def facts(self) -> Mapping[str, Any]:
        """``variants[].quantisation`` of bundle.json."""
        return self.quantized.facts

    def tolerance(self, goldens: Goldens, *, timeout: float) -> float:
        """The largest relative error that golden cases may have on a device.

        Twice that of PaddlePaddle's own run of the quantised program, and a little. Raises ReferenceFailedError.
        """
        import numpy as np

        from oarlock_opt import reference

        answers = reference.run(self.quantized.program, [case.inputs for case in goldens.cases], timeout=timeout)
        largest = 0.0
        for case, outputs in zip(goldens.cases, answers.outputs, strict=True):
            for expected, found in zip(case.outputs.values(), outputs.values(), strict=True):
                difference = np.abs(np.atleast_1d(found) - expected).max()
                largest = max(largest, float(difference / max(float(np.abs(expected).max()), 1e-30)))
        return float(f"{_ROOM * largest + _LEAST:.2g}")


def make(
    model: Imported,
    quantized: Quantized,
    variants: Sequence[Variant],
    *,
    engine: Engine,
    folder: Path,
    timeout: float,
    record: bool,
    cache: Cache,
    on_start: Callable[[Sequence[Variant]], None],
    on_end: Callable[[Sequence[Variant], float], None],
) -> Calibrated:
    """Optimise the quantised program for ``variants``; the parameters are those of ``make_variants``.

    The program is kept in the cache for whoever wants PaddlePaddle's answers of a variant. Raises what
    ``make_variants`` raises.
    """
    optimized = []
    for target in dict.fromkeys(variant.target == "x86" for variant in variants):
        ours = [variant for variant in variants if (variant.target == "x86") == target]
        program, origins = (quantized.program, quantized.origins) if not target else _for_x86(quantized, engine, folder)
        assert program.params is not None
        key = ""
        if cache.enabled:
            key = key_of(model=model.key, quantized=[sha256_file(path) for path in program.all])
        optimized += make_variants(
            replace(model, program=program, _key=partial(str, key), _origins=origins, _graph=None),
            ours,
            engine=engine,
            folder=folder,
            timeout=timeout,
            record=record,
            cache=cache,
            on_start=on_start,
            on_end=on_end,
        )
    assert quantized.program.params is not None
    files = {_PROGRAM: quantized.program.program, _PARAMS: quantized.program.params}
    for digest in {each.sha256 for each in optimized}:
        cache.keep(CACHE_KIND, digest, dict(quantized.facts), files)
    return Calibrated(tuple(optimized), quantized)


def check_save_destination(folder: Path) -> None:
    """Raise DestinationError unless the quantised program can be saved as ``folder``, which must be new or empty."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DestinationError(f"{folder}: is no folder; the quantised program is saved in a new or an empty one")
    if folder.is_dir() and any(folder.iterdir()):
        raise DestinationError(f"{folder}: is not empty; the quantised program is saved in a new or an empty folder")
    if not folder.parent.is_dir():
        raise DestinationError(f"{folder.parent}: no such folder, in which the quantised program is to be saved")


def save(quantized: Quantized, folder: Path) -> None:
    """Save the program and its parameters as ``folder``. Raises DestinationError and OSError."""
    import shutil

    check_save_destination(folder)
    with temporary_sibling(folder) as temporary:
        new = temporary / "quantized"
        new.mkdir()
        for path in quantized.program.all:
            shutil.copyfile(path, new / path.name)
        replace_directory(new, folder)


def _for_x86(quantized: Quantized, engine: Engine, folder: Path) -> tuple[SourceFiles, tuple[str, ...]]:
    """The program with other operators, whose kernels for x86 are right, and the origins of these."""
    from oarlock_opt.lite.x86_int8 import use_right_kernels

    graph = legacy.read(quantized.program)
    for node, origin in zip(graph.nodes, quantized.origins, strict=True):
        node.origin = origin
    use_right_kernels(graph, engine.version)
    own = folder / "x86-int8-program"
    own.mkdir()
    return legacy.write(graph, own), tuple(node.origin for node in graph.nodes)
