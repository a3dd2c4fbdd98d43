"""The wheels for boards: what is in them, and that a Python of a board imports them and classifies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ...conftest import ROOT
from ...py.helpers import Build, fake_scores, make_bundle
from .conftest import Cross, sh

pytestmark = pytest.mark.full

LIBRARIES = [
    "liboarlock.so",
    "liboarlock_lite_full_2_12.so",
    "liboarlock_lite_light_2_12.so",
    "liboarlock_python_symbols.so",
]

CLASSIFY = """
import json, platform, sys
import numpy, oarlock

pixels = numpy.arange(30 * 40 * 3, dtype=numpy.uint32).reshape(30, 40, 3).__mul__(7).astype(numpy.uint8)
with oarlock.Classifier.open(sys.argv[1], engine=sys.argv[2], probe=False) as classifier:
    [best] = classifier.classify(pixels, top=3)
    tensor = classifier.prepare(pixels)
print(json.dumps([platform.machine(), classifier.variant_id, [[it.class_id, it.label, it.score] for it in best],
                  tensor.tobytes().hex()]))
"""


@pytest.fixture(scope="session")
def wheel(cross: Cross, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as ./build.sh wheels makes it."""
    path = sh(ROOT / "arm_linux" / "wheel.sh", cross.preset, tmp_path_factory.mktemp("wheels"), PYTHON=sys.executable)
    return Path(path.strip())


@pytest.fixture(scope="session")
def python(cross: Cross) -> Path:
    """The root of a Debian 12 with Python 3.11 and numpy for the processor; kept in build/ between runs."""
    root = ROOT / "build" / f"python-{cross.debian}"
    if not (root / "packages.txt").exists():
        packages = ["python3.11-minimal", "libpython3.11-stdlib", "python3-numpy", "python3-click", "libstdc++6"]
        sh(ROOT / "arm_linux/unpack_debian.sh", "--with-dependencies", "bookworm", cross.debian, root, *packages)
    return root


def run(cross: Cross, python: Path, wheel: Path, folder: Path, *arguments: str | Path) -> str:
    """Run that Python with the wheel, unpacked, and Debian's numpy and click."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    path = f"{folder / 'site'}:{python / 'usr/lib/python3/dist-packages'}"
    # Debian's alternatives, which an installation would have set up, choose a BLAS.
    blas = ":".join(str(it.parent) for it in sorted(python.glob("usr/lib/*/*/lib*.so.3")))
    interpreter = python / "usr/bin/python3.11"
    return cross.run(interpreter, *arguments, root=python, PYTHONPATH=path, LD_LIBRARY_PATH=blas).decode()


def test_it_is_the_wheel_of_this_machine_with_other_libraries(cross: Cross, wheel: Path, tmp_path: Path) -> None:
    version = re.findall(r'^#define OARLOCK_VERSION "(.+)"', (ROOT / "native/include/oarlock.h").read_text(), re.M)[0]
    assert wheel.name == f"oarlock-{version}-py3-none-{cross.wheel_platform}.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert f"Tag: py3-none-{cross.wheel_platform}\n" in archive.read(f"oarlock-{version}.dist-info/WHEEL").decode()
        archive.extractall(tmp_path)
    python = {str(it.relative_to(ROOT / "py")) for it in (ROOT / "py/oarlock").rglob("*.py")}
    assert python <= set(names)
    libraries = sorted(it.removeprefix("oarlock/_lib/") for it in names if it.startswith("oarlock/_lib/"))
    assert libraries == LIBRARIES
    checked = [tmp_path / "oarlock/_lib" / it for it in libraries]
    sh(ROOT / "arm_linux/check_binary.py", "--glibc", "2.31", "--machine", cross.machine, "--max-kb", "1200", *checked)
    traces = [it.name for it in checked if str(ROOT).encode() in it.read_bytes()]
    assert traces == []  # Nothing of the machine that built it.


def test_the_command_starts(cross: Cross, wheel: Path, python: Path, tmp_path: Path) -> None:
    assert run(cross, python, wheel, tmp_path, "-m", "oarlock", "--version").startswith("oarlock ")
    assert "predict" in run(cross, python, wheel, tmp_path, "-m", "oarlock", "--help")


def test_it_classifies_with_the_fake_engine(
    cross: Cross, built: Cross, wheel: Path, python: Path, build: Build, tmp_path: Path
) -> None:
    """The fake engine's light flavour stands for Paddle Lite's library for ARM."""
    variant = f"{cross.target}-fp32"
    bundle = make_bundle(build, tmp_path / "small.oar", variants={variant: ("--target", "arm"), "x86-fp32": ()})
    engine = built.folder / "native/fake/liboarlock_fake_light.so"
    machine, used, best, tensor = json.loads(run(cross, python, wheel, tmp_path, "-c", CLASSIFY, bundle, engine))
    here = subprocess.run(
        [sys.executable, "-c", CLASSIFY, bundle, build.fake_engine], capture_output=True, text=True, check=True
    )
    _, _, expected, expected_tensor = json.loads(here.stdout)
    assert (machine, used) == ({"arm64": "aarch64", "armhf": "armv7l"}[cross.debian], variant)
    assert tensor == expected_tensor
    assert best == expected
    scores = fake_scores(np.frombuffer(bytes.fromhex(tensor), np.float32)[np.newaxis])[0]
    assert [it[0] for it in best] == np.argsort(-scores, kind="stable")[:3].tolist()


def test_pip_installs_it_with_what_it_needs(cross: Cross, wheel: Path, tmp_path: Path) -> None:
    """numpy, Pillow and click have wheels for 64-bit boards on PyPI, and for 32-bit ones elsewhere.."""
    platforms = [cross.wheel_platform]
    options = ["--no-deps"]
    if cross.debian == "arm64":
        platforms += ["manylinux2014_aarch64", "manylinux_2_28_aarch64"]
        options = []
    chosen = [argument for platform in platforms for argument in ("--platform", platform)]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", tmp_path]
    sh(*command, "--python-version", "3.11", "--implementation", "cp", "--only-binary=:all:", *options, *chosen, wheel)
    assert (tmp_path / "oarlock/_lib/liboarlock.so").is_file()
    assert (cross.debian != "arm64") or {"numpy", "PIL", "click"} <= {it.name for it in tmp_path.iterdir()}
