"""Builds for boards, made here by Debian's cross compilers and run by qemu with the fake engine."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from oarlock import store

from ...conftest import ROOT
from ...py.helpers import Build


@dataclass(frozen=True)
class Cross:
    """What belongs to a preset of arm_linux/: its names, its toolchain, its build folder."""

    preset: str
    target: str  # of variants, and of the folder in the store
    machine: str  # in readelf's words
    qemu: str
    wheel_platform: str
    debian: str  # the architecture in Debian's words
    toolchain: Path  # compiler, libraries and root for qemu, with glibc 2.31

    @property
    def folder(self) -> Path:
        """The build; kept between runs."""
        return ROOT / "build" / self.preset

    @property
    def native(self) -> Build:
        """The native build within it."""
        return Build(self.folder / "native")

    def run(self, *command: str | Path, root: Path | None = None, **variables: str) -> bytes:
        """What a foreign program writes to stdout, run by qemu; it must end well."""
        settings = [it for name, value in variables.items() for it in ("-E", f"{name}={value}")]
        done = subprocess.run(
            [self.qemu, "-L", root or self.toolchain, *settings, *command], capture_output=True, timeout=900
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


_PRESETS = {
    "armv8": ("arm64", "AArch64", "qemu-aarch64", "linux_aarch64", "arm64"),
    "armv7hf": ("armv7", "ARM", "qemu-arm", "linux_armv7l", "armhf"),
}


@pytest.fixture(scope="session", params=sorted(_PRESETS))
def cross(request: pytest.FixtureRequest) -> Cross:
    """Each preset in turn; its toolchain is fetched when it is not in the user's cache."""
    folder = sh(ROOT / "arm_linux" / "toolchain.sh", request.param)
    return Cross(request.param, *_PRESETS[request.param], toolchain=Path(folder.strip()))


@pytest.fixture(scope="session")
def ready(cross: Cross, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder to copy that ``./build.sh native PRESET`` makes; its copy in a store is beside this fixture's home."""
    home = tmp_path_factory.mktemp("store") / "home"
    home.mkdir()
    (home / "toolchains").symlink_to(store.home() / "toolchains")
    with alone(cross):
        sh(ROOT / "build.sh", "native", cross.preset, OARLOCK_HOME=str(home))
    assert {it.name for it in (home / "programs").iterdir()} == {cross.target}
    return home / "programs" / cross.target


@pytest.fixture(scope="session")
def built(cross: Cross) -> Cross:
    """The preset with its tests built."""
    with alone(cross):
        toolchain = f"-DOARLOCK_TOOLCHAIN={cross.toolchain}"
        sh("cmake", "-S", ROOT / "arm_linux", "--preset", cross.preset, toolchain)
        sh("cmake", "--build", cross.folder)
    return cross


@contextmanager
def alone(cross: Cross) -> Iterator[None]:
    """One process at a time builds in a folder, whatever pytest-xdist runs beside it."""
    cross.folder.mkdir(parents=True, exist_ok=True)
    with (cross.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sh(*command: str | Path, **variables: str) -> str:
    """Run something of this machine's, which must succeed, and return its stdout."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, env={**os.environ, **variables})
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
