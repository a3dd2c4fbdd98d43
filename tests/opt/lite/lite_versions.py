"""What works with each version of Paddle Lite: measured, and the table of docs/lite-versions.md.

    python -m tests.opt.lite.lite_versions          installs the versions, measures, and writes the table anew

tests/opt/lite/test_versions.py holds that the table is right.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oarlock import IsolatedSession, store
from oarlock._catalog import OFFERED_VERSIONS
from oarlock.errors import OarlockError
from oarlock_opt.cache import Cache
from oarlock_opt.golden import TOLERANCES
from oarlock_opt.imported import Imported, import_model
from oarlock_opt.lite import weights, worker
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, Variant, select
from oarlock_opt.source import SourceFiles, find_files
from tests.opt.importer.running import paddle_answers, relative_error

PAGE = Path(__file__).parents[3] / "docs" / "lite-versions.md"
NETWORKS = (
    ("EfficientNetLite0", "legacy"),
    ("DPN68", "legacy"),
    ("densenet121", "pir"),
    ("googlenet", "pir"),
    ("inception_v3", "pir"),
    ("mobilenet_v3_small", "pir"),
    ("resnet18", "pir"),
    ("shufflenet_v2_x0_25", "pir"),
    ("squeezenet1_1", "pir"),
)
"""Of the zoo and of paddle.vision.models, each with random weights, and the format in which it is saved."""
VARIANTS = select(TARGETS, PRECISIONS)[0]
LIMITS = {variant.precision: TOLERANCES[variant.precision] for variant in VARIANTS if variant.target == "x86"}
"""The largest relative error of an x86 variant against PaddlePaddle that counts as right, by precision."""

_TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)

Feed: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Outcome:
    """What came of a variant: an error as "CODE: sentence", or the relative error of its answers, nan without a run."""

    failure: str | None = None
    error: float = float("nan")


@dataclass(frozen=True)
class Subject:
    """A model, an input, and PaddlePaddle's answers to it."""

    name: str
    files: SourceFiles
    feed: Feed
    answers: Feed


def subject(name: str, folder: Path) -> Subject:
    """The model in a folder, with a seeded input at batch 2."""
    files = find_files(folder)
    with tempfile.TemporaryDirectory() as work:
        model = import_model(files, None, lite_version=store.DEFAULT_VERSION, folder=Path(work), cache=Cache.none())
    generator = np.random.default_rng(0)
    feed = {
        spec.name: generator.standard_normal([2 if size == -1 else size for size in spec.shape]).astype(spec.dtype)
        for spec in model.interface.inputs
    }
    return Subject(name, files, feed, paddle_answers(files, [feed])[0])


def measure(version: str, it: Subject, variants: Sequence[Variant] = VARIANTS) -> dict[str, Outcome]:
    """What comes of each variant with an installed version; x86 variants are run with that version's own library."""
    engine = store.find("x86", version)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        program.mkdir()
        model = import_model(it.files, None, lite_version=version, folder=program, cache=Cache.none())
        return {variant.id: _measure(variant, model, it, engine, Path(folder) / variant.id) for variant in variants}


def _measure(variant: Variant, model: Imported, it: Subject, engine: store.Engine, folder: Path) -> Outcome:
    folder.mkdir()
    program = (weights.restored(model, folder / "restored") if variant.recipe.weight_bits else model).program
    assert program.params is not None
    try:
        (made,) = worker.optimize(program.program, program.params, [variant], engine=engine, folder=folder)
        if variant.target != "x86":
            return Outcome()
        with IsolatedSession(made.path) as session:
            found = session.run(it.feed)
    except OarlockError as error:
        return Outcome(failure=f"{error.code}: {error.message}")
    pairs = zip(found.values(), it.answers.values(), strict=True)
    return Outcome(error=max(relative_error(one, other) for one, other in pairs))


def row(version: str, outcomes: Iterable[Mapping[str, Outcome]]) -> str:
    """The line of the table for a version, from what ``measure`` found for each model."""
    every = list(outcomes)
    errors = {precision: [each[f"x86-{precision}"].error for each in every] for precision in LIMITS}
    right = [
        f"{precision} {max(found):.1e}"
        for precision, found in errors.items()
        if all(error <= LIMITS[precision] for error in found)
    ]
    cells = [", ".join(right) or "none"]
    for target in ("arm64", "armv7", "opencl"):
        made = [
            variant.precision
            for variant in VARIANTS
            if variant.target == target and all(each[variant.id].failure is None for each in every)
        ]
        cells.append(", ".join(made) or "none")
    return f"| {version} | {' | '.join(cells)} |"


def table(rows: Iterable[str]) -> str:
    """The table of docs/lite-versions.md."""
    head = ("version", "x86, made and run here", "arm64, made", "armv7, made", "opencl, made")
    return "\n".join([f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |", *rows, ""])


def written_rows() -> dict[str, str]:
    """The lines of the page's table, by version."""
    found = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    return {line.split()[1]: line for line in found[0].splitlines()[2:]}


def export(name: str, form: str, folder: Path) -> Subject:
    """One of the NETWORKS, saved by PaddlePaddle into a new folder in a process of its own."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.coverage.export", name, form, str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=PAGE.parents[1])
    return subject(name, folder)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        exporter = Path(__file__).parents[1] / "export_models.py"
        subprocess.run([sys.executable, str(exporter), folder], check=True, capture_output=True)
        subjects = [subject("digits", Path(folder) / "digits")]
        subjects += [export(name, form, Path(folder) / name) for name, form in NETWORKS]
        rows = []
        for version in OFFERED_VERSIONS:
            store.install("x86", version=version)
            rows.append(row(version, [measure(version, it) for it in subjects]))
            print(rows[-1], flush=True)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda match: table(rows), page), encoding="utf-8")


if __name__ == "__main__":
    main()
