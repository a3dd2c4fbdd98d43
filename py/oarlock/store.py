"""The store of Paddle Lite libraries: what ``oarlock lite`` installs, under a folder of the user's cache.

    HOME/lite/VERSION/TARGET/engine.json    what is installed, and the hash of every file
    HOME/lite/VERSION/TARGET/…              the engine's library and what it loads

A target's folder appears complete or not at all, and installations at the same time take turns.
"""

from __future__ import annotations

import json
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from oarlock._archive import unpack_release, unpack_wheel
from oarlock._catalog import DEFAULT_VERSION, OFFERED_VERSIONS, TARGETS, WHEELS
from oarlock._files import lock, replace_directory, sha256_file, temporary_sibling
from oarlock._pypi import check, fetch
from oarlock.errors import EngineNotInstalledError, InvalidArgumentError, StoreError

__all__ = [
    "DEFAULT_VERSION",
    "TARGETS",
    "Engine",
    "find",
    "home",
    "install",
    "install_command",
    "installed",
    "machine_target",
]

_RECORD = "engine.json"


@dataclass(frozen=True)
class Engine:
    """An installed Paddle Lite library; the fields are those of docs/schema/lite-list.schema.json.

    ``sha256`` is of the archive it came from, or of the library itself where a folder or a library was given; ``size``
    is the library's, in bytes; ``origin`` is "pypi" or the path that was given; ``pinned`` tells whether Oarlock knows
    the hash.
    """

    target: str
    version: str
    library: Path
    sha256: str
    size: int
    origin: str
    pinned: bool

    def to_json(self) -> dict[str, Any]:
        """The engine as an item of docs/schema/lite-list.schema.json."""
        return {**vars(self), "library": str(self.library)}


def home() -> Path:
    """Where Oarlock keeps what it fetches: $OARLOCK_HOME, else oarlock/ in the user's cache folder. May not exist."""
    if chosen := os.environ.get("OARLOCK_HOME"):
        return Path(chosen).absolute()
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a relative path is to be ignored.
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "oarlock"


def machine_target() -> str | None:
    """The target of the engine that runs in this process ("x86", "arm64", …), None where there is none."""
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        target = "x86"
    elif machine in ("aarch64", "arm64") or machine.startswith(("armv7", "armv8")):
        # A 32-bit system on a 64-bit kernel, as Raspberry Pi OS may be, is armv7.
        target = "arm64" if struct.calcsize("P") == 8 else "armv7"
    else:
        return None
    if sys.platform == "android" or hasattr(sys, "getandroidapilevel"):
        target = f"android-{target}"
    return target if target in TARGETS and sys.platform in ("linux", "android") else None


def installed() -> list[Engine]:
    """Every installed engine, by version and target. A folder without a readable record is not one."""
    root = home() / "lite"
    engines = (_read(path.parent) for path in sorted(root.glob(f"[!.]*/*/{_RECORD}")))
    return [engine for engine in engines if engine is not None]


def find(target: str, version: str = DEFAULT_VERSION) -> Engine:
    """The installed engine for a target. Raises EngineNotInstalledError with the command that installs it."""
    _check_target(target)
    folder = _folder(target, version)
    engine = _read(folder)
    if engine is not None:
        return engine
    state = "is damaged" if folder.exists() else "is not installed"
    raise EngineNotInstalledError(
        f"Paddle Lite {version} for {target} {state} in {home() / 'lite'}: run `{install_command(target, version)}`"
    )


def install_command(target: str, version: str = DEFAULT_VERSION) -> str:
    """The command line that installs an engine, with FILE where a path must be given."""
    command = "oarlock lite install"
    if target != "x86":
        command += f" --target {target} --archive FILE"
    return command if version == DEFAULT_VERSION else f"{command} --version {version}"


