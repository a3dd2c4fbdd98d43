"""Writes the help texts in golden/: `python -m tests.py.make_golden_help`."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from unittest import mock

from click.testing import CliRunner, Result

from oarlock import cli

PAGES = ("", "predict", "inspect", "doctor", "lite", "lite install", "lite list", "keygen", "sign", "selftest", "bench")
GROUP = "oarlock.commands"
OWN_COMMANDS = {
    name: EntryPoint(name, f"oarlock.commands.{name}:{name}", GROUP)
    for name in ("predict", "inspect", "doctor", "lite", "keygen", "sign", "selftest", "bench")
}
"""The commands of the runtime; the texts must not depend on what else is installed."""


def run(*arguments: str) -> Result:
    """The program with these arguments, in a terminal of 100 columns."""
    return CliRunner().invoke(cli.main, list(arguments), prog_name="oarlock", terminal_width=100)


def golden(page: str) -> Path:
    """The file that holds the text of a page."""
    return Path(__file__).parent / "golden" / f"help{''.join('-' + word for word in page.split())}.txt"


if __name__ == "__main__":
    alone = mock.patch.multiple(cli, _registered=lambda: OWN_COMMANDS, _shipped=lambda name: None)
    with alone:
        for page in PAGES:
            golden(page).write_text(run(*page.split(), "--help").stdout, encoding="utf-8")
