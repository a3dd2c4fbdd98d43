"""Files to a host by a real sshd: only what it lacks, whole or not at all, on from where a cut left them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from oarlock.errors import ClosedError
from oarlock_opt.devices import transfer
from oarlock_opt.devices.connection import Connection
from oarlock_opt.devices.payload import Item
from oarlock_opt.errors import TransferError
from tests.conftest import SmallDisk
from tests.opt.devices.conftest import Board

_LARGE = 12 << 20


def _item(folder: Path, name: str, content: bytes, *, executable: bool = False) -> Item:
    path = folder / name.replace("/", "-")
    path.write_bytes(content)
    return Item(name, path, executable=executable)


def _below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_what_changed(connection: Connection, tmp_path: Path) -> None:
    there = tmp_path / "there" / "it's $HOME"
    items = [
        _item(tmp_path, "program", b"\x7fELF" * 100, executable=True),
        _item(tmp_path, "a.oar/golden/x.npy", bytes(range(256)) * 40),
        _item(tmp_path, "empty", b""),
        Item("a.oar/bundle.json", content=b"{}"),
    ]
    told: list[tuple[int, int]] = []
    total = sum(item.size for item in items)
    assert transfer.send(connection, str(there), items, progress=lambda *it: told.append(it)) == total
    assert told[0] == (0, total)
    assert told[-1] == (total, total)
    assert _below(there) == {item.name: item.read() for item in items}
    assert os.access(there / "program", os.X_OK)
    assert not os.access(there / "empty", os.X_OK)

    assert transfer.send(connection, str(there), items) == 0
    # Of the same size and time, but another.
    before = (there / "program").stat()
    (there / "program").write_bytes(b"\x7fELE" * 100)
    os.utime(there / "program", ns=(before.st_atime_ns, before.st_mtime_ns))
    items[-1] = Item("a.oar/bundle.json", content=b"{ }")
    assert transfer.send(connection, str(there), items) == 400 + 3
    assert _below(there) == {item.name: item.read() for item in items}


def test_what_is_gone_is_removed(connection: Connection, tmp_path: Path) -> None:
    there = tmp_path / "there"
    items = [Item(f"a.oar/{name}", content=b"x") for name in ("bundle.json", "old.nb", "golden/a.npy")]
    transfer.send(connection, str(there), [*items, Item("mine", content=b"y")])
    transfer.remove_others(connection, str(there), "a.oar", items[:1])
    assert sorted(_below(there)) == ["a.oar/bundle.json", "mine"]


def test_a_cut_is_mended_on_the_way(board: Board, connection: Connection, tmp_path: Path) -> None:
    item = _item(tmp_path, "large.nb", os.urandom(_LARGE))
    cuts = 0

    def progress(done: int, total: int) -> None:
        nonlocal cuts
        if done > (cuts + 1) * _LARGE // 3 and cuts < 2:
            cuts += 1
            board.cut()

    sent = transfer.send(connection, str(tmp_path / "there"), [item], progress=progress)
    assert cuts == 2
    assert _below(tmp_path / "there") == {"large.nb": item.read()}
    # What was underway at the cuts is sent again, and no more than that.
    assert _LARGE <= sent < _LARGE * 1.7


def test_what_broke_off_goes_on(connection: Connection, tmp_path: Path) -> None:
    item = _item(tmp_path, "large.nb", os.urandom(_LARGE))

    def interrupt(done: int, total: int) -> None:
        if done > _LARGE // 2:
            raise KeyboardInterrupt

    there = tmp_path / "there"
    with pytest.raises(KeyboardInterrupt):
        transfer.send(connection, str(there), [item], progress=interrupt)
    [part] = list(there.iterdir())
    assert part.name.endswith(".oarlock-part")
    assert transfer.send(connection, str(there), [item]) < _LARGE * 0.7
    assert _below(there) == {"large.nb": item.read()}


def test_a_part_with_other_bytes_is_sent_anew(connection: Connection, tmp_path: Path) -> None:
    item = _item(tmp_path, "a.nb", os.urandom(3_000_000))
    there = tmp_path / "there"
    there.mkdir()
    for size in (1_500_000, 4_000_000):
        (there / f".a.nb.{item.sha256[:16]}.oarlock-part").write_bytes(bytes(size))
        transfer.send(connection, str(there), [item])
        assert _below(there) == {"a.nb": item.read()}
        (there / "a.nb").unlink()


def test_a_full_disk(connection: Connection, tmp_path: Path, small_disk: SmallDisk) -> None:
    disk = small_disk(2048)
    small, large = _item(tmp_path, "small", b"x" * 1000), _item(tmp_path, "large", os.urandom(4 << 20))
    with pytest.raises(
        TransferError, match=r"ssh:board: .*: the disk is full: 0\.0 MB of 4\.2 MB are there; free some"
    ):
        transfer.send(connection, str(disk), [small, large])
    assert not _below(disk), "what was half there is gone"
    with pytest.raises(TransferError, match=r"4\.2 MB are needed, and 2\.0 MB are free"):
        transfer.send(connection, str(disk), [small, large], free=2_000_000)
    many = [_item(tmp_path, f"{number}", os.urandom(1 << 19)) for number in range(6)]
    with pytest.raises(TransferError, match="the disk is full"):
        transfer.send(connection, str(disk), many)
    assert not _below(disk)
    assert transfer.send(connection, str(disk), [small]) == 1000
    assert transfer.send(connection, str(disk), [small], free=0) == 0, "what is there needs no room"


def test_no_folder_there(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TransferError, match=r"cannot be made or written to \(.*Not a directory"):
        transfer.send(connection, str(tmp_path / "file" / "there"), [Item("a", content=b"x")])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 70_000])
def test_posix_cksum(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(size))
    crc, length, _ = subprocess.run(["cksum", path], capture_output=True, text=True, check=True).stdout.split()
    assert transfer.posix_cksum(path.read_bytes()) == f"{crc}-{length}"


def test_a_board_without_sha256sum(board: Board, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "tr", "wc", "mkdir", "mv", "rm", "chmod", "dirname", "cut", "tar", "mktemp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    board.stop()
    board.start(f"SetEnv PATH={tools}")
    with Connection("board") as connection:
        assert connection.run("command -v sha256sum").returncode != 0
        items = [_item(tmp_path, "a", os.urandom(5000)), _item(tmp_path, "b", os.urandom(2_000_000))]
        assert transfer.send(connection, str(tmp_path / "there"), items) == 2_005_000
        assert transfer.send(connection, str(tmp_path / "there"), items) == 0
        assert _below(tmp_path / "there") == {item.name: item.read() for item in items}


def test_closing_ends_it(connection: Connection, tmp_path: Path) -> None:
    item = _item(tmp_path, "large.nb", os.urandom(_LARGE))

    def close(done: int, total: int) -> None:
        if done > _LARGE // 2:
            connection.close()

    with pytest.raises(ClosedError):
        transfer.send(connection, str(tmp_path / "there"), [item], progress=close)
    assert list(_below(tmp_path / "there")) == [transfer._part(item)], "for the next time"
