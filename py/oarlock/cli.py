"""The program ``oarlock``: finds its commands among the installed distributions and loads the one that is called."""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
from typing import TYPE_CHECKING

import click

import oarlock

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["main"]

# Modules and graphs live until the program ends: collecting them while they are made, or at its end, only takes time.
gc.set_threshold(50_000)
atexit.register(gc.freeze)

_GROUP = "oarlock.commands"

# The headings of the help, in order; commands of other distributions come under "More commands".
_SECTIONS = {
    "Classify": ("predict",),
    "Prove and measure": ("selftest", "bench"),
    "Make and prove bundles, on Linux x86-64": ("models", "export", "opt", "verify", "deploy"),
    "Sign bundles": ("keygen", "sign"),
    "Look and install": ("inspect", "doctor", "lite"),
}
_HOST_COMMANDS = _SECTIONS["Make and prove bundles, on Linux x86-64"]
_HOST_DISTRIBUTION = "oarlock-opt"
_SHIPPED = frozenset(name for names in _SECTIONS.values() for name in names)


def _shipped(name: str) -> click.Command | None:
    """A command that comes with Oarlock: NAME in the module NAME of a package of commands; None where it is not there.

    Found without importlib.metadata, which takes longer to load and to search than Python to start.
    """
    if name not in _SHIPPED:
        return None
    package = "oarlock_opt" if name in _HOST_COMMANDS else "oarlock"
    try:
        module = importlib.import_module(f"{package}.commands.{name}")
    except ModuleNotFoundError as error:
        if error.name == package:
            return None
        return _Broken(name, error)
    except ImportError as error:
        return _Broken(name, error)
    command = getattr(module, name)
    assert isinstance(command, click.Command)
    return command


@functools.cache
def _registered() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {entry_point.name: entry_point for entry_point in entry_points(group=_GROUP)}


class _Commands(click.Group):
    """Oarlock's own commands and the entry points of ``oarlock.commands``; only the one that runs is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_registered())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (shipped := _shipped(cmd_name)) is not None:
            return shipped
        entry_point = _registered().get(cmd_name)
        if entry_point is None:
            return None
        try:
            command = entry_point.load()
        except ImportError as error:
            return _Broken(cmd_name, error)
        assert isinstance(command, click.Command), f"{entry_point.value} is no click command"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(_unknown(name, self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = self.list_commands(ctx)
        sections = {**_SECTIONS, "More commands": tuple(name for name in known if name not in _SHIPPED)}
        width = max(map(len, [*known, *_SHIPPED]))
        for title, names in sections.items():
            rows = []
            for name in names:
                if name in known and (command := self.get_command(ctx, name)) is not None:
                    rows.append((name.ljust(width), command.get_short_help_str(limit=90)))
                elif name in _HOST_COMMANDS:
                    rows.append((name.ljust(width), f"(comes with {_HOST_DISTRIBUTION})"))
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _unknown(name: str, known: list[str]) -> str:
    if name in _HOST_COMMANDS:
        from oarlock._checks import host_install

        return f"{name} comes with {_HOST_DISTRIBUTION}: {host_install()}"
    import difflib

    near = difflib.get_close_matches(name, [*known, *_HOST_COMMANDS], n=3)
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"expected one of: {', '.join(known)}"
    return f"no command called {name!r}; {hint}"


class _Broken(click.Command):
    """Stands in for a command whose module cannot be imported, so that the others and the help still work."""

    def __init__(self, name: str, error: ImportError) -> None:
        super().__init__(name, short_help=f"(cannot start: {error})", add_help_option=False)
        self._error = error

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        raise click.ClickException(f"{self.name} cannot start: {self._error}")


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"oarlock {oarlock.__version__}")
        ctx.exit()


@click.group(cls=_Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def main() -> None:
    """Put PaddlePaddle image classifiers on phones and ARM boards, and prove that they answer as the reference does.

    A model travels as a bundle, a folder NAME.oar that holds its Paddle Lite files, preprocessing and labels.
    """
