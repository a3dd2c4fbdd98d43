"""The names of the classes, one for every class of a model's output."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from oarlock._documents import read_text
from oarlock.errors import LabelsError

__all__ = ["check_labels", "read_labels"]

# Control characters and line ends.
_NO_TEXT = {"Cc", "Zl", "Zp"}
_NUMBERED = re.compile(r"(\d+)[ \t]+(\S.*)")


def read_labels(path: Path) -> list[str]:
    """The labels of a file, item i for class i.

    One label a line, or PaddleClas' form, a class id and the label ("0 tench"), when every line has it and the ids are
    those of 0 to the number of lines - 1. Raises LabelsError naming the line, and OSError.
    """
    lines = [line.strip() for line in read_text(path, LabelsError).removesuffix("\n").split("\n")]
    for number, line in enumerate(lines, 1):
        if not line:
            raise LabelsError(f"{path}: line {number} is empty, expected the label of class {number - 1}")
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    numbered = {int(match[1]): match[2] for match in matches if match is not None}
    if all(matches) and sorted(numbered) == list(range(len(lines))):
        return [numbered[index] for index in range(len(lines))]
    return lines


def check_labels(labels: Sequence[str], classes: int, origin: str, output: str) -> None:
    """Raise LabelsError unless every class of ``output`` has one printable label; ``classes`` -1: any number."""
    if classes >= 0 and len(labels) != classes:
        raise LabelsError(
            f"{origin}: {len(labels)} labels, but the output {output!r} has {classes} classes; "
            "give the right file with --labels FILE, or leave the labels out"
        )
    for index, label in enumerate(labels):
        if not label.strip() or any(unicodedata.category(character) in _NO_TEXT for character in label):
            raise LabelsError(f"{origin}: the label of class {index} is {label!r}, expected printable text")
