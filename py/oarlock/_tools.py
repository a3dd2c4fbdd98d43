"""What ``oarlock doctor`` looks for outside the runtime: tools to build the core, and what later versions will use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from oarlock import store
from oarlock._checks import Check, apt_install, check, installed, pip_install, program
from oarlock.errors import OarlockError

__all__ = ["tool_checks"]

# Where CMake looks for headers of its own accord; it adds the neighbours of PATH's folders.
_PREFIXES = (Path("/usr"), Path("/usr/local"))
_NVIDIA = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class _Program:
    """A program of a Debian package: the first of ``programs`` on PATH, which tells its version by ``argument``."""

    group: str
    name: str
    purpose: str
    package: str
    programs: tuple[str, ...]
    argument: str | None = "--version"
    oldest: tuple[int, ...] = ()

    def look(self) -> Check:
        found, right = program(*self.programs, argument=self.argument)
        if found and right and self.oldest and _numbers(found) < self.oldest:
            found, right = f"{found}, expected {'.'.join(map(str, self.oldest))} or newer", False
        return check(self.group, self.name, found, self.purpose, apt_install(self.package), ok=right)


@dataclass(frozen=True)
class _Header:
    """A C or C++ library of a Debian package, told by one of its headers."""

    group: str
    name: str
    purpose: str
    package: str
    header: str

    def look(self) -> Check:
        paths = (prefix / "include" / self.header for prefix in _prefixes())
        found = next((str(path) for path in paths if path.is_file()), None)
        return check(self.group, self.name, found, self.purpose, apt_install(self.package))


@dataclass(frozen=True)
class _Distribution:
    """A Python distribution; it is not imported."""

    group: str
    name: str
    purpose: str
    distribution: str

    def look(self) -> Check:
        return check(self.group, self.name, installed(self.distribution), self.purpose, pip_install(self.distribution))


_TOOLS = (
    _Distribution("make", "cryptography", "makes keys, signs bundles", "cryptography"),
    _Program("build", "C++ compiler", "compiles", "g++", ("c++", "g++", "clang++")),
    _Program("build", "CMake", "configures the build", "cmake", ("cmake",), oldest=(3, 22)),
    _Program("build", "Ninja", "runs the build", "ninja-build", ("ninja", "ninja-build")),
    _Program("build", "flatc", "makes the reader of .nb files", "flatbuffers-compiler", ("flatc",)),
    _Header("build", "FlatBuffers", "reads .nb files", "libflatbuffers-dev", "flatbuffers/flatbuffers.h"),
    _Header("build", "JSON for C++", "reads bundle.json", "nlohmann-json3-dev", "nlohmann/json.hpp"),
    _Header("build", "libsodium", "verifies signatures", "libsodium-dev", "sodium.h"),
    _Header("build", "GoogleTest", "tests the core", "libgtest-dev", "gtest/gtest.h"),
    _Program("build", "C++ for arm64", "compiles", "g++-aarch64-linux-gnu", ("aarch64-linux-gnu-g++",)),
    _Program("build", "C++ for armv7", "compiles", "g++-arm-linux-gnueabihf", ("arm-linux-gnueabihf-g++",)),
    _Program("elsewhere", "qemu for arm64", "--on qemu", "qemu-user", ("qemu-aarch64", "qemu-aarch64-static")),
    _Program("elsewhere", "qemu for armv7", "--on qemu", "qemu-user", ("qemu-arm", "qemu-arm-static")),
    _Program("elsewhere", "ssh", "--on ssh:HOST, deploy", "openssh-client", ("ssh",), "-V"),
    _Header("build", "libjpeg", "reads JPEG in C++", "libjpeg-dev", "jpeglib.h"),
    _Header("build", "libpng", "reads PNG in C++", "libpng-dev", "png.h"),
    _Program("later", "adb", "reaches phones", "adb", ("adb",), "version"),
    # Some programs take a second to tell their version, and some do not tell it.
    _Program("later", "Java", "compiles the app's tests", "default-jdk-headless", ("javac",), None),
    _Program("later", "Maven", "builds and tests the app", "maven", ("mvn",), None),
    _Program("later", "aapt", "packs the app's resources", "aapt", ("aapt",), "version"),
    _Program("later", "zipalign", "aligns the app's libraries", "zipalign", ("zipalign",), None),
    _Program("later", "apksigner", "signs the app", "apksigner", ("apksigner",), None),
    _Program("later", "Graphviz", "draws models", "graphviz", ("dot",), "-V"),
    _Program("later", "Chromium", "shows reports", "chromium", ("chromium", "chromium-browser", "google-chrome"), None),
    _Distribution("later", "ONNX Runtime", "runs ONNX models", "onnxruntime"),
    _Distribution("later", "Paddle2ONNX", "exports ONNX models", "paddle2onnx"),
    _Distribution("later", "Ray", "spreads work over machines", "ray"),
)


def tool_checks() -> list[Check]:
    """What is there of tools, for signing, building and later. Nothing is imported; programs are asked all at once."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda tool: tool.look(), _TOOLS))
    others = (target for target in store.TARGETS if target not in ("x86", store.machine_target()))
    return [*found, _gpu(), *map(_engine, others)]


def _engine(target: str) -> Check:
    try:
        engine = store.find(target)
        found = f"{engine.version}, {engine.library}"
    except OarlockError:
        found = None
    fix = f"{store.install_command(target)}    # of the Paddle-Lite project's release v{store.DEFAULT_VERSION}"
    group = "later" if target.startswith("android-") else "elsewhere"
    return check(group, f"Paddle Lite {target}", found, f"runs bundles on {target}", fix)


def _gpu() -> Check:
    models = [
        model[1]
        for path in sorted(_NVIDIA.glob("*/information"))
        if (model := re.search(r"^Model:\s*(.+?)\s*$", path.read_text(errors="replace"), re.MULTILINE))
    ]
    fix = "install NVIDIA's driver, on a machine that has an NVIDIA GPU"
    return check("later", "GPU", ", ".join(models) or None, "speeds up PaddlePaddle", fix)


def _numbers(found: str) -> tuple[int, ...]:
    return tuple(map(int, found.partition(",")[0].split(".")))


def _prefixes() -> Iterator[Path]:
    yield from (Path(it) for it in os.environ.get("CMAKE_PREFIX_PATH", "").split(os.pathsep) if it)
    yield from (Path(it).parent for it in os.environ.get("PATH", "").split(os.pathsep) if it)
    yield from _PREFIXES
