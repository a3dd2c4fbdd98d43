"""oarlock export: an inference model from the zoo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oarlock.commands._shared import Table, emit_json, json_option, megabytes, printable, reports_errors

if TYPE_CHECKING:
    from oarlock_opt.zoo import Entry
    from oarlock_opt.zoo.export import ExportResult

__all__ = ["export"]

_MAX_SEED = 2**32 - 1


@click.command(short_help="Write an inference model of the zoo.")
@click.argument("name")
@click.option(
    "--weights", metavar="FILE|imagenet|random",
    help="The values of the parameters: a state dict as paddle.save writes it, those that PyPI serves, or random ones. "
    " [default: imagenet]",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, _MAX_SEED), help="For --weights random.  [default: 0]")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Where the model goes; an older export there is replaced, anything else is not.",
)  # fmt: skip
@click.option(
    "--format", "model_format", type=click.Choice(["paddle"]), default="paddle", show_default=True,
    help="paddle: inference.pdmodel and inference.pdiparams.",
)  # fmt: skip
@json_option
@reports_errors
def export(name: str, weights: str | None, seed: int | None, output: Path, model_format: str, as_json: bool) -> None:
    """Write the zoo's model NAME as an inference model into the folder DIR.

    `oarlock models` lists the names. DIR also gets the model's preprocessing and labels, where `oarlock opt` finds
    them. Needs PaddlePaddle.
    """
    from oarlock_opt.zoo.export import export as export_model

    del model_format  # there is only one yet
    entry, weights = _checked(name, weights)
    if seed is not None and weights != "random":
        raise click.UsageError("--seed is for --weights random.")
    if sys.stderr.isatty():
        click.echo(f"exporting {entry.name} with PaddlePaddle …", err=True)
    result = export_model(entry.name, weights, output, seed or 0)
    if as_json:
        emit_json(result.to_json())
    else:
        click.echo(printable(_summary(result, output)))


def _checked(name: str, weights: str | None) -> tuple[Entry, str]:
    """The model and its weights; what is wrong with them is a usage error."""
    from oarlock_opt import zoo
    from oarlock_opt.zoo.errors import UnknownModelError, WeightsUnavailableError
    from oarlock_opt.zoo.weights import check_choice

    try:
        entry = zoo.get(name)
        check_choice(entry, weights or "imagenet")
    except UnknownModelError as error:
        raise click.BadParameter(error.message, param_hint="NAME") from None
    except WeightsUnavailableError as error:
        raise click.BadParameter(error.message, param_hint="--weights") from None
    return entry, weights or "imagenet"


def _summary(result: ExportResult, output: Path) -> str:
    table = Table("file", ">size")
    for file in result.files:
        table.add(output / file.file, megabytes(file.size))
    seed = "" if result.seed is None else f", seed {result.seed}"
    return f"{table}\n\n{result.name}, weights: {result.weights}{seed}"
