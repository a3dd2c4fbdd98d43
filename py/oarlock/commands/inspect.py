"""oarlock inspect: what is inside a model file or a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from oarlock.commands._shared import emit_json, json_option, printable, reports_errors

__all__ = ["inspect"]


@click.command(short_help="Describe a bundle, a .nb file or a source model.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@reports_errors
def inspect(file: Path, as_json: bool) -> None:
    """Describe FILE: a bundle, a .nb file or, with oarlock-opt, a source model.

    Shows inputs, outputs, operators, kernels, sizes and versions, checks hashes and structure, and lists what is wrong;
    then the exit status is 1.
    """
    from oarlock._inspection import inspect_path

    description = inspect_path(file)
    if as_json:
        emit_json(description)
    else:
        from oarlock.commands._views import view

        click.echo(printable(view(description)))
    if not description["ok"]:
        raise click.exceptions.Exit(1)
