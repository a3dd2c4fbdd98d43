"""The program ``oarlock``: finds its commands among the installed distributions and loads the one that is called."""

from __future__ import annotations

import difflib
import functools
from importlib.metadata import EntryPoint, entry_points

import click

import oarlock

__all__ = ["main"]

_GROUP = "oarlock.commands"

# The headings of the help, in order; commands of other distributions come under "More commands".
_SECTIONS = {
    "Classify": ("predict",),
    "Make bundles, on Linux x86-64": ("models", "export", "opt"),
    "Sign bundles": ("keygen", "sign"),
    "Look and install": ("inspect", "doctor", "lite"),
}
_HOST_COMMANDS = _SECTIONS["Make bundles, on Linux x86-64"]
_HOST_DISTRIBUTION = "oarlock-opt"


@functools.cache
def _registered() -> dict[str, EntryPoint]:
    return {entry_point.name: entry_point for entry_point in entry_points(group=_GROUP)}


class _Commands(click.Group):
    """A group whose commands are the entry points of ``oarlock.commands``; only the one that runs is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_registered())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
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
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            ctx.fail(_unknown(name, known))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = self.list_commands(ctx)
        named = [name for names in _SECTIONS.values() for name in names]
        sections = {**_SECTIONS, "More commands": tuple(name for name in known if name not in named)}
        width = max(map(len, [*known, *named]))
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
