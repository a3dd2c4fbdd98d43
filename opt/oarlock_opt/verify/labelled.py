"""The pictures to verify over, with their true classes where those are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oarlock.errors import InvalidArgumentError, NotFoundError
from oarlock.images import SUFFIXES

__all__ = ["Picture", "in_folder", "in_list"]


@dataclass(frozen=True)
class Picture:
    """A picture's path, and its class where it is known."""

    path: str
    label: int | None = None


def in_folder(folder: Path) -> list[Picture]:
    """The pictures in a folder and its folders, not the hidden ones, in alphabetical order.

    Raises NotFoundError when there is none, or no folder.
    """
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: no such folder; --images takes a folder of pictures")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise NotFoundError(f"{folder}: holds no pictures; expected files that end in {', '.join(SUFFIXES)}")
    return [Picture(str(path)) for path in found]


def in_list(file: Path, classes: int | None) -> list[Picture]:
    """The lines "PATH LABEL" of a list in PaddleClas' form; paths are relative to the list's folder.

    ``classes`` is the number of classes, where it is known. Raises NotFoundError and InvalidArgumentError, which name
    the line.
    """
    expected = "expected lines of a picture's path and its class"
    expected = "expected lines of a picture's path and its class"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise NotFoundError(f"{file}: no such file; --list takes lines of a picture's path and its class") from error
    except (IsADirectoryError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(
            f"{file}: is no text file, expected lines of a picture's path and its class"
        ) from error
    pictures = [_line(file, number, line, classes) for number, line in enumerate(lines, 1) if line.strip()]
    if not pictures:
        raise InvalidArgumentError(f"{file}: is empty, {expected}")
    return pictures


def _line(file: Path, number: int, line: str, classes: int | None) -> Picture:
    # A path may hold spaces; PaddleClas cuts at the last, too.
    parts: Sequence[str] = line.rsplit(maxsplit=1)
    if len(parts) != 2 or not parts[1].isdecimal():
        raise InvalidArgumentError(
            f"{file}, line {number}: is {line.strip()[:80]!r}, expected a picture's path and the number of its class"
        )
    path, label = parts[0].strip(), int(parts[1])
    if classes is not None and label >= classes:
        raise InvalidArgumentError(
            f"{file}, line {number}: class {label}, expected 0 to {classes - 1}, for the model has {classes} classes"
        )
    return Picture(str(file.parent / path), label)
