"""oarlock models: what the zoo holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oarlock.commands._shared import Table, emit_json, json_option, reports_errors

if TYPE_CHECKING:
    from oarlock_opt.zoo import Entry

__all__ = ["models"]


@click.command(short_help="List the models of the zoo.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
@reports_errors
def models(names: tuple[str, ...], as_json: bool) -> None:
    """List the models of the zoo, or those named NAME.

    Parameters include batch norm's statistics; MACs are multiply-accumulates for one picture; top-1 and top-5 are
    published accuracies on ImageNet; weights are what --weights of `oarlock export` takes. --json also tells
    preprocessing and sources.
    """
    from oarlock_opt import zoo
    from oarlock_opt.zoo.errors import UnknownModelError

    try:
        entries = [zoo.get(name) for name in names or zoo.names()]
    except UnknownModelError as error:
        raise click.BadParameter(error.message, param_hint="NAME") from None
    if as_json:
        emit_json([entry.to_json() for entry in entries])
    else:
        click.echo(_table(entries))


def _table(entries: list[Entry]) -> Table:
    table = Table("name", "family", ">parameters", ">MACs", ">top-1", ">top-5", "weights")
    for it in entries:
        table.add(
            it.name, it.family, _quantity(it.params), _quantity(it.macs), _percent(it.top1), _percent(it.top5),
            ", ".join(it.weights),
        )  # fmt: skip
    return table


def _quantity(count: int) -> str:
    """12676718 is "12.7 M", 2350640768 is "2.35 G"."""
    return f"{count / 1e6:.1f} M" if count < 1e9 else f"{count / 1e9:.2f} G"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2%}"
