"""How Paddle Lite gets into the store: from the pinned wheel, or from a release for ARM or Android."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from oarlock._archive import unpack_release, unpack_wheel
from oarlock._catalog import OFFERED_VERSIONS, WHEELS
from oarlock._files import lock, replace_directory, sha256_file, temporary_sibling
from oarlock._pypi import PinnedFile, check, fetch
from oarlock.errors import InvalidArgumentError, StoreError
from oarlock.store import RECORD, Engine, folder_of, home, read

__all__ = ["install_release", "install_wheel"]

# The wheels hold a plain library, which any Python loads; these options make pip choose them whatever Python runs it.
_PIP_OPTIONS = ("--only-binary=:all:", "--python-version", "37", "--platform", "manylinux1_x86_64")


def install_wheel(version: str, source: Path | None, report: Callable[[str], None]) -> Engine:
    """Install for x86 from the pinned wheel, downloaded unless ``source`` is it. See store.install."""
    if version not in OFFERED_VERSIONS:
        raise InvalidArgumentError(f"--version is {version}, expected one of: {', '.join(OFFERED_VERSIONS)}")
    pinned = PinnedFile(version=version, pip_options=_PIP_OPTIONS, **WHEELS[version])
    folder = folder_of("x86", version)
    # Asked before the lock, so that a store that cannot be written still serves, and after it, for whoever waited.
    if (engine := read(folder, hashes=True)) is not None:
        report(f"Paddle Lite {version} for x86 is already installed")
        return engine
    with _turn("x86", report) as work:
        if (engine := read(folder, hashes=True)) is not None:
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


def install_release(target: str, version: str | None, source: Path, report: Callable[[str], None]) -> Engine:
    """Install for ARM or Android from a release archive, its folder or the library. See store.install."""
    with _turn(target, report) as work:
        report(f"reading {source}")
        release = unpack_release(source, work / "new", target, version)
        engine = read(folder_of(target, release.version), hashes=True)
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
    (new / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    folder = folder_of(unpacked.target, unpacked.version)
    folder.parent.mkdir(exist_ok=True)
    replace_directory(new, folder)
    return replace(unpacked, library=folder / unpacked.library.name)
