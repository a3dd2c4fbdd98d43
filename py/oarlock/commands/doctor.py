"""oarlock doctor: what works here, and what to do about the rest."""

from __future__ import annotations

from typing import Any

import click

from oarlock.commands._shared import Table, emit_json, json_option, printable, reports_errors

__all__ = ["doctor"]


@click.command(short_help="Show what works here, and how to add what is missing.")
@json_option
@reports_errors
def doctor(as_json: bool) -> None:
    """Show what is installed, what can be done here, and the command that adds what is missing.

    The exit status is 1 when something is missing that everything needs.
    """
    from oarlock._diagnosis import diagnose

    diagnosis = diagnose()
    if as_json:
        emit_json(diagnosis)
    else:
        click.echo(printable(_view(diagnosis)))
    if not diagnosis["ok"]:
        raise click.exceptions.Exit(1)


def _view(diagnosis: dict[str, Any]) -> str:
    machine = diagnosis["machine"]
    checks = Table("", "check", "found", "for")
    for it in diagnosis["checks"]:
        trouble = "missing" if it["found"] is None else "broken"
        mark = "ok" if it["ok"] else trouble.upper() if it["required"] else trouble
        checks.add(mark, it["name"], it["found"], it["purpose"])
    targets = Table("target", "build", "run", "verify")
    for target, can in diagnosis["targets"].items():
        targets.add(target, *("yes" if can[what] else "no" for what in ("build", "run", "verify")))
    system = f"{machine['system']} on {machine['architecture']}, {machine['cpus']} CPUs"
    heading = f"oarlock {diagnosis['version']}, Python {machine['python']}, {system}"
    lines = [heading, "", str(checks), "", str(targets)]
    fixes = [f"  {it['fix']}    # {it['name']}" for it in diagnosis["checks"] if it["fix"] is not None]
    if fixes:
        lines += ["", "What to do:", *fixes]
    return "\n".join(lines)
