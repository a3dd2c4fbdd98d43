"""How ``oarlock opt`` shows its progress: a line for each step when stderr is a terminal, remarks always."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from oarlock.commands._shared import printable
from oarlock_opt.pipeline import Listener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["listening"]


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener that writes to stderr for as long as the context lasts."""
    if not sys.stderr.isatty():
        yield _Remarks()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(finished_text="[green]✓[/green]"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Lines(progress)


class _Remarks(Listener):
    def remark(self, sentence: str) -> None:
        click.echo(printable(f"Note: {sentence}"), err=True)


class _Lines(Listener):
    """A line with a spinner and a clock for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def remark(self, sentence: str) -> None:
        self._progress.console.print(printable(f"Note: {sentence}"), markup=False, highlight=False)

    def started(self, step: str) -> None:
        self._tasks[step] = self._progress.add_task(step, total=None)

    def progress(self, step: str, words: str) -> None:
        self._progress.update(self._tasks[step], description=f"{step}: {words}")

    def ended(self, step: str, seconds: float) -> None:
        self._progress.update(self._tasks[step], total=1, completed=1, description=step)
