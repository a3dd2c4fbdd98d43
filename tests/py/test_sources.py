"""What the arguments of predict stand for: files, folders, patterns, lists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from oarlock.commands._sources import Sources
from oarlock.errors import FileReadError, InvalidArgumentError, NotFoundError

_SUFFIXES = (".jpg", ".png")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a.jpg, b/1.png, b/c/2.JPG, b.png, notes.txt, and what hides or leads round in a circle."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b/1.png", "b/c/2.JPG", "b.png", "notes.txt", ".hidden.jpg", ".git/x.jpg", "odd[1].jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("b/round").symlink_to(tmp_path, target_is_directory=True)
    return tmp_path


def _names(*arguments: str) -> list[str]:
    sources = Sources(arguments, _SUFFIXES)
    names = [item.name for item in sources]
    assert sources.count() == len(names)
    return names


def test_folders(folder: Path) -> None:
    assert _names("b") == ["b/1.png", "b/c/2.JPG"]
    inside = [f"{folder}/{name}" for name in ("a.jpg", "b/1.png", "b/c/2.JPG", "b.png", "odd[1].jpg")]
    assert _names(str(folder)) == inside
    assert _names("b/c/", "a.jpg", "b/c/") == ["b/c/2.JPG", "a.jpg", "b/c/2.JPG"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.jpg", ["a.jpg", "odd[1].jpg"]),
        ("./*.jpg", ["./a.jpg", "./odd[1].jpg"]),
        ("b/*", ["b/1.png"]),
        ("[ab]*.[jp]*", ["a.jpg", "b.png"]),
        ("?/?.png", ["b/1.png"]),
        ("**/*.JPG", ["b/c/2.JPG"]),
        ("b/**/*.png", ["b/1.png"]),
        ("b/**", ["b/1.png", "b/c/2.JPG"]),
        ("**/c/**/*", ["b/c/2.JPG"]),
        ("b/round/*.png", ["b/round/b.png"]),
        (".*/*", [".git/x.jpg"]),
        ("*.txt", ["notes.txt"]),
        ("odd[1].jpg", ["odd[1].jpg"]),
    ],
)
def test_patterns(pattern: str, names: list[str]) -> None:
    assert _names(pattern) == names


def test_absolute_patterns(folder: Path) -> None:
    assert _names(f"{folder}/b/**/*.*") == [f"{folder}/b/1.png", f"{folder}/b/c/2.JPG"]


def test_lists(tmp_path: Path) -> None:
    absolute = tmp_path / "b.png"
    lines = ["\ufeff1.png", "", "# a comment", "c/2.JPG\r", f"{absolute}", "   ", "gone.png", "-", "with space.png"]
    Path("b/list.txt").write_text("\n".join(lines))
    assert _names("@b/list.txt") == [
        "b/1.png",
        "b/c/2.JPG",
        str(absolute),
        "b/gone.png",
        "b/-",
        "b/with space.png",
    ]
    Path("list.txt").write_bytes(b"a.jpg\n\xff\xe9.jpg\n")
    assert [os.fsencode(name) for name in _names("@list.txt", "a.jpg")] == [b"a.jpg", b"\xff\xe9.jpg", b"a.jpg"]


def test_standard_input_is_not_what_a_list_names(tmp_path: Path) -> None:
    Path("list.txt").write_text("-\n")
    [item] = Sources(["@list.txt"], _SUFFIXES)
    assert item.read() == "-"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.jpg"], "nowhere.jpg: no such file or folder"),
        (["a.jpg", "nowhere"], "nowhere: no such file or folder"),
        (["*.webp"], r"\*.webp: no such file, and as a pattern it matches none"),
        (["empty"], r"empty: the folder holds no picture \(.jpg, .png\)"),
        (["@nowhere.txt"], "nowhere.txt: no such list"),
        (["@b"], "b: is a folder, expected a list"),
    ],
)
def test_refused_before_anything_is_done(arguments: Sequence[str], sentence: str) -> None:
    Path("empty").mkdir()
    with pytest.raises((NotFoundError, InvalidArgumentError), match=sentence):
        Sources(arguments, _SUFFIXES)


@pytest.mark.parametrize("arguments", [["-", "-"], ["-", "@-"], ["@-", "a.jpg", "@-"]])
def test_standard_input_only_once(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError, match="standard input can be read only once"):
        Sources(arguments, _SUFFIXES)


@pytest.mark.parametrize("content", [b"a.jpg\nb\0c\n", b"a.jpg\n" + b"x" * 70_000])
def test_lists_that_are_none(content: bytes) -> None:
    Path("list.txt").write_bytes(content)
    sources = Sources(["@list.txt"], _SUFFIXES)
    items = iter(sources)
    assert next(items).name == "a.jpg"
    with pytest.raises(InvalidArgumentError, match=r"list\.txt: line 2 is no path, expected a list"):
        next(items)
    assert sources.count() is None


def test_folders_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder that cannot be listed is one error in its place."""
    scandir = os.scandir

    def fail(path: str) -> object:
        if path == "b/c":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", fail)
    items = list(Sources(["b"], _SUFFIXES))
    assert [item.name for item in items] == ["b/1.png", "b/c"]
    with pytest.raises(FileReadError, match="b/c: cannot be read"):
        items[1].read()
