"""The hashes of a source's files, which need no thread."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

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
    hashes = SourceHashes(SourceFiles(program, params))
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
    hashes = SourceHashes(SourceFiles(folder, None))
    with pytest.raises(IsADirectoryError):
        hashes.get()
