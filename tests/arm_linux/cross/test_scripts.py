"""The shell scripts that fetch, build and pack for boards refuse with a sentence and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ...conftest import ROOT

SCRIPTS = ROOT / "arm_linux"


def run(script: str, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run([SCRIPTS / script, *arguments], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(("script", "arguments"), [("toolchain.sh", ["riscv"]), ("wheel.sh", ["x86", "dist"])])
def test_an_unknown_processor_is_a_usage_error(script: str, arguments: list[str]) -> None:
    done = run(script, *arguments)
    assert done.returncode == 2
    assert "armv8|armv7hf" in done.stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = run("toolchain.sh", "armv8", tmp_path)
    assert done.returncode == 1
    assert "was not made by this script" in done.stderr
    assert [it.name for it in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_mirror_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "armv8"
    done = run("toolchain.sh", "armv8", folder, OARLOCK_DEBIAN_MIRROR=f"file:{tmp_path}/nowhere")
    assert done.returncode == 1
    assert "package lists of bullseye could not be had" in done.stderr
    assert list(folder.parent.iterdir()) == []


def test_a_mirror_without_debians_signature_is_refused(tmp_path: Path) -> None:
    lists = tmp_path / "debian/dists/bullseye"
    packages = lists / "main/binary-amd64"
    packages.mkdir(parents=True)
    (packages / "Packages").write_text("Package: cpp-10-aarch64-linux-gnu\nVersion: 1\nArchitecture: amd64\n")
    (lists / "Release").write_text("Origin: Debian\nSuite: bullseye\nCodename: bullseye\n")
    folder = tmp_path / "armv8"
    done = run("toolchain.sh", "armv8", folder, OARLOCK_DEBIAN_MIRROR=f"file:{tmp_path}/debian")
    assert done.returncode == 1
    assert "could not be had" in done.stderr
    assert not folder.exists()