def install(
    target: str = "x86",
    *,
    version: str | None = None,
    archive: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Engine:
    """Install Paddle Lite for a target and return it; installing again what is there and whole does nothing.

    For "x86" the pinned wheel is downloaded by pip, or taken from ``archive``; its hash must be the known one.
    For the others ``archive`` is needed: a release archive (.tar.gz), the folder it unpacks to, or the library itself.
    ``version`` is 2.12 for x86 and, for the others, read from the library when None.
    ``report`` gets a line for each step.

    Raises InvalidArgumentError, DownloadError, BadArchiveError, StoreError, and OSError when the store cannot be
    written; what was installed before is then still there.
    """
    _check_target(target)
    source = None if archive is None else Path(archive)
    if target == "x86":
        return _install_wheel(version or DEFAULT_VERSION, source, report)
    if source is None:
        raise InvalidArgumentError(
            f"--archive is missing: Paddle Lite for {target} is not on PyPI. Get the archive for it from release "
            f"v{version or DEFAULT_VERSION} of the Paddle-Lite project and run `{install_command(target)}`"
        )
    return _install_release(target, version, source, report)


def _install_wheel(version: str, source: Path | None, report: Callable[[str], None]) -> Engine:
    if version not in OFFERED_VERSIONS:
        raise InvalidArgumentError(f"--version is {version}, expected one of: {', '.join(OFFERED_VERSIONS)}")
    pinned = WHEELS[version]
    folder = _folder("x86", version)
    # Asked before the lock, so that a store that cannot be written still serves, and after it, for whoever waited.
    if (engine := _read(folder, hashes=True)) is not None:
        report(f"Paddle Lite {version} for x86 is already installed")
        return engine
    with _turn("x86", report) as work:
        if (engine := _read(folder, hashes=True)) is not None:
            report(f"Paddle Lite {version} for x86 is already installed")
            return engine
        if source is None:
            report(f"downloading {pinned.filename}")
            wheel = fetch(pinned, work / "download")
        else:
            wheel = source
            check(pinned, wheel)
        report(f"unpacking {wheel.name}")
        unpack_wheel(wheel, work / "new")
        library = work / "new" / "lite.so"
        origin = "pypi" if source is None else str(source.absolute())
        return _publish(Engine("x86", version, library, pinned.sha256, library.stat().st_size, origin, pinned=True))


def _install_release(target: str, version: str | None, source: Path, report: Callable[[str], None]) -> Engine:
    with _turn(target, report) as work:
        report(f"reading {source}")
        release = unpack_release(source, work / "new", target, version)
        engine = _read(_folder(target, release.version), hashes=True)
        if engine is not None and engine.sha256 == release.sha256:
            report(f"Paddle Lite {engine.version} for {target} is already installed")
            return engine
        report(f"it is Paddle Lite {release.version}, as {release.version_from} says")
        size = release.library.stat().st_size
        origin = str(source.absolute())
        return _publish(Engine(target, release.version, release.library, release.sha256, size, origin, pinned=False))


@contextmanager
def _turn(target: str, report: Callable[[str], None]) -> Iterator[Path]:
    """Hold the store's lock and yield a folder to work in, on the store's file system."""
    root = home() / "lite"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{root}: cannot be created ({error.strerror}); set OARLOCK_HOME to a folder that can be written"
        ) from error
    with (
        lock(root / ".lock", waiting=lambda: report("waiting for another installation to end")),
        temporary_sibling(root / target) as work,
    ):
        yield work


def _publish(unpacked: Engine) -> Engine:
    """Write the record beside the unpacked library and move the folder to its place."""
    new = unpacked.library.parent
    files = {
        str(path.relative_to(new)): {"sha256": sha256_file(path), "size": path.stat().st_size}
        for path in sorted(new.rglob("*"))
        if path.is_file()
    }
    record = {"engine": {**unpacked.to_json(), "library": unpacked.library.name}, "files": files}
    (new / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    folder = _folder(unpacked.target, unpacked.version)
    folder.parent.mkdir(exist_ok=True)
    replace_directory(new, folder)
    return replace(unpacked, library=folder / unpacked.library.name)


def _read(folder: Path, *, hashes: bool = False) -> Engine | None:
    """The engine in a folder of the store; None unless every file has its size and, if asked for, its hash."""
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        for name, file in record["files"].items():
            path = folder / name
            if path.stat().st_size != file["size"] or (hashes and sha256_file(path) != file["sha256"]):
                return None
        fields = record["engine"]
        return Engine(**{**fields, "library": folder / fields["library"]})
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _folder(target: str, version: str) -> Path:
    return home() / "lite" / version / target


def _check_target(target: str) -> None:
    if target not in TARGETS:
        raise InvalidArgumentError(f"target is {target!r}, expected one of: {', '.join(TARGETS)}")
