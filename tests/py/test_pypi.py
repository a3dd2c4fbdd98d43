"""oarlock._pypi with the real pip, kept off the network by its own settings."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from oarlock import _pypi
from oarlock._pypi import fetch
from oarlock.errors import BadArchiveError, DownloadError

from .helpers import names
from .lite_archives import WHEEL_NAME, write_wheel


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that takes the place of the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_fetch_whatever_the_python(index: Path, tmp_path: Path) -> None:
    wheel, pinned = write_wheel(index)
    path = fetch(pinned, tmp_path / "new" / "downloads")
    assert path == tmp_path / "new" / "downloads" / WHEEL_NAME
    assert path.read_bytes() == wheel.read_bytes()
    assert names(path.parent) == [WHEEL_NAME]


def test_fetch_takes_what_is_there(index: Path, tmp_path: Path) -> None:
    wheel, pinned = write_wheel(index)
    fetch(pinned, tmp_path / "downloads")
    wheel.unlink()
    assert fetch(pinned, tmp_path / "downloads").is_file()


def test_fetch_replaces_a_damaged_file(index: Path, tmp_path: Path) -> None:
    wheel, pinned = write_wheel(index)
    (tmp_path / WHEEL_NAME).write_bytes(wheel.read_bytes()[:1000])
    assert fetch(pinned, tmp_path).read_bytes() == wheel.read_bytes()


def test_another_hash_is_refused(index: Path, tmp_path: Path) -> None:
    _, pinned = write_wheel(index)
    wrong = replace(pinned, sha256="0" * 64)
    with pytest.raises(BadArchiveError) as caught:
        fetch(wrong, tmp_path / "downloads")
    assert pinned.sha256 in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert names(tmp_path / "downloads") == []


def test_another_file_is_refused(index: Path, tmp_path: Path) -> None:
    _, pinned = write_wheel(index)
    with pytest.raises(DownloadError, match=f"downloaded {WHEEL_NAME}, expected other.whl"):
        fetch(replace(pinned, filename="other.whl"), tmp_path)


def test_nothing_to_be_had(index: Path, tmp_path: Path) -> None:
    _, pinned = write_wheel(tmp_path)
    with pytest.raises(DownloadError) as caught:
        fetch(pinned, tmp_path / "downloads")
    message = str(caught.value)
    assert message.startswith("pip could not download paddlelite 2.12: Could not find a version")
    assert "No matching distribution found for paddlelite==2.12. Without a connection, get " in message
    assert "`pip download --no-deps --only-binary=:all: --python-version 37" in message
    assert names(tmp_path / "downloads") == []


def test_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, pinned = write_wheel(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DownloadError, match=r"pip is missing .* -m ensurepip"):
        fetch(pinned, tmp_path / "downloads")


def test_another_pip_on_the_path_serves(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, pinned = write_wheel(index)
    command = _pypi._pip(pinned)
    program = tmp_path / "pip3"
    program.write_text(f'#!/bin/sh\nexec {" ".join(command)} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetch(pinned, tmp_path / "downloads").is_file()
