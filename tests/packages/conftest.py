"""The packages, built once as ./build.sh packages builds them, and empty environments to install them in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.conftest import ROOT

VERSION = re.findall(r'^#define OARLOCK_VERSION "(.+)"', (ROOT / "native/include/oarlock.h").read_text(), re.M)[0]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


@dataclass(frozen=True)
class Packages:
    """The sdist of a distribution, and the wheel that was built from it."""

    sdist: Path
    wheel: Path

    @property
    def metadata(self) -> Message:
        """METADATA of the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return HeaderParser().parsestr(archive.read(name).decode())

    @property
    def lowest_requirements(self) -> list[str]:
        """The lowest version of everything that the wheel needs, extras aside: "numpy==1.23"."""
        needed = self.metadata.get_all("Requires-Dist", [])
        return [it.replace(">=", "==") for it in needed if ">=" in it and "extra ==" not in it]


class Environment:
    """A virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, program: str, *arguments: str | Path, status: int = 0) -> str:
        """Run a program of the environment from another folder and return its stdout."""
        # Nothing of the environment that runs the tests may help.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command: list[str | Path] = [self.folder / "bin" / program, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=clean, capture_output=True, text=True, timeout=900)
        assert done.returncode == status, f"{command}\nstdout: {done.stdout}\nstderr: {done.stderr}"
        return done.stdout

    def install(self, *requirements: str | Path) -> None:
        """Have pip install something, with the user's configuration."""
        self.run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[Path], Environment]:
    """Makes an environment with nothing but pip, of the Python that is given."""

    def make(python: Path) -> Environment:
        folder = tmp_path / "environment"
        subprocess.run([python, "-m", "venv", folder], check=True)
        return Environment(folder)

    return make


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The packages of oarlock."""
    return _build("py", tmp_path_factory.mktemp("oarlock"))


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """The packages of oarlock-opt."""
    return _build("opt", tmp_path_factory.mktemp("oarlock-opt"))


def _build(distribution: str, folder: Path) -> Packages:
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        folder,
        ROOT / distribution,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Packages(sdist, wheel)


def find_python(version: str) -> Path | None:
    """A Python of this version that starts and can make environments, looked for where ./build.sh looks."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [
        Path(shutil.which(f"python{version}") or "/nowhere"),
        *sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")),
        *sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/python{version}")),
    ]
    for candidate in filter(Path.is_file, candidates):
        test = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([candidate, "-c", test], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None
