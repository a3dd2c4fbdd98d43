"""The hashes of a source's files, which need no thread and are remembered."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from oarlock_opt import imported
from oarlock_opt.cache import Cache
from oarlock_opt.imported import FileHash, SourceHashes
from oarlock_opt.source import SourceFiles


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "no threads to be had"])
def test_files_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: bool) -> None:
    program, params = tmp_path / "m.pdmodel", tmp_path / "m.pdiparams"
    program.write_bytes(b"a program")
    params.write_bytes(b"its parameters")

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    if not threads:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
    hashes = SourceHashes(SourceFiles(program, params), Cache.none())
    assert hashes.get() == tuple(
        FileHash(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in (program, params)
    )


def test_without_threads_a_file_that_cannot_be_read_is_an_oserror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "m.pdmodel"
    folder.mkdir()

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    hashes = SourceHashes(SourceFiles(folder, None), Cache.none())
    with pytest.raises(IsADirectoryError):
        hashes.get()


def _no_hashing(path: Path) -> object:
    raise AssertionError(f"{path} is hashed again")


def test_hashes_are_remembered_while_a_file_keeps_its_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "m.pdmodel"
    program.write_bytes(b"a program")
    cache = Cache(tmp_path / "cache", limit=1 << 20)
    monkeypatch.setattr(imported, "_SETTLED_NS", -(10**9))
    first = SourceHashes(SourceFiles(program, None), cache)
    first.keep()
    with monkeypatch.context() as without:
        without.setattr(imported, "Hashing", _no_hashing)
        assert SourceHashes(SourceFiles(program, None), cache).get() == first.get()
    times = program.stat().st_atime_ns, program.stat().st_mtime_ns
    program.write_bytes(b"b program")
    os.utime(program, ns=times)  # its time of change tells all the same
    assert SourceHashes(SourceFiles(program, None), cache).get()[0].sha256 == hashlib.sha256(b"b program").hexdigest()


def test_hashes_of_a_new_file_are_not_remembered(tmp_path: Path) -> None:
    program = tmp_path / "m.pdmodel"
    program.write_bytes(b"a program")
    cache = Cache(tmp_path / "cache", limit=1 << 20)
    SourceHashes(SourceFiles(program, None), cache).keep()
    assert not list((tmp_path / "cache").glob("hashes/*"))
