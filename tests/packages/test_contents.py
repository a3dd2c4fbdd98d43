"""What is in the packages: everything that they need, and nothing of the machine that built them."""

from __future__ import annotations

import platform
import re
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, Figure

from .conftest import PYTHONS, VERSION, Packages

LICENSES = {"oarlock": ["LICENSE", "THIRD_PARTY_LICENSES.txt"], "oarlock_opt": ["LICENSE"]}
BINARIES = {
    "oarlock": [
        "oarlock/_lib/liboarlock.so",
        "oarlock/_lib/liboarlock_lite_full_2_10.so",
        "oarlock/_lib/liboarlock_lite_full_2_11.so",
        "oarlock/_lib/liboarlock_lite_full_2_12.so",
        "oarlock/_lib/liboarlock_lite_full_2_14.so",
        "oarlock/_lib/liboarlock_lite_light_2_12.so",
        "oarlock/_lib/liboarlock_python_symbols.so",
    ],
    "oarlock_opt": [
        "oarlock_opt/_bin/liboarlock_optimizer_2_10.so",
        "oarlock_opt/_bin/liboarlock_optimizer_2_11.so",
        "oarlock_opt/_bin/liboarlock_optimizer_2_12.so",
        "oarlock_opt/_bin/liboarlock_optimizer_2_14.so",
        "oarlock_opt/_bin/oarlock-instruction-counter.so",
        "oarlock_opt/_bin/oarlock-lite-optimizer",
    ],
}
C_AND_CXX = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
# The plugins name the engine that they belong to; it is in the process before they are.
ENGINES = {"liblite_pybind.so", "libpaddle_light_api_shared.so"}


@pytest.fixture(params=["runtime", "host"])
def packages(request: pytest.FixtureRequest) -> Packages:
    built: Packages = request.getfixturevalue(request.param)
    return built


def _name(packages: Packages) -> str:
    return packages.wheel.name.partition("-")[0]


@pytest.fixture
def unpacked(packages: Packages, tmp_path: Path) -> Path:
    with zipfile.ZipFile(packages.wheel) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_names(packages: Packages) -> None:
    name = _name(packages)
    assert packages.sdist.name == f"{name}-{VERSION}.tar.gz"
    assert packages.wheel.name == f"{name}-{VERSION}-py3-none-linux_{platform.machine()}.whl"


def test_sdist(packages: Packages) -> None:
    name = _name(packages)
    with tarfile.open(packages.sdist) as archive:
        members = {member.name.removeprefix(f"{name}-{VERSION}/"): member for member in archive}
        assert all(member.isreg() for member in members.values())
        assert {"README.md", "core/include/oarlock.h", "core/plugin/plugin.cc", *LICENSES[name]} <= set(members)
        roots = {path.partition("/")[0] for path in members}
        assert roots <= {
            "CMakeLists.txt",
            "PKG-INFO",
            "README.md",
            "core",
            "native",
            name,
            "pyproject.toml",
            *LICENSES[name],
        }
        assert not [path for path in members if re.search(r"/(tests|fake|fuzz|__pycache__)/|\.so$", path)]
        file = archive.extractfile(members["PKG-INFO"])
        assert file is not None
        assert f"\nVersion: {VERSION}\n" in file.read().decode()


def test_metadata(packages: Packages, unpacked: Path) -> None:
    name = _name(packages)
    [folder] = unpacked.glob("*.dist-info")
    metadata = packages.metadata
    assert metadata["Version"] == VERSION
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert sorted(metadata.get_all("License-File", [])) == LICENSES[name]
    assert (folder / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    classifiers = metadata.get_all("Classifier", [])
    assert [it for it in PYTHONS if f"Programming Language :: Python :: {it}" not in classifiers] == []
    requirements = metadata.get_all("Requires-Dist", [])
    assert [it for it in requirements if "paddle" in it and "extra ==" not in it] == []
    assert (f"oarlock=={VERSION}" in requirements) == (name == "oarlock_opt")


def test_nothing_of_the_machine(packages: Packages, unpacked: Path) -> None:
    folders = [str(folder).encode() for folder in (ROOT, Path.home(), tempfile.gettempdir(), unpacked)]
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert files
    assert [(path, it) for path in files for it in folders if it in path.read_bytes()] == []


def test_binaries(packages: Packages, unpacked: Path, figure: Figure) -> None:
    """They are stripped, find nothing by a path, and need only what every Linux with C++ has."""
    found = [path for path in sorted(unpacked.rglob("*")) if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    assert [str(path.relative_to(unpacked)) for path in found] == BINARIES[_name(packages)]
    for path in found:
        dynamic = _readelf("--dynamic", path)
        assert set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)) <= C_AND_CXX | ENGINES
        assert not re.search(r"RPATH|RUNPATH|TEXTREL", dynamic)
        assert not re.search(r"\.symtab|\.debug", _readelf("--sections", path))
    figure(f"{packages.wheel.name}, kB", packages.wheel.stat().st_size / 1e3)
    figure(f"{packages.sdist.name}, kB", packages.sdist.stat().st_size / 1e3)
    figure(f"{_name(packages)}, binaries, kB", sum(path.stat().st_size for path in found) / 1e3)


def test_oldest_system(runtime: Packages, host: Packages, tmp_path: Path) -> None:
    """What docs/install.md says that the wheels need; it depends on the system that builds them."""
    if "VERSION_CODENAME=bookworm" not in Path("/etc/os-release").read_text():
        pytest.skip("the page tells of wheels built on Debian 12")
    needs = ""
    for packages in (runtime, host):
        with zipfile.ZipFile(packages.wheel) as archive:
            archive.extractall(tmp_path)
        needs += "".join(_readelf("--version-info", tmp_path / path) for path in BINARIES[_name(packages)])
    page = (ROOT / "docs" / "install.md").read_text()
    for symbols, said in (("GLIBC", r"glibc (\d[\d.]*\d)"), ("GLIBCXX", r"GLIBCXX_(\d[\d.]*\d)")):
        newest = max(re.findall(rf"\b{symbols}_(\d[\d.]*)", needs), key=_numbers)
        assert set(re.findall(said, page)) == {newest}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _readelf(option: str, path: Path) -> str:
    return subprocess.run(["readelf", "--wide", option, path], capture_output=True, text=True, check=True).stdout
