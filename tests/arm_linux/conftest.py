"""The C++ program, and what its tests share with those of the runtime."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ..conftest import ROOT
from ..py.helpers import Build, install_fake_engine, make_bundle

__all__ = ["Program"]


class Program:
    """oarlock-classify of a build, which runs with the fake engine unless told otherwise."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environment = {**os.environ, "OARLOCK_HOME": str(home)}

    def run(self, *arguments: str | Path, status: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
        """Run it to its end; it must end with ``status``."""
        done = subprocess.run(  # type: ignore[call-overload]
            [self.path, *arguments],
            **{"capture_output": True, "text": True, "timeout": 300, "env": self.environment, **options},
        )
        assert done.returncode == status, f"{arguments}\nstdout: {done.stdout}\nstderr: {done.stderr}"
        return done


@pytest.fixture(scope="session")
def classify_build() -> Path:
    """The folder of the program's build with tests: $OARLOCK_TEST_BUILD, else build/host."""
    return Path(os.environ.get("OARLOCK_TEST_BUILD", ROOT / "build" / "host"))


@pytest.fixture(scope="session")
def build(classify_build: Path) -> Build:
    """The native build within it, which has the fake engine."""
    return Build(classify_build / "native")


@pytest.fixture(scope="session")
def fake_home(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the fake engine."""
    home = tmp_path_factory.mktemp("arm_linux") / "home"
    install_fake_engine(build, home)
    return home


@pytest.fixture
def program(classify_build: Path, fake_home: Path) -> Program:
    """The program with the fake engine."""
    path = classify_build / "native" / "oarlock-classify"
    assert path.exists(), f"{path} is missing: run `./build.sh native host`, or set OARLOCK_TEST_BUILD"
    return Program(path, fake_home)


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    """A classifier of ten classes that takes pictures as 8 x 8 pixels; an x86 and an arm64 variant."""
    return make_bundle(build, tmp_path / "small.oar")
