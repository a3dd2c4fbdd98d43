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

    MISSING or BROKEN in capitals marks what everything needs; the exit status is then 1.
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
    from oarlock._checks import GROUPS

    machine = diagnosis["machine"]
    system = f"{machine['system']} on {machine['architecture']}, {machine['cpus']} CPUs"
    lines = [f"oarlock {diagnosis['version']}, Python {machine['python']}, {system}"]
    rows = _rows(diagnosis["checks"])
    for group, title in GROUPS.items():
        lines += ["", title]
        for check, row in zip(diagnosis["checks"], rows, strict=True):
            if check["group"] == group:
                lines += [f"  {row}", *([] if check["ok"] else [f"{'':11}fix: {check['fix']}"])]
    targets = Table("target", "build", "run", "verify")
    for target, can in diagnosis["targets"].items():
        doing = ("yes" if can[what] else "no" for what in ("run", "verify"))
        targets.add(target, ", ".join(can["precisions"]) or "no", *doing)
    return "\n".join([*lines, "", str(targets)])


def _rows(checks: list[dict[str, Any]]) -> list[str]:
    """A line for each check, in columns that go through all groups."""
    table = Table("", "", "", "")
    for it in checks:
        trouble = "missing" if it["found"] is None else "broken"
        mark = "ok" if it["ok"] else trouble.upper() if it["required"] else trouble
        table.add(mark.ljust(len("missing")), it["name"], it["purpose"], it["found"])
    return str(table).splitlines()[1:]
