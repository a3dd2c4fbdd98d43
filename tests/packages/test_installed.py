"""Each package in an environment that was empty: it answers, and brings nothing that it does not need."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.schemas import validate

from .conftest import PYTHONS, VERSION, Environment, Packages, find_python

Make = Callable[[Path], Environment]
NEEDS = {"oarlock", "numpy", "pillow", "click"}
CLASSIFY = """
import sys, oarlock
with oarlock.Classifier.open(sys.argv[1]) as classifier:
    [[best]] = classifier.classify([sys.argv[2]], top=1)
print(best.label)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="session")
def picture(photographs: Path) -> Path:
    return photographs / "chelsea.png"


def _check(it: Environment, bundle: Path, picture: Path) -> None:
    """The runtime works, and there is nothing but the runtime and pip."""
    assert it.run("oarlock", "--version") == f"oarlock {VERSION}\n"
    doctor = json.loads(it.run("oarlock", "doctor", "--json"))
    validate(doctor, "doctor")
    core = next(check for check in doctor["checks"] if check["name"] == "core")
    assert core["found"] == VERSION
    assert not any(can["build"] for can in doctor["targets"].values())
    answer = json.loads(it.run("oarlock", "predict", bundle, picture, "--top", "1", "--json"))
    validate(answer, "predict")
    assert answer["top"][0]["label"] == "tiger cat"
    label, modules = it.run("python", "-c", CLASSIFY, bundle, picture).splitlines()
    assert label == "tiger cat"
    assert {"oarlock", "numpy"} <= set(modules.split())
    assert not {"paddle", "oarlock_opt", "click"} & set(modules.split())
    listed = json.loads(it.run("python", "-m", "pip", "list", "--format=json", "--disable-pip-version-check"))
    assert {entry["name"].lower() for entry in listed} - {"pip", "setuptools"} == NEEDS


@pytest.mark.parametrize("kind", ["wheel", pytest.param("sdist", marks=pytest.mark.full)])
def test_this_python(runtime: Packages, kind: str, environment: Make, lite0: Path, picture: Path) -> None:
    it = environment(Path(sys.executable))
    it.install(getattr(runtime, kind))
    _check(it, lite0, picture)


@pytest.mark.full
@pytest.mark.parametrize("version", PYTHONS)
def test_every_python(runtime: Packages, version: str, environment: Make, lite0: Path, picture: Path) -> None:
    it = environment(_python(version))
    it.install(runtime.wheel)
    _check(it, lite0, picture)


@pytest.mark.full
def test_oldest_of_everything(runtime: Packages, environment: Make, lite0: Path, picture: Path) -> None:
    """The lowest versions that are declared, on the oldest Python."""
    it = environment(_python(PYTHONS[0]))
    it.install(runtime.wheel, *runtime.lowest_requirements)
    _check(it, lite0, picture)


@pytest.mark.full
def test_repository(environment: Make, lite0: Path, picture: Path) -> None:
    """`pip install ./py`; the editable installation is what runs these tests."""
    it = environment(Path(sys.executable))
    it.install(ROOT / "py")
    _check(it, lite0, picture)


@pytest.mark.full
@pytest.mark.parametrize("version", [PYTHONS[0], PYTHONS[-1]])
def test_host(
    runtime: Packages, host: Packages, version: str, environment: Make, lite0_source: Path, lite0: Path
) -> None:
    """oarlock-opt makes the same bundle without PaddlePaddle; on the oldest Python with the oldest dependencies."""
    it = environment(_python(version))
    lowest = [*runtime.lowest_requirements, *host.lowest_requirements] if version == PYTHONS[0] else []
    it.install(runtime.wheel, host.wheel, *lowest)
    made = it.folder / "lite0.oar"
    it.run("oarlock", "opt", lite0_source, "-o", made, "--target", "x86,arm64,armv7", "--no-golden")
    assert sorted(path.name for path in made.glob("*.nb")) == sorted(path.name for path in lite0.glob("*.nb"))
    for path in made.glob("*.nb"):
        assert path.read_bytes() == (lite0 / path.name).read_bytes()
    doctor = json.loads(it.run("oarlock", "doctor", "--json"))
    assert doctor["targets"]["arm64"]["build"]
    assert next(check for check in doctor["checks"] if check["name"] == "PaddlePaddle")["found"] is None


def _python(version: str) -> Path:
    python = find_python(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    return python
