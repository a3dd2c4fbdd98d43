"""Small stand-ins for what the store takes: a paddlelite wheel and releases of Paddle Lite for ARM."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from oarlock._pypi import PinnedFile

WHEEL_NAME = "paddlelite-2.12-cp37-cp37m-manylinux1_x86_64.whl"
LIBRARY_IN_RELEASE = "cxx/lib/libpaddle_light_api_shared.so"

_METADATA = "Metadata-Version: 2.1\nName: paddlelite\nVersion: 2.12\n"
_WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp37-cp37m-manylinux1_x86_64\n"


def elf(machine: int = 183, bits: int = 64, libc: str = "libc.so.6", version: str | None = "2.12") -> bytes:
    """What the store reads of a shared library: the ELF header, the C library it names and its version string."""
    header = (
        b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9) + (3).to_bytes(2, "little") + machine.to_bytes(2, "little")
    )
    strings = [libc, *([] if version is None else [f"v{version}"])]
    return header + bytes(44) + b"\0" + b"".join(text.encode() + b"\0" for text in strings)


def write_wheel(folder: Path, extra: dict[str, bytes] | None = None) -> tuple[Path, PinnedFile]:
    """A wheel that pip accepts, with a library of 300 kB, and the pin that knows its hash."""
    files = {
        "paddlelite-2.12.data/purelib/paddlelite/__init__.py": b"raise ImportError\n",
        "paddlelite-2.12.data/purelib/paddlelite/lite.so": elf(machine=62) + bytes(300_000),
        "paddlelite-2.12.data/purelib/paddlelite/libs/libiomp5.so": elf(machine=62, version=None),
        "paddlelite-2.12.dist-info/METADATA": _METADATA.encode(),
        "paddlelite-2.12.dist-info/WHEEL": _WHEEL.encode(),
        "paddlelite-2.12.dist-info/RECORD": b"",
        **(extra or {}),
    }
    path = folder / WHEEL_NAME
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    options = ("--only-binary=:all:", "--python-version", "37", "--platform", "manylinux1_x86_64")
    return path, PinnedFile("paddlelite", "2.12", WHEEL_NAME, digest, options)


def fields_of(pinned: PinnedFile) -> dict[str, str]:
    """A pin as data/engines.json has it."""
    return {"package": pinned.package, "filename": pinned.filename, "sha256": pinned.sha256}


def write_release(path: Path, files: dict[str, bytes]) -> Path:
    """A .tar.gz with these members, by their names in the archive."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
