"""The option --programs, of every command that runs oarlock-classify somewhere."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["programs_option"]

programs_option = click.option(
    "--programs", metavar="DIR", type=click.Path(path_type=Path),
    help="The folder of oarlock-classify for ARM.  [default: where ./build.sh native puts it]",
)  # fmt: skip
"""Adds --programs, parameter ``programs``."""
