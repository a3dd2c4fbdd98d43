"""oarlock doctor: the tools around the runtime, each of which is there, missing, broken or too old."""

from __future__ import annotations

import os
import shutil
import stat
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from oarlock import _checks, _tools, store
from oarlock._checks import Check

from .helpers import Build, install_fake_engine

# Every program that is asked for its version: Debian's package, the program, what it prints, what is made of that.
PROGRAMS = {
    "C++ compiler": ("g++", "c++", "c++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022", "12.2.0"),
    "CMake": ("cmake", "cmake", "cmake version 3.25.1\n\nCMake suite maintained by Kitware", "3.25.1"),
    "Ninja": ("ninja-build", "ninja", "1.11.1", "1.11.1"),
    "flatc": ("flatbuffers-compiler", "flatc", "flatc version 2.0.8", "2.0.8"),
    "C++ for arm64": (
        "g++-aarch64-linux-gnu",
        "aarch64-linux-gnu-g++",
        "aarch64-linux-gnu-g++ (Debian) 12.2.0",
        "12.2.0",
    ),
    "C++ for armv7": ("g++-arm-linux-gnueabihf", "arm-linux-gnueabihf-g++", "g++ (Debian) 12.2.0", "12.2.0"),
    "qemu for arm64": ("qemu-user", "qemu-aarch64", "qemu-aarch64 version 7.2.22 (Debian 1:7.2)", "7.2.22"),
    "qemu for armv7": ("qemu-user", "qemu-arm-static", "qemu-arm version 7.2.22 (Debian 1:7.2)", "7.2.22"),
    "ssh": ("openssh-client", "ssh", "OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.19", "9.2"),
    "adb": ("adb", "adb", "Android Debug Bridge version 1.0.41", "1.0.41"),
    "aapt": ("aapt", "aapt", "Android Asset Packaging Tool, v0.2-debian", "0.2"),
    "Graphviz": ("graphviz", "dot", "dot - graphviz version 2.43.0 (0)", "2.43.0"),
}
SILENT = {
    "Java": ("default-jdk-headless", "javac"),
    "Maven": ("maven", "mvn"),
    "zipalign": ("zipalign", "zipalign"),
    "apksigner": ("apksigner", "apksigner"),
    "Chromium": ("chromium", "chromium-browser"),
}
HEADERS = {
    "FlatBuffers": ("libflatbuffers-dev", "flatbuffers/flatbuffers.h"),
    "JSON for C++": ("nlohmann-json3-dev", "nlohmann/json.hpp"),
    "libsodium": ("libsodium-dev", "sodium.h"),
    "GoogleTest": ("libgtest-dev", "gtest/gtest.h"),
    "libjpeg": ("libjpeg-dev", "jpeglib.h"),
    "libpng": ("libpng-dev", "png.h"),
}
DISTRIBUTIONS = {
    "cryptography": "cryptography",
    "ONNX Runtime": "onnxruntime",
    "Paddle2ONNX": "paddle2onnx",
    "Ray": "ray",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has nothing but apt-get, whose PATH is folder/bin."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CMAKE_PREFIX_PATH", raising=False)
    monkeypatch.setattr(_tools, "_PREFIXES", ())
    monkeypatch.setattr(_tools, "_NVIDIA", tmp_path / "nvidia")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_checks, "version", version)
    _add(tmp_path, "apt-get", "exit 1")
    return tmp_path


def _add(folder: Path, name: str, script: str) -> Path:
    program = folder / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def _says(text: str) -> str:
    return f"echo '{text}' >&2"


def _look() -> dict[str, Check]:
    checks = _tools.tool_checks()
    by_name = {it["name"]: it for it in checks}
    assert len(by_name) == len(checks)
    assert not any(it["required"] for it in checks)
    return by_name


