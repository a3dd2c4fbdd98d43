"""PaddleClas' own form of label files, beside those that oarlock.labels reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oarlock._documents import read_text
from oarlock.errors import LabelsError
from oarlock.labels import check_labels, read_labels

__all__ = ["check_labels", "parse_numbered", "read_labels"]


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


def _dense(labels: Mapping[int, str], path: Path) -> list[str]:
    for index in range(len(labels)):
        if index not in labels:
            raise LabelsError(f"{path}: {len(labels)} labels, and none for class {index}")
    return [labels[index] for index in range(len(labels))]
