"""Whether shared libraries can be loaded by devices with pages of 16 KB, and are taken by Google Play.

    python3 check_alignment.py FILE.so|FILE.apk|FOLDER ...

Reads the program headers: every LOAD segment of a 64-bit library must be aligned to 16,384 bytes or more (the
linker's -z max-page-size). 32-bit libraries are not concerned: no 32-bit device has such pages. Exit
status 1 when one falls short.
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = 16384
"""Bytes; https://developer.android.com/guide/practices/page-sizes"""

_MAGIC = b"\x7fELF"
_ELF64 = 2
_LITTLE = 1
_LOAD = 1


class Library(NamedTuple):
    """A shared library: where it was found, 32 or 64 bits, the least alignment of its LOAD segments in bytes."""

    name: str
    bits: int
    alignment: int

    @property
    def passes(self) -> bool:
        """Whether a device with pages of 16 KB loads it."""
        return self.bits == 32 or self.alignment >= PAGE


def read(name: str, data: bytes) -> Library:
    """What the ELF headers of a little-endian library say. Raises ValueError for anything else."""
    if data[:4] != _MAGIC or len(data) < 64 or data[5] != _LITTLE:
        raise ValueError(f"{name}: no little-endian ELF file, expected a shared library for Android")
    wide = data[4] == _ELF64
    # e_phoff; e_phentsize and e_phnum; in a program header p_type comes first and p_align last (ELF specification 1.2).
    (offset,) = struct.unpack_from("<Q" if wide else "<I", data, 32 if wide else 28)
    size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
    align_format, align_at = ("<Q", 48) if wide else ("<I", 28)
    if offset + size * count > len(data) or (count and size < align_at + struct.calcsize(align_format)):
        raise ValueError(f"{name}: {len(data)} bytes, expected {count} program headers from byte {offset} on")
    alignments = []
    for at in range(offset, offset + size * count, size or 1):
        if struct.unpack_from("<I", data, at)[0] == _LOAD:
            alignments.append(struct.unpack_from(align_format, data, at + align_at)[0])
    if not alignments:
        raise ValueError(f"{name}: has no LOAD segment, expected a shared library")
    return Library(name, 64 if wide else 32, min(alignments))


def libraries(path: Path) -> Iterator[Library]:
    """Every ``.so`` at ``path``: the file itself, all in a folder, all in an APK. Raises ValueError and OSError."""
    if path.is_dir():
        for file in sorted(path.rglob("*.so")):
            yield read(str(file), file.read_bytes())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".so"):
                    yield read(f"{path}!{name}", archive.read(name))
    else:
        yield read(str(path), path.read_bytes())


def main(arguments: list[str]) -> int:
    """The command."""
    if not arguments:
        print("usage: check_alignment.py FILE.so|FILE.apk|FOLDER ...", file=sys.stderr)
        return 2
    status = 0
    for argument in arguments:
        try:
            for it in libraries(Path(argument)):
                verdict = "ok" if it.passes else f"NOT LOADED by devices with 16 KB pages, expected {PAGE}"
                print(f"{it.name}: {it.bits}-bit, aligned to {it.alignment}: {verdict}")
                status |= not it.passes
        except (OSError, ValueError) as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
