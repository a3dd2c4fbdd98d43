"""oarlock inspect: what is inside a source model, a .nb file or a bundle, drawn or compared with another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from oarlock.commands._shared import emit_json, json_option, printable, reports_errors

__all__ = ["inspect"]

_PATH = click.Path(path_type=Path)


@click.command(short_help="Describe a bundle, a .nb file or a source model.")
@click.argument("file", type=_PATH)
@click.option("--layers", is_flag=True, help="List every layer: output, MACs, parameters, kernel.")
@click.option(
    "--batch",
    type=click.IntRange(1),
    metavar="N",
    help="MACs and the memory of activations for N inputs at once; 1 when not given.",
)
@click.option(
    "--graph", type=_PATH, metavar="PICTURE", help="Draw the model: .svg or .png by Graphviz, .dot without it."
)
@click.option(
    "--graph-detail",
    type=click.Choice(["layers", "full"]),
    help="layers: a convolution, its normalisation and activation in one box, which is the default; full: every "
    "operator.",
)
@click.option(
    "--diff", "other", type=_PATH, metavar="OTHER", help="Compare FILE with OTHER; exit status 1 when they differ."
)
@json_option
@reports_errors
def inspect(
    file: Path,
    layers: bool,
    batch: int | None,
    graph: Path | None,
    graph_detail: str | None,
    other: Path | None,
    as_json: bool,
) -> None:
    """Describe FILE: a bundle, a .nb file or, with oarlock-opt, a source model.

    Shows inputs, outputs, operators, kernels, sizes and versions, checks hashes and structure, and lists what is wrong;
    then the exit status is 1. Of a source model also MACs, the memory of activations, what opt would repair, and the
    variants that it can be made for.

    The options but --json are for .nb files and source models, and need oarlock-opt.
    """
    if graph_detail is not None and graph is None:
        raise click.UsageError("--graph-detail is of --graph, which is not given")
    if other is not None:
        if layers or batch is not None or graph is not None:
            raise click.UsageError("--diff goes with --json alone")
        result = _compared(file, other)
    else:
        result = _described(file, layers, batch, graph, full=graph_detail == "full")
    if as_json:
        emit_json(result)
    else:
        click.echo(printable(_view(result)))
    if not result["ok"]:
        raise click.exceptions.Exit(1)


def _described(file: Path, layers: bool, batch: int | None, graph: Path | None, *, full: bool) -> dict[str, Any]:
    from oarlock._inspection import draw_path, inspect_path

    description = inspect_path(file, batch=batch, layers=layers)
    if graph is not None and description["ok"]:
        description["graph"] = draw_path(file, graph, batch=batch, full=full)
    return description


def _compared(file: Path, other: Path) -> dict[str, Any]:
    from oarlock._inspection import compare_paths

    return compare_paths(file, other)


def _view(result: dict[str, Any]) -> str:
    if result["kind"] == "diff":
        from oarlock.commands._diff_view import view_diff

        return view_diff(result)
    from oarlock.commands._views import view

    return view(result)
