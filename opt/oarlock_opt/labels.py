"""The names of the classes: from a file, from inference.yml, or ImageNet's, always one per class of the output."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from oarlock_opt._documents import read_text
from oarlock_opt.errors import LabelsError

__all__ = ["check_labels", "parse_numbered", "read_labels"]

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


def parse_numbered(path: Path, delimiter: str) -> list[str]:
    """The labels of a PaddleClas class_id_map_file, lines of id, delimiter, label. Raises LabelsError and OSError."""
    labels: dict[int, str] = {}
    for number, line in enumerate(read_text(path, LabelsError).removesuffix("\n").split("\n"), 1):
        index, found, label = line.partition(delimiter)
        if not found or not index.strip().isdecimal() or not label.strip():
            raise LabelsError(f"{path}: line {number} is {line[:60]!r}, expected a class id, {delimiter!r} and a label")
        if int(index) in labels:
            raise LabelsError(f"{path}: line {number} gives class {int(index)} a second label")
        labels[int(index)] = label.strip()
    return _dense(labels, path)


def check_labels(labels: Sequence[str], classes: int, origin: str, output: str) -> None:
    """Raise LabelsError unless every class of ``output`` has one printable label; ``classes`` -1: any number."""
    if classes >= 0 and len(labels) != classes:
        raise LabelsError(
            f"{origin}: {len(labels)} labels, but the output {output!r} has {classes} classes; "
            "give the right file with --labels FILE, or --labels none"
        )
    for index, label in enumerate(labels):
        if not label.strip() or any(unicodedata.category(character) in _NO_TEXT for character in label):
            raise LabelsError(f"{origin}: the label of class {index} is {label!r}, expected printable text")


def _dense(labels: Mapping[int, str], path: Path) -> list[str]:
    for index in range(len(labels)):
        if index not in labels:
            raise LabelsError(f"{path}: {len(labels)} labels, and none for class {index}")
    return [labels[index] for index in range(len(labels))]
