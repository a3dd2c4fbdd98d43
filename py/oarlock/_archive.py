"""Unpacking Paddle Lite: the pinned wheel, and the release archives for ARM and Android."""

from __future__ import annotations

import gzip
import re
import shutil
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from oarlock._catalog import TARGETS
from oarlock._files import sha256_file
from oarlock.errors import BadArchiveError, InvalidArgumentError

__all__ = ["RELEASE_LIBRARY", "Release", "unpack_release", "unpack_wheel"]

RELEASE_LIBRARY = "libpaddle_light_api_shared.so"
_MAX_LIBRARY = 1 << 30  # bytes; the largest file of a wheel has 133 MB
_WHEEL_FILE = re.compile(r"(?:^|/)paddlelite/(lite\.so|libs/[^/]+\.so)$")
_VERSION_IN_LIBRARY = re.compile(rb"\0v(\d+\.\d+(?:\.\d+)?(?:-?rc\d*)?)\0")
_VERSION_IN_NAME = re.compile(r"(?:^|[^0-9A-Za-z])v(\d+\.\d+(?:\.\d+)?(?:-?rc\d*)?)(?![0-9.]*\d)")


@dataclass(frozen=True)
class Release:
    """What a release archive held.

    ``sha256`` is of the archive, or of the library where no archive was given. ``version_from`` tells what named the
    version: "the library", "its name" or "--version".
    """

    library: Path
    sha256: str
    version: str
    version_from: str


def unpack_wheel(wheel: Path, destination: Path) -> None:
    """Unpack ``lite.so`` and ``libs/*.so`` of a paddlelite wheel, and nothing else, into a new folder.

    Raises BadArchiveError and OSError.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = {match[1]: info for info in archive.infolist() if (match := _WHEEL_FILE.search(info.filename))}
            if "lite.so" not in found:
                raise BadArchiveError(f"{wheel}: holds no paddlelite/lite.so, expected a wheel of paddlelite")
            (destination / "libs").mkdir(parents=True)
            for name, info in found.items():
                with archive.open(info) as source:
                    _copy(source, destination / name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadArchiveError(f"{wheel}: is not a whole wheel ({error})") from error


def unpack_release(source: Path, destination: Path, target: str, version: str | None) -> Release:
    """Copy the library of a release archive, of the folder it unpacks to, or the library itself, into a new folder.

    The library must be for ``target``. Its version is, in this order: ``version``, the version string inside the
    library, a "v2.12" in the path that was given.
    Raises BadArchiveError, InvalidArgumentError (no or contradicting versions) and OSError.
    """
    destination.mkdir(parents=True)
    library = destination / RELEASE_LIBRARY
    if source.is_dir():
        shutil.copyfile(_library_in_folder(source), library)
        sha256 = sha256_file(library)
    elif source.suffix == ".so":
        shutil.copyfile(source, library)
        sha256 = sha256_file(library)
    else:
        _library_from_tar(source, library)
        sha256 = sha256_file(source)
    content = library.read_bytes()
    _check_architecture(content, source, target)
    told, version_from = _version(content, source, version)
    return Release(library, sha256, told, version_from)


def _library_in_folder(folder: Path) -> Path:
    found = sorted(path for path in folder.rglob(RELEASE_LIBRARY) if path.is_file())
    _require_one(len(found), folder)
    return found[0]


def _library_from_tar(source: Path, library: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            members = archive.getmembers()
            for member in members:
                name = PurePosixPath(member.name)
                if name.is_absolute() or ".." in name.parts:
                    raise BadArchiveError(f"{source}: holds {member.name!r}, a path that leads out of the archive")
            found = [it for it in members if it.isfile() and PurePosixPath(it.name).name == RELEASE_LIBRARY]
            _require_one(len(found), source)
            content = archive.extractfile(found[0])
            assert content is not None  # it is a regular file
            with content:
                _copy(content, library)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BadArchiveError(f"{source}: is not a whole .tar.gz archive ({error})") from error


def _require_one(count: int, source: Path) -> None:
    if count == 0:
        raise BadArchiveError(
            f"{source}: holds no {RELEASE_LIBRARY}, expected a release of Paddle Lite for ARM "
            f"(inference_lite_lib.….tar.gz, or the folder it unpacks to)"
        )
    if count > 1:
        raise BadArchiveError(f"{source}: holds {count} files called {RELEASE_LIBRARY}, expected one; give its path")


def _copy(source: IO[bytes], path: Path) -> None:
    left = _MAX_LIBRARY
    with path.open("xb") as file:
        while chunk := source.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise BadArchiveError(
                    f"{path.name}: is larger than {_MAX_LIBRARY} bytes, which no Paddle Lite library is"
                )
            file.write(chunk)


def _check_architecture(content: bytes, source: Path, target: str) -> None:
    expected = TARGETS[target]
    if content[:4] != b"\x7fELF" or len(content) < 20:
        raise BadArchiveError(f"{source}: {RELEASE_LIBRARY} is not an ELF library")
    bits = {1: 32, 2: 64}.get(content[4], 0)
    machine = int.from_bytes(content[18:20], "little")
    libc = next((name for name in ("libc.so.6", "libc.so") if f"\0{name}\0".encode() in content), "no C library")
    if (bits, machine, libc) == (expected.bits, expected.machine, expected.libc):
        return
    fits = [name for name, it in TARGETS.items() if (it.bits, it.machine, it.libc) == (bits, machine, libc)]
    found = f"is for {fits[0]}" if fits else f"is for ELF machine {machine}, {bits} bits, {libc}"
    raise BadArchiveError(f"{source}: {RELEASE_LIBRARY} {found}, expected {target}")


def _normalised(version: str) -> str:
    """A version as Python's packages spell it: "2.13-rc" is 2.13rc0."""
    return re.sub(r"-?rc(\d*)$", lambda match: f"rc{match[1] or 0}", version)


def _version(content: bytes, source: Path, version: str | None) -> tuple[str, str]:
    inside = sorted({_normalised(match[1].decode()) for match in _VERSION_IN_LIBRARY.finditer(content)})
    if version is not None:
        if len(inside) == 1 and inside[0] != version:
            raise InvalidArgumentError(f"--version is {version}, but {source} says of itself that it is {inside[0]}")
        return version, "--version"
    if len(inside) == 1:
        return inside[0], "the library"
    named = {_normalised(match) for part in source.absolute().parts for match in _VERSION_IN_NAME.findall(part)}
    if len(named) == 1:
        return named.pop(), "its name"
    raise InvalidArgumentError(
        f"{source}: does not say which version of Paddle Lite it is; add --version, such as 2.12"
    )
