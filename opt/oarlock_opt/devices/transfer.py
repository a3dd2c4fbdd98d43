"""Files onto a host: only those that it lacks, whole or not at all, going on after a cut where it broke off.

A large file goes into ``.NAME.HASH.oarlock-part`` beside its place, is hashed there when it has its size, and renamed.
A part that a cut left behind is continued by the next transfer of the same bytes. Small files follow in tar streams of
a few megabytes, are hashed and renamed likewise. Where there is no sha256sum, POSIX's cksum (a CRC and the size) takes
its place.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import IO

from oarlock_opt.devices.connection import FAILED, Connection, connection_error
from oarlock_opt.devices.payload import Item
from oarlock_opt.errors import ConnectionLostError, DeviceError, TransferError

__all__ = ["Progress", "posix_cksum", "remove_others", "send"]

Progress = Callable[[int, int], None]
"""Is told how many bytes of how many are there."""

_CHUNK = 256 << 10
_SMALL = 1 << 20
_LARGEST_STREAM = 8 << 20
_ATTEMPTS = 3
_NO_FOLDER, _FAILED_WRITE, _SHORT, _OTHER_BYTES = 71, 73, 75, 65

_HASH = """
if command -v sha256sum >/dev/null 2>&1; then
  kind=sha256; hash() { sha256sum <"$1" | cut -c1-64; }
else
  kind=cksum; hash() { cksum <"$1" | tr ' ' -; }
