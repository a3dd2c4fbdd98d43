"""A file that was hashed once is not hashed again, in whichever process; the table itself is tested natively."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oarlock import Bundle, store
from oarlock.errors import HashMismatchError

from .helpers import Build, file_entry, make_bundle

_SIZE = 8 << 20
# Longer than the coarsest resolution of times for which the core waits.
_SETTLED = 3.5


_EDITS = ("in place", "in place, time put back", "by another file", "by another file, its time")


@pytest.fixture(scope="module")
def large(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose x86 variant is no model, but large, and old enough to be remembered."""
    folder = make_bundle(build, tmp_path_factory.mktemp("large") / "large.oar")
    _grow(folder)
    for edit in _EDITS:
        shutil.copytree(folder, folder.with_name(edit))
    time.sleep(_SETTLED)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    return folder


def _grow(bundle: Path) -> None:
    (bundle / "x86-fp32.nb").write_bytes(bytes(_SIZE))
    data = json.loads((bundle / "bundle.json").read_text())
    data["variants"][0].update(file_entry(bundle / "x86-fp32.nb"))
    (bundle / "bundle.json").write_text(json.dumps(data))


def _bytes_read(bundle: Path) -> int:
    """How many bytes a new process reads to give the path of the variant's file, by the system's own count."""
    code = (
        "import sys; from oarlock import Bundle; count = lambda: int(open('/proc/self/io').readline().split()[1]); "
        "Bundle.open(sys.argv[1]).file('labels.txt'); before = count(); "
        "Bundle.open(sys.argv[1]).file('x86-fp32.nb'); print(count() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, bundle], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_second_process_does_not_hash(large: Path, home: Path) -> None:
    assert _bytes_read(large) > _SIZE
    assert (home / "verified").stat().st_size <= 128 << 10
    for _ in range(2):
        assert _bytes_read(large) < 100_000


def test_a_copy_is_hashed(large: Path, tmp_path: Path) -> None:
    _bytes_read(large)
    shutil.copytree(large, tmp_path / "copy.oar")
    assert _bytes_read(tmp_path / "copy.oar") > _SIZE


@pytest.mark.parametrize("edit", _EDITS)
def test_an_edit_is_found(large: Path, tmp_path: Path, edit: str) -> None:
    bundle = large.with_name(edit)
    assert _bytes_read(bundle) > _SIZE
    assert _bytes_read(bundle) < 100_000
    file = bundle / "x86-fp32.nb"
    before = file.stat()
    if edit.startswith("in place"):
        with file.open("r+b") as stream:
            stream.write(b"x")
    else:
        other = tmp_path / "other"
        other.write_bytes(b"x" + bytes(_SIZE - 1))
        other.replace(file)
    if edit.endswith(("put back", "its time")):
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(HashMismatchError, match=r"x86-fp32\.nb"):
        Bundle.open(bundle).file("x86-fp32.nb")


def test_a_table_that_says_otherwise_is_for_other_files(large: Path, home: Path, tmp_path: Path) -> None:
    """What was remembered of a right file does not make a wrong one right."""
    _bytes_read(large)
    bundle = tmp_path / "wrong.oar"
    shutil.copytree(large, bundle)
    (bundle / "x86-fp32.nb").write_bytes(b"x" + bytes(_SIZE - 1))
    with pytest.raises(HashMismatchError):
        Bundle.open(bundle).file("x86-fp32.nb")


@pytest.fixture
def unwritable(home: Path) -> Iterator[None]:
    home.mkdir()
    (home / "verified").mkdir()  # Not even root can write a file there.
    yield
    (home / "verified").rmdir()


@pytest.mark.usefixtures("unwritable")
def test_a_home_that_cannot_be_written(large: Path) -> None:
    for _ in range(2):
        assert _bytes_read(large) > _SIZE


def test_a_home_on_a_read_only_file_system(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OARLOCK_HOME", "/proc/oarlock")
    for _ in range(2):
        assert _bytes_read(large) > _SIZE


def test_two_users(large: Path, home: Path) -> None:
    """One home for both: neither believes what the other could have written."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    _bytes_read(large)
    os.chown(home / "verified", 65534, 65534)
    assert _bytes_read(large) > _SIZE


def test_many_processes_at_once(large: Path) -> None:
    code = "import sys; from oarlock import Bundle; [Bundle.open(sys.argv[1]).file('x86-fp32.nb') for _ in range(20)]"
    children = [subprocess.Popen([sys.executable, "-c", code, large]) for _ in range(4)]
    assert [child.wait(60) for child in children] == [0] * 4
    assert _bytes_read(large) < 100_000


def test_a_home_whose_parent_is_missing(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OARLOCK_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert _bytes_read(large) > _SIZE
    assert _bytes_read(large) < 100_000
    assert (store.home() / "verified").is_file()
