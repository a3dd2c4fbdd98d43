"""oarlock._files: complete or not there."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oarlock import _files
from oarlock._files import lock, replace_directory, sha256_file, temporary_sibling, write_atomically

from .helpers import names


def test_sha256_of_a_file_larger_than_one_read(tmp_path: Path) -> None:
    content = os.urandom((1 << 20) + 17)
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_file(path) == hashlib.sha256(content).hexdigest()


def test_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file.json"]


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_sibling_of_a_living_process_stays_and_of_a_dead_one_goes(tmp_path: Path) -> None:
    destination = tmp_path / "bundle.oar"
    script = (
        "import sys, time\n"
        "from oarlock._files import temporary_sibling\n"
        f"with temporary_sibling({str(destination)!r}) as folder:\n"
        "    (folder / 'half').write_text('half')\n"
        "    print(folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        other = Path(child.stdout.readline().strip())
        with temporary_sibling(destination) as mine:
            assert mine != other
            assert (other / "half").exists()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert other.exists()
    with temporary_sibling(destination):
        assert not other.exists()
    assert names(tmp_path) == []


def _fill(folder: Path, text: str) -> None:
    (folder / "golden").mkdir(parents=True)
    (folder / "bundle.json").write_text(text)
    (folder / "golden" / "0.npy").write_text(text)


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "two renames"])
def test_replace_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(_files, "_exchange", lambda first, second: False)
    destination = tmp_path / "x.oar"
    for text in ("first", "second", "third"):
        with temporary_sibling(destination) as work:
            _fill(work / "new", text)
            replace_directory(work / "new", destination)
        assert (destination / "bundle.json").read_text() == text
        assert (destination / "golden" / "0.npy").read_text() == text
        assert names(tmp_path) == ["x.oar"]


def test_destination_is_there_throughout(tmp_path: Path) -> None:
    destination = tmp_path / "x.oar"
    _fill(destination, "0")
    stop = threading.Event()
    missing: list[OSError] = []

    def watch() -> None:
        while not stop.is_set():
            try:
                (destination / "golden" / "0.npy").read_text()
            except OSError as error:
                missing.append(error)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(50):
        with temporary_sibling(destination) as work:
            _fill(work / "new", str(number))
            replace_directory(work / "new", destination)
    stop.set()
    watcher.join()
    assert missing == []


@pytest.mark.parametrize("kind", ["file", "link"])
def test_replace_refuses_what_is_no_directory(tmp_path: Path, kind: str) -> None:
    destination = tmp_path / "x.oar"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        destination.write_text("precious")
    else:
        destination.symlink_to(elsewhere)
    with temporary_sibling(destination) as work:
        _fill(work / "new", "x")
        with pytest.raises(NotADirectoryError, match="file or a link"):
            replace_directory(work / "new", destination)
    assert destination.is_symlink() or destination.read_text() == "precious"
    assert list(elsewhere.iterdir()) == []


def test_failed_rename_puts_the_old_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "_exchange", lambda first, second: False)
    destination = tmp_path / "x.oar"
    _fill(destination, "old")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with temporary_sibling(destination) as work:
        _fill(work / "new", "new")
        with pytest.raises(OSError, match="Input/output"):
            replace_directory(work / "new", destination)
    assert (destination / "bundle.json").read_text() == "old"


def test_who_dies_between_two_renames_loses_nothing(tmp_path: Path) -> None:
    destination, longer = tmp_path / "x.oar", tmp_path / "x.oar.oar"
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from oarlock import _files\n"
        "_files._exchange = lambda first, second: False\n"
        "rename = Path.rename\n"
        "def die(path, target):\n"
        "    if path.name == 'new':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return rename(path, target)\n"
        "Path.rename = die\n"
        "destination = Path(sys.argv[1])\n"
        "with _files.temporary_sibling(destination) as work:\n"
        "    (work / 'new').mkdir()\n"
        "    _files.replace_directory(work / 'new', destination)\n"
    )
    for path in (destination, longer):
        _fill(path, path.name)
        assert subprocess.run([sys.executable, "-c", script, path], check=False).returncode == -signal.SIGKILL
        assert not path.exists()
    with temporary_sibling(destination):
        assert (destination / "bundle.json").read_text() == "x.oar"
        assert not longer.exists()
    with temporary_sibling(longer):
        assert (longer / "bundle.json").read_text() == "x.oar.oar"
    assert names(tmp_path) == ["x.oar", "x.oar.oar"]


def test_lock_excludes_processes(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    script = (
        "import time\n"
        "from pathlib import Path\n"
        "from oarlock._files import lock\n"
        f"counter = Path({str(counter)!r})\n"
        "for _ in range(50):\n"
        f"    with lock({str(tmp_path / 'lock')!r}):\n"
        "        value = int(counter.read_text())\n"
        "        time.sleep(0.0005)\n"
        "        counter.write_text(str(value + 1))\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert counter.read_text() == "150"


def test_lock_says_when_it_waits(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waited = threading.Event()
    entered = threading.Event()

    def second() -> None:
        with lock(path, waiting=waited.set):
            entered.set()

    with lock(path, waiting=lambda: pytest.fail("nobody holds it")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        assert not entered.is_set()
    thread.join()
    assert entered.is_set()
