"""oarlock deploy: a bundle to where it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oarlock.commands._progress import StatusLine
from oarlock.commands._shared import emit_json, json_option, megabytes, printable, reports_errors
from oarlock_opt.commands._programs import programs_option

if TYPE_CHECKING:
    from oarlock_opt.devices.deploy import Deployment

__all__ = ["deploy"]


@click.command(short_help="Put a bundle, the program and Paddle Lite where they run.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--to", required=True, metavar="PLACE", help="ssh:HOST:DIR, or a folder here that is ready to copy.")
@click.option("--variant", "variants", multiple=True, metavar="ID", help="Only this variant; may be given again.")
@click.option(
    "--target",
    type=click.Choice(("arm64", "armv7", "x86")),
    help="For a folder: what it is for.  [default: the only one]",
)
@programs_option
@json_option
@reports_errors
def deploy(
    bundle: Path, to: str, variants: tuple[str, ...], target: str | None, programs: Path | None, as_json: bool
) -> None:
    """Put BUNDLE, a folder NAME.oar, where it runs, with oarlock-classify and Paddle Lite's library.

    Before anything is sent, the machine is asked whether it can run it. Of the bundle only the variants that fit go.
    What is there already is not sent again, and what broke off goes on. The line that runs it is printed.
    """
    if target is not None and to.startswith("ssh:"):
        raise click.UsageError("--target is for a folder; a host is asked")
    from oarlock_opt.devices.deploy import deploy as deploy_bundle

    with StatusLine() as line:

        def remark(sentence: str) -> None:
            line.erase()
            click.echo(printable(f"Note: {sentence}"), err=True)

        def progress(done: int, total: int) -> None:
            if line.is_due():
                line.draw(f"{megabytes(done)} of {megabytes(total)}")

        deployment = deploy_bundle(
            bundle, to, variants=variants, target=target, programs=programs, remark=remark, progress=progress
        )
    if as_json:
        emit_json(deployment.to_json())
    else:
        click.echo(printable(_text(deployment)))


def _text(deployment: Deployment) -> str:
    lines = [f"Not for it: {name}: {reason}." for name, reason in deployment.skipped.items()]
    there = f"{deployment.to}: {', '.join(deployment.variants)}, {megabytes(deployment.size)}"
    if not deployment.elsewhere:
        there += f", of which {megabytes(deployment.sent)} were sent" if deployment.sent else ", all there already"
    lines.append(f"{there}.")
    lines.append("Copy the folder, and run there:" if deployment.elsewhere else "Run it with:")
    lines.append(f"  {deployment.command}")
    return "\n".join(lines)
