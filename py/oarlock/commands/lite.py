"""oarlock lite: the Paddle Lite libraries on this machine."""

from __future__ import annotations

import click

from oarlock import store
from oarlock._catalog import OFFERED_VERSIONS
from oarlock.commands._shared import Table, emit_json, json_option, megabytes, reports_errors

__all__ = ["lite"]


@click.group(no_args_is_help=True, short_help="Install Paddle Lite, the engine, and list what is there.")
def lite() -> None:
    """Install Paddle Lite, the engine that runs the models, and list what is installed.

    It is kept in the user's cache folder, or in $OARLOCK_HOME.
    """


@lite.command()
@click.option(
    "--target",
    type=click.Choice(list(store.TARGETS)),
    show_default="this machine's",
    help="What the library runs on. Those other than x86 need --archive.",
)
@click.option("--archive", metavar="FILE", help="The wheel, or for other targets a release archive or its folder.")
@click.option(
    "--version",
    metavar="VERSION",
    help=f"Version of Paddle Lite: {', '.join(OFFERED_VERSIONS)}.  [default: {store.DEFAULT_VERSION}]",
)
@json_option
@reports_errors
def install(target: str | None, archive: str | None, version: str | None, as_json: bool) -> None:
    """Install Paddle Lite for a target.

    For x86 the wheel of paddlelite is downloaded from PyPI by pip, whatever the Python, and its hash is checked. For
    ARM and Android, give a release archive of Paddle Lite (inference_lite_lib.….tar.gz) or the folder it unpacks to;
    its version and its target are read from the library. Installing what is there already does nothing.
    """
    engine = store.install(target, version=version, archive=archive, report=lambda line: click.echo(line, err=True))
    if as_json:
        emit_json(engine.to_json())
    else:
        click.echo(f"Paddle Lite {engine.version} for {engine.target}: {engine.library}")


@lite.command("list")
@json_option
@reports_errors
def list_engines(as_json: bool) -> None:
    """List the installed Paddle Lite libraries, and the versions for x86 that can be installed besides."""
    engines = store.installed()
    if as_json:
        emit_json([engine.to_json() for engine in engines])
    elif not engines:
        click.echo(f"No Paddle Lite in {store.home() / 'lite'}; install it with `oarlock lite install`.", err=True)
    else:
        table = Table("target", "version", ">size", "origin", "library")
        for it in engines:
            origin = it.origin if it.pinned or it.origin == "pypi" else f"{it.origin} (not a known hash)"
            table.add(it.target, it.version, megabytes(it.size), origin, it.library)
        click.echo(str(table))
    installed = {it.version for it in engines if it.target == "x86"}
    if engines and not as_json and (others := [version for version in OFFERED_VERSIONS if version not in installed]):
        click.echo(f"Not installed for x86: {', '.join(others)} (`oarlock lite install --version VERSION`).", err=True)
