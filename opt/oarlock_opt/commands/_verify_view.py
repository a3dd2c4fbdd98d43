"""How ``oarlock verify`` looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from oarlock.commands._memory import Trimmer
from oarlock.commands._progress import Progress
from oarlock.commands._shared import Table, megabytes
from oarlock_opt.verify import Listener, Verification
from oarlock_opt.verify.results import VariantResult

__all__ = ["listening", "text"]

_SHOWN_DISAGREEMENTS = 5


class _Listener(Listener):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._trimmer = Trimmer()

    def remark(self, sentence: str) -> None:
        self._progress.erase()
        click.echo(f"Note: {sentence}", err=True)

    def step(self, words: str) -> None:
        if self._progress.shown:
            self._progress.erase()
            click.echo(f"{words} …", err=True)

    def pictures(self, count: int) -> None:
        self._progress.start(count)

    def picture_done(self) -> None:
        self._progress.advance()
        self._trimmer.picture_done()


@contextmanager
def listening() -> Iterator[Listener]:
    """Show steps on stderr while the context lasts: remarks always, how far it is only where it is a terminal."""
    with Progress("pictures") as progress:
        yield _Listener(progress)


def text(verification: Verification) -> str:
    """The verdict, a row for each variant, and what is to be said of each."""
    several = len(verification.places) > 1
    columns = ("variant", "size", "verdict", "first place", "largest error", "KL", "cosine", "engine")
    table = Table(*(["place"] if several else []), *columns)
    for result in verification.variants:
        table.add(*([result.place] if several else []), *_row(result))
    lines = [verification.sentence, "", str(table), ""]
    lines += [f"{verification.called(result)}: {result.sentence}" for result in verification.variants]
    for result in verification.variants:
        lines += _more(result, verification.called(result))
    lines += [f"{file}: {message}" for file, message in verification.failed]
    return "\n".join(lines).rstrip()


def _row(result: VariantResult) -> list[str]:
    verdict = "not run" if result.refusal is not None else "as the reference" if result.ok else "DIFFERENT"
    stages = result.pictures or result.goldens
    stage = None if stages is None else stages.end_to_end or stages.engine
    if stage is None:
        return [result.id, megabytes(result.size), verdict, "-", "-", "-", "-", "-"]
    measures = stage.measures
    reference, variant = result.milliseconds
    return [
        result.id,
        megabytes(result.size),
        verdict,
        _part(measures.top1_agreement),
        _number(measures.largest_relative),
        _number(measures.mean_kl),
        "-" if measures.smallest_cosine is None else f"{measures.smallest_cosine:.6f}",
        "-" if variant is None else f"{variant:.1f} ms" + ("" if reference is None else f" ({reference:.1f})"),
    ]


def _part(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1e}"


def _more(result: VariantResult, name: str) -> list[str]:
    lines = []
    for figure, accuracy in result.accuracy.items():
        lines.append(
            f"{name}: {figure} {accuracy.variant:.2%}, the reference {accuracy.reference:.2%}; difference "
            f"{accuracy.difference:+.2%} (95 % confidence {accuracy.low:+.2%} to {accuracy.high:+.2%})"
        )
    for each in result.disagreements[:_SHOWN_DISAGREEMENTS]:
        (reference, *_), (variant, *_) = each.reference, each.variant
        names = [label or f"class {number}" for number, label, _ in (reference, variant)]
        lines.append(f"  {each.file}: {names[0]} {reference[2]:.3f}, but {name} {names[1]} {variant[2]:.3f}")
    if (more := len(result.disagreements) - _SHOWN_DISAGREEMENTS) > 0:
        lines.append(f"  … and {more} more")
    if result.layers is not None:
        lines.append(f"{name}, layer by layer: {result.layers['sentence']}")
    return lines
