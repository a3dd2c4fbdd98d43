"""Tries every architecture in both formats and writes what came of it.

python -m tests.coverage.run                       # all, a line each
python -m tests.coverage.run --write docs/coverage.md
python -m tests.coverage.run --models mine.py      # the networks of a file of yours; see architectures.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from tests.coverage.architectures import names
from tests.coverage.page import page
from tests.coverage.trial import Trial, attempt

FORMS = ("pir", "legacy")
LIMIT = 1e-5


@click.command()
@click.argument("only", nargs=-1)
@click.option("--form", "forms", multiple=True, type=click.Choice(FORMS), help="One format only.")
@click.option("--models", type=click.Path(exists=True, path_type=Path), help="A file that defines MODELS.")
@click.option("--limit", type=float, default=LIMIT, show_default=True, help="The largest relative error that passes.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Networks at once.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the page, as Markdown.")
def main(
    only: tuple[str, ...], forms: tuple[str, ...], models: Path | None, limit: float, jobs: int, write: Path | None
) -> None:
    """Try the networks ONLY, or all of them."""
    wanted = only or names(models)
    trials = []
    for trial in run(wanted, forms or FORMS, models, jobs):
        click.echo(_line(trial, limit))
        trials.append(trial)
    exported = [trial for trial in trials if not trial.exported]
    passed = sum(trial.passed(limit) for trial in exported)
    click.echo(f"{passed} of {len(exported)} right; {len(trials) - len(exported)} PaddlePaddle could not write or run")
    if write is not None:
        write.write_text(page(trials, limit), encoding="utf-8")
    sys.exit(passed != len(exported))


def run(wanted: Sequence[str], forms: Sequence[str], own: Path | None = None, jobs: int = 1) -> Iterator[Trial]:
    """The trials, each as soon as those before it are done."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda pair: attempt(*pair, own), [(name, form) for name in wanted for form in forms])


def _line(trial: Trial, limit: float) -> str:
    if trial.exported:
        return f"{trial.name:26} {trial.form:7} not by PaddlePaddle itself: {trial.exported}"
    what = "right" if trial.passed(limit) else "WRONG"
    repairs = ", ".join(trial.repairs)
    failures = "; ".join(f"{where}: {error}" for where, error in trial.failures.items())
    own = "" if trial.sensitivity is None else f"(the last bit of the input: {trial.sensitivity:.1e})  "
    return f"{trial.name:26} {trial.form:7} {what} {trial.worst:8.1e}  {own}{failures or repairs}"


if __name__ == "__main__":
    main()
