"""Patterns of file names, for those whom no shell expands them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["expand", "is_pattern"]

_MAGIC = re.compile(r"[*?[]")


def is_pattern(text: str) -> bool:
    """Whether ``text`` holds what ``expand`` gives a meaning."""
    return _MAGIC.search(text) is not None


def expand(pattern: str) -> list[str]:
    """The files that match, sorted by their parts. Folders are not among them.

    ``*``, ``?`` and ``[…]`` stand for parts of a name, ``**`` for any number of folders, none included. Names that
    begin with a dot match only where the pattern has the dot, and ``**`` follows no links, as in bash.
    """
    root, parts = ("/", pattern.lstrip("/")) if pattern.startswith("/") else ("", pattern)
    matches = {match for match in _expand(root, parts.split("/")) if not Path(match).is_dir()}
    return sorted(matches, key=lambda match: Path(match).parts)


def _expand(folder: str, parts: list[str]) -> Iterator[str]:
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _expand(folder, rest or ["*"])
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _expand(f"{folder}{entry.name}/", parts)
        return
    if is_pattern(part):
        names = [entry.name for entry in _entries(folder) if part.startswith(".") or not entry.name.startswith(".")]
        names = [name for name in names if fnmatch.fnmatchcase(name, part)]
    else:
        names = [part] if os.path.lexists(folder + part) else []
    for name in names:
        if rest:
            yield from _expand(f"{folder}{name}/", rest)
        else:
            yield folder + name


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or ".") as entries:
            return list(entries)
    except OSError:
        return []  # what cannot be listed matches nothing, as in a shell
