"""Label files in both forms, and what is wrong with a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.errors import LabelsError
from oarlock_opt.labels import check_labels, parse_numbered, read_labels


def _file(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "labels.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("cat\ndog\n", ["cat", "dog"]),
        ("cat\ndog", ["cat", "dog"]),
        ("cat\r\ndog\r\n", ["cat", "dog"]),
        ("\ufeffcat\ndog\n", ["cat", "dog"]),
        ("0 tench, Tinca tinca\n1 goldfish\n", ["tench, Tinca tinca", "goldfish"]),
        ("1 goldfish\n0 tench\n", ["tench", "goldfish"]),
        ("0\ttench\n1\tgoldfish\n", ["tench", "goldfish"]),
        ("0\n1\n2\n", ["0", "1", "2"]),  # the digits themselves
        ("3 musketeers\n7 dwarfs\n", ["3 musketeers", "7 dwarfs"]),  # no class ids
        ("猫\n狗\n", ["猫", "狗"]),
    ],
)
def test_reads_both_forms(tmp_path: Path, content: str, expected: list[str]) -> None:
    assert read_labels(_file(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"cat\n\ndog\n", "line 2 is empty, expected the label of class 1"),
        (b"", "line 1 is empty"),
        (b"cat\n\xff\xfe\n", "byte 4 is not UTF-8"),
    ],
)
def test_refuses_bad_files(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(LabelsError) as caught:
        read_labels(_file(tmp_path, content))
    assert sentence in caught.value.message
    assert "labels.txt" in caught.value.message


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no such file"):
        read_labels(tmp_path / "labels.txt")


def test_reads_numbered_files(tmp_path: Path) -> None:
    assert parse_numbered(_file(tmp_path, "0 tench\n1 great white shark\n"), " ") == ["tench", "great white shark"]
    assert parse_numbered(_file(tmp_path, "1,b\n0,a\n"), ",") == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("0 tench\ngoldfish\n", "line 2 is 'goldfish', expected a class id, ' ' and a label"),
        ("0 tench\n0 goldfish\n", "line 2 gives class 0 a second label"),
        ("0 tench\n2 goldfish\n", "2 labels, and none for class 1"),
    ],
)
def test_refuses_bad_numbered_files(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(LabelsError) as caught:
        parse_numbered(_file(tmp_path, content), " ")
    assert sentence in caught.value.message


def test_counts_are_held_against_the_output() -> None:
    check_labels(["a", "b"], 2, "f", "out")
    check_labels(["a", "b"], -1, "f", "out")
    with pytest.raises(LabelsError, match="f: 2 labels, but the output 'out' has 3 classes"):
        check_labels(["a", "b"], 3, "f", "out")


@pytest.mark.parametrize("label", ["", " ", "a\nb", "a\x00b", "a\u2028b"])
def test_labels_are_one_line_of_text(label: str) -> None:
    with pytest.raises(LabelsError, match="the label of class 1 is"):
        check_labels(["a", label], 2, "f", "out")
    check_labels(["a\u3000b", "c\u00a0d"], 2, "f", "out")