def test_nothing_there() -> None:
    found = _look()
    packages = {name: package for name, (package, *_) in (PROGRAMS | SILENT | HEADERS).items()}
    engines = {f"Paddle Lite {target}" for target in store.TARGETS if target not in ("x86", store.machine_target())}
    assert set(found) == {*packages, *DISTRIBUTIONS, *engines, "GPU"}
    assert not any(it["ok"] for it in found.values())
    assert all(it["found"] is None for it in found.values())
    for name, package in packages.items():
        assert found[name]["fix"] == f"sudo apt-get install -y --no-install-recommends {package}"
    for name, distribution in DISTRIBUTIONS.items():
        assert str(found[name]["fix"]).endswith(f" -m pip install {distribution}")
    for engine in engines:
        command = f"oarlock lite install --target {engine.rpartition(' ')[2]} --archive FILE "
        assert str(found[engine]["fix"]).startswith(command)
    assert "NVIDIA" in str(found["GPU"]["fix"])


def test_programs(folder: Path) -> None:
    paths = {name: _add(folder, program, _says(text)) for name, (_, program, text, _) in PROGRAMS.items()}
    found = _look()
    for name, (*_, version) in PROGRAMS.items():
        assert (found[name]["ok"], found[name]["fix"]) == (True, None)
        assert found[name]["found"] == f"{version}, {paths[name]}"
    for name, (_, program) in SILENT.items():
        path = _add(folder, program, "exit 1")
        assert _look()[name]["found"] == str(path)


@pytest.mark.parametrize("script", ["echo 'pyenv: cmake: command not found' >&2; exit 127", "echo nothing", "sleep 60"])
def test_program_that_does_not_run(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(_checks, "_SECONDS", 0.2)
    path = _add(folder, "cmake", f"PATH={os.defpath}\nexec {script}" if script.startswith("sleep") else script)
    found = _look()["CMake"]
    assert (found["ok"], found["found"]) == (False, f"{path} does not run")
    assert str(found["fix"]).endswith("cmake")


def test_program_that_is_none(folder: Path) -> None:
    path = _add(folder, "cmake", "")
    path.write_bytes(b"\x7fELF, cut short")
    assert _look()["CMake"]["found"] == f"{path} does not run"


def test_program_that_is_too_old(folder: Path) -> None:
    path = _add(folder, "cmake", _says("cmake version 3.18.4"))
    found = _look()["CMake"]
    assert (found["ok"], found["found"]) == (False, f"3.18.4, {path}, expected 3.22 or newer")


def test_headers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (_, header) in HEADERS.items():
        path = folder / "include" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert _look()[name]["found"] == str(path)
    monkeypatch.setenv("CMAKE_PREFIX_PATH", f"/nowhere{os.pathsep}{folder / 'chosen'}")
    chosen = shutil.move(folder / "include", folder / "chosen" / "include")
    assert _look()["libpng"]["found"] == str(Path(chosen) / "png.h")


def test_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checks, "version", lambda name: {"ray": "2.9"}.get(name, "1.0"))
    found = _look()
    assert found["Ray"]["found"] == "2.9"
    assert all(found[name]["ok"] for name in DISTRIBUTIONS)


def test_gpu(folder: Path) -> None:
    for number, model in enumerate(("NVIDIA H100 80GB HBM3", "NVIDIA T4")):
        information = folder / "nvidia" / f"0000:0{number}:00.0" / "information"
        information.parent.mkdir(parents=True)
        information.write_text(f"Model: \t\t {model}\nIRQ:   \t\t 11\nGPU UUID: \t GPU-x\n")
    assert _look()["GPU"]["found"] == "NVIDIA H100 80GB HBM3, NVIDIA T4"


def test_engine_for_another_machine(build: Build, folder: Path) -> None:
    library = install_fake_engine(build, folder / "home")
    engine = library.parent.rename(library.parent.with_name("arm64"))
    found = _look()["Paddle Lite arm64"]
    assert found["found"] == f"2.12, {engine / library.name}"


def test_commands_for_root_and_for_another_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert _look()["CMake"]["fix"] == "apt-get install -y --no-install-recommends cmake"
    (folder / "bin" / "apt-get").unlink()
    assert _look()["CMake"]["fix"] == "apt-get install -y --no-install-recommends cmake    # Debian's names"
