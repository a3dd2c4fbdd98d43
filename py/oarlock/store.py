"""The store of Paddle Lite libraries: what ``oarlock lite`` installs, under a folder of the user's cache.

    HOME/lite/VERSION/TARGET/engine.json    what is installed, and the hash of every file
    HOME/lite/VERSION/TARGET/…              the engine's library and what it loads

A target's folder appears complete or not at all, and installations at the same time take turns.
"""

from __future__ import annotations

import json
import os
import platform
import re
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock._catalog import DEFAULT_VERSION, TARGETS
from oarlock.errors import EngineNotInstalledError, InvalidArgumentError

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

RECORD = "engine.json"


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
    engines = (read(path.parent) for path in sorted(root.glob(f"[!.]*/*/{RECORD}")))
    return [engine for engine in engines if engine is not None]


def find(target: str, version: str = DEFAULT_VERSION) -> Engine:
    """The installed engine for a target. Raises EngineNotInstalledError with the command that installs it."""
    _check_target(target)
    _check_version(version)
    folder = folder_of(target, version)
    engine = read(folder)
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
    target: str | None = None,
    *,
    version: str | None = None,
    archive: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Engine:
    """Install Paddle Lite for a target and return it; installing again what is there and whole does nothing.

    ``target`` None is this machine's. For "x86" the pinned wheel is downloaded by pip, or taken from ``archive``; its
    hash must be the known one. For the others ``archive`` is needed: a release archive (.tar.gz), the folder it unpacks
    to, or the library itself. ``version`` None is 2.12 for x86 and, for the others, what the library says.
    ``report`` gets a line for each step.

    Raises InvalidArgumentError, DownloadError, BadArchiveError, StoreError, and OSError when the store cannot be
    written; what was installed before is then still there.
    """
    from oarlock._installation import install_release, install_wheel

    target = target or machine_target() or "x86"
    _check_target(target)
    if version is not None:
        _check_version(version)
    source = None if archive is None else Path(archive)
    if target == "x86":
        return install_wheel(version or DEFAULT_VERSION, source, report)
    if source is None:
        raise InvalidArgumentError(
            f"--archive is missing: Paddle Lite for {target} is not on PyPI. Get the archive for it from release "
            f"v{version or DEFAULT_VERSION} of the Paddle-Lite project and run `{install_command(target)}`"
        )
    return install_release(target, version, source, report)


def read(folder: Path, *, hashes: bool = False) -> Engine | None:
    """The engine in a folder of the store; None unless every file has its size and, if asked for, its hash."""
    from oarlock._files import sha256_file

    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for name, file in record["files"].items():
            path = folder / name
            if path.stat().st_size != file["size"]:
                return None
            if hashes and sha256_file(path) != file["sha256"]:
                return None
        fields = record["engine"]
        return Engine(**{**fields, "library": folder / fields["library"]})
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def folder_of(target: str, version: str) -> Path:
    """Where the engine for a target is or would be."""
    return home() / "lite" / version / target


def _check_version(version: str) -> None:
    # It names a folder, and may come from a file that somebody sent.
    if not re.fullmatch(r"\d+\.\d+[0-9A-Za-z.-]*", version):
        raise InvalidArgumentError(f"version is {version!r}, expected one like {DEFAULT_VERSION}")


def _check_target(target: str) -> None:
    if target not in TARGETS:
        raise InvalidArgumentError(f"target is {target!r}, expected one of: {', '.join(TARGETS)}")
