"""What every command shares, in oarlock and in oarlock-opt: --json, how failures are told, tables."""

from __future__ import annotations

import errno
import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import click

from oarlock.errors import MemoryExhaustedError, OarlockError

__all__ = [
    "Table",
    "amount",
    "describe_error",
    "emit_json",
    "field",
    "json_option",
    "megabytes",
    "printable",
    "reports_errors",
    "shape_text",
]

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
"""Adds the flag --json, parameter ``as_json``."""


def emit_json(value: Any) -> None:
    """Print one JSON document on one line of stdout. NaN and infinity, which are not JSON, raise ValueError."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # A file name that is not UTF-8 holds lone surrogates; escaped, they are JSON and lead back to the name.
    click.echo(text.encode("utf-8", "backslashreplace"))


def printable(text: str) -> str:
    """The text without what cannot be printed as UTF-8, such as a file name in another encoding."""
    return text.encode("utf-8", "replace").decode("utf-8")


def describe_error(error: OarlockError | OSError | MemoryError) -> dict[str, str]:
    """``{"code", "message"}``, and what else is known, by docs/schema/error.schema.json."""
    if isinstance(error, OarlockError):
        return {"code": error.code, "message": error.message, **error.details()}
    if isinstance(error, MemoryError):
        limit = "close other programs, or raise the limit that this shell or container sets"
        return {"code": MemoryExhaustedError.default_code, "message": f"there is not enough memory: {limit}"}
    reason = error.strerror or str(error) or type(error).__name__
    return {"code": "OAR-IO", "message": f"{error.filename}: {reason}" if error.filename is not None else reason}


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command's function: it may raise OarlockError, OSError and MemoryError, which become a
    sentence and exit status 1.

    The sentence goes to stderr. With --json (a parameter ``as_json``), stdout also gets one line
    ``{"ok": false, "error": {"code", "message", …}}``. Ctrl-C says so and exits with 130. click's usage errors
    pass (2).
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            raise click.exceptions.Exit(130) from None
        except (OarlockError, OSError, MemoryError) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # the reader of stdout is gone; click ends quietly
            description = describe_error(error)
            click.echo(printable(f"Error: {description['message']}"), err=True)
            if kwargs.get("as_json"):
                emit_json({"ok": False, "error": description})
            raise click.exceptions.Exit(1) from None

    return wrapper


class Table:
    """Plain text in aligned columns, two spaces between them.

    ``columns`` are the headings; one that begins with ">" is right-aligned.
    """

    def __init__(self, *columns: str) -> None:
        self._right = [column.startswith(">") for column in columns]
        self._rows: list[list[str]] = [[column.removeprefix(">") for column in columns]]

    def add(self, *cells: object) -> None:
        """Append a row with a cell for every column; None shows as "-"."""
        if len(cells) != len(self._right):
            raise ValueError(f"a row of {len(cells)} cells, expected {len(self._right)}")
        self._rows.append(["-" if cell is None else str(cell) for cell in cells])

    def __str__(self) -> str:
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._right))]
        return "\n".join(self._line(row, widths) for row in self._rows)

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, self._right, strict=True)
        )
        return "  ".join(cells).rstrip()


def amount(count: int) -> str:
    """A large number for people, four digits of it: "2.351 G", "12.68 M", "9.216 k", "832"."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.99995 * unit:  # which four digits round to the unit
            return f"{float(f'{count / unit:.4g}'):g} {name}"
    return str(count)


def field(name: str, value: str) -> str:
    """A line of a description: the name in a column of its own, and the value."""
    return f"{name:<11} {value}".rstrip()


def shape_text(shape: Sequence[int] | None) -> str | None:
    """A shape for people: "(any, 3, 224, 224)"; None where it is not known."""
    if shape is None:
        return None
    return f"({', '.join('any' if side == -1 else str(side) for side in shape)})"


def megabytes(size: int) -> str:
    """A size in bytes for people: "18.6 MB" (10**6 bytes), "3.1 kB", "17 bytes"."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
