"""What ``./build.sh native armv8`` gives is small, complete and runs on boards of 2020."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ...conftest import ROOT, Figure
from ...py.helpers import Build, make_bundle
from ..conftest import Program
from .conftest import Cross, sh

pytestmark = pytest.mark.full

CHECK = ROOT / "arm_linux" / "check_binary.py"


def binaries(ready: Path) -> list[Path]:
    return [ready / "oarlock-classify", *sorted(ready.glob("*.so"))]


def test_it_needs_what_boards_have(cross: Cross, ready: Path, figure: Figure) -> None:
    output = sh(CHECK, "--glibc", "2.31", "--machine", cross.machine, "--max-kb", "600", *binaries(ready))
    assert len(output.splitlines()) == len(binaries(ready)) >= 2
    figure(f"{cross.preset}: program and plugins, kB", sum(it.stat().st_size for it in binaries(ready)) / 1000)


def test_it_is_the_folder_in_build(cross: Cross, ready: Path) -> None:
    built = cross.folder / "oarlock"
    assert sorted(it.name for it in built.iterdir()) == sorted(it.name for it in ready.iterdir())
    for path in built.iterdir():
        if path.is_file():
            assert (ready / path.name).read_bytes() == path.read_bytes()
    assert os.access(ready / "oarlock-classify", os.X_OK)


def test_it_runs(cross: Cross, ready: Path) -> None:
    assert cross.run(ready / "oarlock-classify", "--version").decode().startswith("oarlock")
    facts = json.loads(cross.run(ready / "oarlock-classify", "--facts"))
    assert facts["machine"] == {"armv8": "aarch64", "armv7hf": "armv7l"}[cross.preset]


def test_it_classifies_with_the_fake_engine(
    ready: Path, built: Cross, program: Program, build: Build, tmp_path: Path
) -> None:
    """The light flavour of the fake engine stands for Paddle Lite's ARM library, which cannot be had everywhere."""
    precision = f"{built.target}-fp32"
    bundle = make_bundle(build, tmp_path / "small.oar", variants={precision: ("--target", "arm"), "x86-fp32": ()})
    picture = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)).save(picture)
    engine = built.folder / "native/fake/liboarlock_fake_light.so"
    there = built.run(ready / "oarlock-classify", "--json", "--engine", engine, bundle, picture)
    host = program.run("--json", "--engine", build.fake_engine, bundle, picture).stdout
    answers = [json.loads(it) for it in (there, host)]
    assert [it["variant"] for it in answers] == [precision, "x86-fp32"]
    assert answers[0]["top"] == answers[1]["top"]


@pytest.mark.parametrize("preset", ["armv8", "armv7hf"])
def test_the_compiler_of_the_distribution_will_do(preset: str, tmp_path: Path) -> None:
    """Without toolchain.sh, but for its libraries, which Debian would have for the other architecture."""
    libraries = sh(ROOT / "arm_linux" / "toolchain.sh", preset).strip()
    setting = [f"-DCMAKE_FIND_ROOT_PATH={libraries}", "-DOARLOCK_BUILD_TESTS=OFF"]
    sh("cmake", "-S", ROOT / "arm_linux", "--preset", preset, "-B", tmp_path, *setting)
    sh("cmake", "--build", tmp_path, "--target", "oarlock-classify")
    sh(
        CHECK,
        "--glibc",
        "2.36",
        "--machine",
        {"armv8": "AArch64", "armv7hf": "ARM"}[preset],
        *tmp_path.glob("native/oarlock-classify"),
    )
