"""oarlock predict: the classes of pictures, by a bundle."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from oarlock.commands._shared import describe_error, emit_json, json_option, printable, reports_errors
from oarlock.errors import NotFoundError, OarlockError

if TYPE_CHECKING:
    from oarlock.classifier import Prediction

__all__ = ["predict"]


@click.command(short_help="Name what pictures show.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--top", default=5, show_default=True, type=click.IntRange(min=1), help="Classes to name per picture.")
@click.option("--variant", metavar="ID", help="Variant to run, such as x86-fp32; by default the most exact that fits.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="Threads of the engine.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line per class.")
@reports_errors
def predict(
    bundle: Path, images: tuple[str, ...], top: int, variant: str | None, threads: int, as_json: bool, as_csv: bool
) -> None:
    """Classify pictures with BUNDLE, a folder NAME.oar.

    IMAGE is a picture or a folder, whose pictures are found by their suffixes, in its folders too but not in hidden
    ones, and taken in alphabetical order. A picture that cannot be classified gets an error in its place; the others
    are done and the exit status is 1.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    files = list(_find_pictures(images))
    from oarlock.classifier import Classifier

    writer: _Writer = _JsonWriter() if as_json else _CsvWriter() if as_csv else _TextWriter()
    failed = 0
    with Classifier.open(bundle, variant=variant, threads=threads) as classifier:
        for file in files:
            try:
                [scores] = classifier.scores(classifier.prepare(file)[None])
                best = classifier.best(scores, top)
            except OarlockError as error:
                failed += 1
                writer.failure(file, describe_error(error))
            else:
                writer.answer(file, classifier.variant.id, best, classifier.last_run_seconds * 1000)
    if failed:
        click.echo(f"Error: {failed} of {len(files)} pictures could not be classified", err=True)
        raise click.exceptions.Exit(1)


def _find_pictures(images: tuple[str, ...]) -> Iterator[str]:
    from oarlock.images import SUFFIXES

    for image in images:
        if not Path(image).exists():
            raise NotFoundError(f"{image}: no such file or folder")
        if not Path(image).is_dir():
            yield image
            continue
        found = sorted(_pictures_in(image, SUFFIXES))
        if not found:
            raise NotFoundError(f"{image}: the folder holds no picture ({', '.join(SUFFIXES)})")
        yield from map(str, found)


def _pictures_in(root: str, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(suffixes) and not name.startswith("."):
                yield Path(folder, name)


class _Writer(Protocol):
    """How an answer, or the error in its place, is printed on stdout."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None: ...

    def failure(self, file: str, error: dict[str, str]) -> None: ...


class _JsonWriter:
    """docs/schema/predict.schema.json, one object a line."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        top = [vars(prediction) for prediction in best]
        emit_json({"file": file, "variant": variant, "top": top, "ms": round(milliseconds, 3)})

    def failure(self, file: str, error: dict[str, str]) -> None:
        emit_json({"file": file, "error": error})


class _CsvWriter:
    """A line for every class named, or one with an error."""

    def __init__(self) -> None:
        self._print("file", "variant", "rank", "class_id", "label", "score", "ms", "error")

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        for rank, it in enumerate(best, start=1):
            self._print(file, variant, rank, it.class_id, it.label, f"{it.score:.6f}", f"{milliseconds:.3f}", None)

    def failure(self, file: str, error: dict[str, str]) -> None:
        self._print(file, None, None, None, None, None, None, f"{error['code']}: {error['message']}")

    def _print(self, *cells: object) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        click.echo(printable(line.getvalue()))


class _TextWriter:
    """A heading for every picture and a row for every class."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        click.echo(printable(f"{file}  ({variant}, {milliseconds:.1f} ms)"))
        for it in best:
            click.echo(f"  {it.score:.4f}  {it.class_id:>5}  {it.label or ''}".rstrip())

    def failure(self, file: str, error: dict[str, str]) -> None:
        click.echo(printable(f"{file}\n  error: {error['message']}"))
