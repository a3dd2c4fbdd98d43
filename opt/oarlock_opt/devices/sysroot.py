"""The libraries of another architecture, which a program needs to run under qemu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oarlock import store
from oarlock.errors import MissingPackageError
from oarlock_opt.devices.programs import PRESETS

__all__ = ["Sysroot", "find_sysroot"]

_TRIPLETS = {"arm64": "aarch64-linux-gnu", "armv7": "arm-linux-gnueabihf"}
_LOADERS = {"arm64": "ld-linux-aarch64.so.1", "armv7": "ld-linux-armhf.so.3"}
_DEBIAN = {
    "arm64": "libc6-arm64-cross libstdc++6-arm64-cross libgomp1-arm64-cross",
    "armv7": "libc6-armhf-cross libstdc++6-armhf-cross libgomp1-armhf-cross",
}


@dataclass(frozen=True)
class Sysroot:
    """``root`` is for qemu's -L, ``libraries`` are the folders in it that have shared libraries."""

    root: Path
    libraries: tuple[Path, ...]


def find_sysroot(target: str, needed: Iterable[str]) -> Sysroot:
    """The first root that has the loader of "arm64" or "armv7" and the shared libraries ``needed``.

    Looked at are the folder that arm_linux/toolchain.sh makes, the cross libraries of Debian, and this system itself,
    which may have foreign packages. Raises MissingPackageError.
    """
    wanted = frozenset(needed)
    lacking: frozenset[str] | None = None
    for root in _roots(target):
        folders = tuple(path for path in _folders(root, target) if path.is_dir())
        if not any((path / _LOADERS[target]).exists() for path in (*folders, root / "lib")):
            continue
        missing = frozenset(name for name in wanted if not any((folder / name).exists() for folder in folders))
        if not missing:
            return Sysroot(root, folders)
        lacking = missing if lacking is None else min(lacking, missing, key=len)
    script = f"arm_linux/toolchain.sh {PRESETS[target]}"
    if lacking is None:
        raise MissingPackageError(
            f"qemu: the C library for {target} is not installed here: run {script}, or sudo apt-get install "
            f"{_DEBIAN[target]}"
        )
    raise MissingPackageError(
        f"qemu: the program for {target} needs {', '.join(sorted(lacking))} of that architecture, not installed here: "
        f"run {script}, which has all of them"
    )


def _roots(target: str) -> Iterator[Path]:
    yield store.home() / "toolchains" / PRESETS[target]
    yield Path("/usr") / _TRIPLETS[target]
    yield Path("/")


def _folders(root: Path, target: str) -> Iterator[Path]:
    triplet = _TRIPLETS[target]
    for folder in (f"lib/{triplet}", f"usr/lib/{triplet}", f"usr/{triplet}/lib"):
        yield root / folder
    if root != Path("/"):
        yield root / "lib"
