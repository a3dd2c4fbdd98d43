"""How ``oarlock predict`` prints its answers on stdout: as text, as JSON, as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Protocol

import click

from oarlock.commands._shared import emit_json, printable

if TYPE_CHECKING:
    from oarlock.classifier import Prediction

__all__ = ["CsvWriter", "JsonWriter", "TextWriter", "Writer"]


class Writer(Protocol):
    """How an answer, or the error in its place, is printed on stdout."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        """The classes of a picture, best first."""

    def failure(self, file: str, error: dict[str, str]) -> None:
        """``{"code", "message"}`` in the place of an answer."""


class JsonWriter:
    """docs/schema/predict.schema.json, one object a line."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        top = [vars(prediction) for prediction in best]
        emit_json({"file": file, "variant": variant, "top": top, "ms": round(milliseconds, 3)})

    def failure(self, file: str, error: dict[str, str]) -> None:
        emit_json({"file": file, "error": error})


class CsvWriter:
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


class TextWriter:
    """A heading for every picture and a row for every class."""

    def answer(self, file: str, variant: str, best: list[Prediction], milliseconds: float) -> None:
        click.echo(printable(f"{file}  ({variant}, {milliseconds:.1f} ms)"))
        for it in best:
            click.echo(f"  {it.score:.4f}  {it.class_id:>5}  {it.label or ''}".rstrip())

    def failure(self, file: str, error: dict[str, str]) -> None:
        click.echo(printable(f"{file}\n  error: {error['message']}"))
