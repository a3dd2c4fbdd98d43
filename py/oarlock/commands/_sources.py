"""Where the pictures of a command come from: files, folders, patterns, lists and standard input, read as needed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import click

from oarlock.commands._patterns import expand, is_pattern
from oarlock.errors import FileReadError, InvalidArgumentError, NotFoundError, OarlockError

__all__ = ["Item", "Sources"]

_MAX_LINE_BYTES = 1 << 16


@dataclass(frozen=True)
class Item:
    """A picture: its ``name`` in results, and the ``error`` that is known before it is opened."""

    name: str
    error: OarlockError | None = None
    is_standard_input: bool = False

    def read(self) -> str | BinaryIO:
        """What oarlock.images.load takes. Raises OarlockError."""
        if self.error is not None:
            raise self.error
        return _open_standard_input() if self.is_standard_input else self.name


class Sources:
    """The pictures that the arguments of a command name, found one after another.

    An argument is a picture, a folder, ``@FILE`` (a list, ``@-`` on standard input), ``-`` (a picture on standard
    input) or, where no file has that name, a pattern with ``*``, ``?``, ``[…]`` and ``**``.
    """

    def __init__(self, arguments: Sequence[str], suffixes: tuple[str, ...]) -> None:
        """Raises NotFoundError for an argument that names nothing, and click.UsageError."""
        if sum(argument in ("-", "@-") for argument in arguments) > 1:
            raise click.UsageError("standard input can be read only once: give either - or @-, and that once")
        self._sources = [_source(argument, suffixes) for argument in arguments]

    def __iter__(self) -> Iterator[Item]:
        for source in self._sources:
            yield from source.items()

    def count(self) -> int | None:
        """How many there are, for a progress bar; None where only reading them all would tell."""
        if any(isinstance(source, _List) and source.file is None for source in self._sources):
            return None
        try:
            return sum(1 for _ in self)
        except (OarlockError, OSError):
            return None


class _Source(Protocol):
    def items(self) -> Iterator[Item]: ...


@dataclass(frozen=True)
class _Single:
    item: Item

    def items(self) -> Iterator[Item]:
        yield self.item


@dataclass(frozen=True)
class _Folder:
    root: str
    suffixes: tuple[str, ...]

    def items(self) -> Iterator[Item]:
        """In alphabetical order, folders among files; one that cannot be read is an item with an error."""
        return self._walk(self.root)

    def _walk(self, folder: str) -> Iterator[Item]:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Item(folder, FileReadError(f"{folder}: cannot be read ({error.strerror})"))
            return
        for entry in found:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(entry.path)
            elif entry.name.lower().endswith(self.suffixes):
                yield Item(entry.path)


@dataclass(frozen=True)
class _Pattern:
    pattern: str

    def items(self) -> Iterator[Item]:
        """The files that match, in alphabetical order."""
        return map(Item, expand(self.pattern))


@dataclass(frozen=True)
class _List:
    file: str | None  # None is standard input

    def items(self) -> Iterator[Item]:
        """The lines but empty ones and comments; paths are relative to the list's folder."""
        if self.file is None:
            with _open_standard_input() as stream:
                yield from self._items(stream, "standard input", "")
        else:
            with Path(self.file).open("rb") as stream:
                yield from self._items(stream, self.file, str(Path(self.file).parent))

    def _items(self, stream: BinaryIO, name: str, folder: str) -> Iterator[Item]:
        number = 0
        while line := stream.readline(_MAX_LINE_BYTES):
            number += 1
            if len(line) == _MAX_LINE_BYTES or b"\0" in line:
                raise InvalidArgumentError(f"{name}: line {number} is no path, expected a list of pictures, one a line")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            path = os.fsdecode(line.rstrip(b"\r\n"))
            if path.strip() and not path.startswith("#"):
                yield Item(os.path.join(folder, path) if folder not in ("", ".") else path)  # noqa: PTH118


def _source(argument: str, suffixes: tuple[str, ...]) -> _Source:
    if argument in ("-", "@-") and sys.stdin is None:
        raise FileReadError("standard input: is closed")
    if argument == "@-":
        return _List(None)
    if argument.startswith("@"):
        return _existing_list(argument[1:])
    path = Path(argument)
    if argument == "-":
        _check_redirected()
        return _Single(Item(argument, is_standard_input=True))
    if path.is_dir():
        return _checked(_Folder(argument, suffixes), f"the folder holds no picture ({', '.join(suffixes)})", argument)
    if os.path.lexists(argument):
        return _Single(Item(argument))
    if is_pattern(argument):
        return _checked(_Pattern(argument), "no such file, and as a pattern it matches none", argument)
    raise NotFoundError(f"{argument}: no such file or folder")


def _existing_list(file: str) -> _Source:
    if not Path(file).exists():
        raise NotFoundError(f"{file}: no such list (for a picture whose name begins with @ write ./@…)")
    if Path(file).is_dir():
        raise InvalidArgumentError(f"{file}: is a folder, expected a list of pictures, one a line")
    return _List(file)


def _checked(source: _Source, otherwise: str, argument: str) -> _Source:
    if next(source.items(), None) is None:
        raise NotFoundError(f"{argument}: {otherwise}")
    return source


def _check_redirected() -> None:
    if os.isatty(0):
        raise click.UsageError("- is a picture on standard input, which is a terminal here: add < PICTURE")


def _open_standard_input() -> BinaryIO:
    """Standard input by its number: a thread that waits in sys.stdin would stop the interpreter from ending."""
    raw = io.FileIO(0, closefd=False)
    raw.name = "standard input"
    return io.BufferedReader(raw)