fi
"""
_ENTER = """
LC_ALL=C; export LC_ALL
case $1 in '~/'*) folder=$HOME/${1#'~/'} ;; *) folder=$1 ;; esac
"""
# stdin: lines "SIZE PART NAME". A file of another size need not be hashed.
_LIST = f"""{_ENTER}{_HASH}
mkdir -p "$folder" && cd "$folder" && [ -w . ] || exit {_NO_FOLDER}
echo "$kind"
while read -r size part name; do
  if [ -f "$part" ]; then echo "part $(($(wc -c <"$part"))) $part"; fi
  if [ -f "$name" ] && [ $(($(wc -c <"$name"))) -eq "$size" ]; then echo "file $(hash "$name") $name"; fi
done
"""
# $2 part, $3 name, $4 size, $5 hash, $6 mode, $7 pattern of older parts; stdin: what is missing of the file.
_PUT = f"""{_ENTER}{_HASH}
cd "$folder" || exit {_NO_FOLDER}
mkdir -p "$(dirname "$3")" || exit {_FAILED_WRITE}
cat >>"$2" || {{ rm -f "$2"; exit {_FAILED_WRITE}; }}
[ $(($(wc -c <"$2"))) -ge "$4" ] || exit {_SHORT}
[ "$(hash "$2")" = "$5" ] || {{ rm -f "$2"; exit {_OTHER_BYTES}; }}
chmod "$6" "$2" && mv -f "$2" "$3" || exit {_FAILED_WRITE}
for old in "$(dirname "$3")"/$7; do rm -f "$old"; done
"""
# stdin: a tar stream; the first file in it, "list", has a line "HASH MODE NAME" for each of the others, "0", "1" ….
_PUT_SMALL = f"""{_ENTER}{_HASH}
cd "$folder" || exit {_NO_FOLDER}
new=$(mktemp -d .oarlock-new.XXXXXX) || exit {_FAILED_WRITE}
trap 'rm -rf "$new"' EXIT
tar -xf - -C "$new" || exit {_FAILED_WRITE}
number=0
while read -r expected mode name; do
  [ "$(hash "$new/$number")" = "$expected" ] || exit {_OTHER_BYTES}
  mkdir -p "$(dirname "$name")" && chmod "$mode" "$new/$number" && mv -f "$new/$number" "$name" || exit {_FAILED_WRITE}
  number=$((number + 1))
done <"$new/list"
"""
_OTHERS = f"""{_ENTER}
cd "$folder/$2" || exit {_NO_FOLDER}
find . -type f
"""
_REMOVE = f"""{_ENTER}
cd "$folder/$2" || exit {_NO_FOLDER}
while read -r name; do rm -f "$name"; done
"""


def send(
    connection: Connection,
    folder: str,
    items: Sequence[Item],
    *,
    free: int | None = None,
    progress: Progress = lambda done, total: None,
) -> int:
    """Have every item below ``folder``, an absolute path there, one below the user's home, or "~/…".

    ``free`` are the bytes that its disk has left, where that is known: what cannot be put there is not begun. Returns
    the bytes that were sent. A connection that breaks off is opened again a few times. Raises TransferError,
    ConnectionLostError and the other errors of the connection, OSError for files here.
    """
    return _Transfer(connection, folder, items, free, progress).go()


def remove_others(connection: Connection, folder: str, below: str, items: Sequence[Item]) -> None:
    """Remove what is in ``below``, a folder of ours in ``folder``, and not among the items. Raises as ``send``."""
    kept = {item.name for item in items}
    found = connection.run(_OTHERS, folder, below).stdout.decode(errors="surrogateescape").splitlines()
    others = [name for name in found if str(PurePosixPath(below, name)) not in kept]
    if others:
        connection.run(
            _REMOVE, folder, below, data="".join(f"{it}\n" for it in others).encode(errors="surrogateescape")
        )


def posix_cksum(content: bytes) -> str:
    """CRC and size as CRC-SIZE by POSIX: polynomial 0x04C11DB7, most significant bit first, the size behind."""
    # zlib's CRC is of the same polynomial with bits reversed: it is given reversed bytes, and its result is reversed.
    size, suffix = len(content), b""
    while size:
        suffix, size = suffix + bytes([size & 0xFF]), size >> 8
    reversed_crc = zlib.crc32((content + suffix).translate(_REVERSED), 0xFFFFFFFF)
    return f"{int(f'{reversed_crc:032b}'[::-1], 2)}-{len(content)}"


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Transfer:
    def __init__(
        self, connection: Connection, folder: str, items: Sequence[Item], free: int | None, progress: Progress
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._items = items
        self._free = free
        self._progress = progress
        self._total = sum(item.size for item in items)
        self._there = 0
        self._sent = 0
        self._kind = "sha256"

    def go(self) -> int:
        failures = 0
        while True:
            before = self._sent
            try:
                self._connection.open()
                missing = self._missing()
                for item, size in missing:
                    if item.size > _SMALL:
                        self._put(item, size)
                # Behind the large ones: among them is bundle.json, the last.
                for items in _streams(item for item, _ in missing if item.size <= _SMALL):
                    self._put_small(items)
                return self._sent
            except ConnectionLostError:
                failures = 1 if self._sent > before else failures + 1
                if failures >= _ATTEMPTS:
                    raise

    def _missing(self) -> list[tuple[Item, int]]:
        """The items that are not there, in their order, and the bytes of their parts."""
        lines = "".join(f"{item.size} {_part(item)} {item.name}\n" for item in self._items)
        done = self._connection.run(_LIST, self._folder, data=lines.encode())
        if done.returncode != 0:
            raise self._error(done.returncode, done.stderr)
        self._kind, *answers = done.stdout.decode(errors="replace").splitlines() or [""]
        found = {tuple(answer.split(" ", 2)[::2]): answer.split(" ", 2)[1] for answer in answers}
        missing = [item for item in self._items if found.get(("file", item.name)) != self._hash(item)]
        self._there = self._total - sum(item.size for item in missing)
        self._progress(self._there, self._total)
        parts = {item.name: int(found.get(("part", _part(item)), "0")) for item in missing}
        needed = sum(max(item.size - parts[item.name], 0) for item in missing)
        if self._free is not None and needed > self._free:
            raise TransferError(
                f"ssh:{self._connection.host}: {self._folder}: {_megabytes(needed)} are needed, and "
                f"{_megabytes(self._free)} are free; free some, or name a folder on another disk with "
                f"ssh:{self._connection.host}:DIR"
            )
        self._free = None  # of the first time
        return [(item, parts[item.name]) for item in missing]

    def _hash(self, item: Item) -> str:
        return item.sha256 if self._kind == "sha256" else posix_cksum(item.read())

    def _put(self, item: Item, size: int) -> None:
        name = PurePosixPath(item.name)
        mode = "755" if item.executable else "644"
        # What is left of a part that is too long is nothing; it fails by its hash, and is sent anew.
        for _ in range(2):
            arguments = (_part(item), item.name, str(item.size), self._hash(item), mode, f".{name.name}.*.oarlock-part")
            process = self._connection.start(_PUT, self._folder, *arguments)
            start = min(size, item.size)
            status, words = self._pour(process, _chunks(item, start), start)
            if status == 0:
                self._there += item.size
                return
            if status != _OTHER_BYTES:
                raise self._error(status, words)
            size = 0
        raise self._error(_OTHER_BYTES, item.name.encode())

    def _put_small(self, items: Sequence[Item]) -> None:
        process = self._connection.start(_PUT_SMALL, self._folder)
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            lines = (f"{self._hash(item)} {'755' if item.executable else '644'} {item.name}\n" for item in items)
            _add(archive, "list", "".join(lines).encode())
            for number, item in enumerate(items):
                _add(archive, str(number), item.read())
        sent = self._sent
        status, words = self._pour(process, iter([content.getvalue()]), 0)
        if status != 0:
            raise self._error(status, words)
        self._there += sum(item.size for item in items)
        self._sent = sent + sum(item.size for item in items)
        self._progress(self._there, self._total)

    def _pour(self, process: subprocess.Popen[bytes], chunks: Iterator[bytes], start: int) -> tuple[int, bytes]:
        """Write to a process; returns its exit status and what it wrote to stderr."""
        assert process.stdin is not None
        assert process.stderr is not None
        done = start
        with process:
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                    process.stdin.flush()
                    done += len(chunk)
                    self._sent += len(chunk)
                    self._progress(min(self._there + done, self._total), self._total)
            except BrokenPipeError:
                pass  # why, its exit status tells
            except BaseException:
                process.kill()
                raise
            with suppress(BrokenPipeError):
                process.stdin.close()
            words = process.stderr.read()
            status = process.wait()
        return status, words

    def _error(self, status: int, stderr: bytes) -> DeviceError:
        host, words = self._connection.host, stderr.decode(errors="replace")
        if status == FAILED:
            return connection_error(host, words)
        if status == _SHORT:
            return connection_error(host, "")
        last = (words.strip().splitlines() or [f"exit status {status}"])[-1]
        where = f"ssh:{host}: {self._folder}"
        if status == _OTHER_BYTES:
            return TransferError(
                f"{where}: {last if stderr else 'a file'} arrived with other bytes than were sent; the disk or the "
                "memory there may be failing"
            )
        if "No space left" in words or "Disk quota exceeded" in words:
            return TransferError(
                f"{where}: the disk is full: {_megabytes(self._there)} of {_megabytes(self._total)} are there; free "
                f"some, or name a folder on another disk with ssh:{host}:DIR"
            )
        if status == _NO_FOLDER:
            return TransferError(
                f"{where}: cannot be made or written to ({last}); name another folder with ssh:{host}:DIR"
            )
        return TransferError(f"{where}: files cannot be put there: {last}")


def _part(item: Item) -> str:
    path = PurePosixPath(item.name)
    return str(path.with_name(f".{path.name}.{item.sha256[:16]}.oarlock-part"))


def _streams(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Small items in their order, a few megabytes at a time."""
    stream: list[Item] = []
    for item in items:
        if sum(it.size for it in stream) + item.size > _LARGEST_STREAM:
            yield stream
            stream = []
        stream.append(item)
    if stream:
        yield stream


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _chunks(item: Item, start: int) -> Iterator[bytes]:
    if item.path is None:
        yield item.content[start:]
        return
    file: IO[bytes]
    with item.path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            yield chunk


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def quoted(path: str) -> str:
    """A path there as a shell's word, "~/" kept."""
    return f"~/{shlex.quote(path[2:])}" if path.startswith("~/") else shlex.quote(path)
