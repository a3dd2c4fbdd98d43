"""The Android project, and what Maven and CMake make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

DEMO = ROOT / "android_demo"
CPP = DEMO / "app" / "src" / "main" / "cpp"
BUILD = ROOT / "build" / "android"
TOOLS = {"mvn": "maven", "java": "openjdk-17-jdk-headless", "aapt": "aapt", "zipalign": "zipalign"}
TOOLS |= {"apksigner": "apksigner", "dexdump": "dexdump"}


def run(*command: str | Path, **options: object) -> str:
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(  # type: ignore[call-overload]
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=1800, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    return str(done.stdout)


@pytest.fixture(scope="session")
def tools() -> None:
    """Fails where a tool is missing, and says which package has it."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        pytest.fail(f"missing: apt-get install {' '.join(missing)}")


@pytest.fixture(scope="session")
def jni() -> Path:
    """The folder of liboarlock_jni.so for this machine, with the core and its plugins."""
    if shutil.which("javac") is None:
        pytest.fail("missing: apt-get install openjdk-17-jdk-headless")
    java_home = os.environ.get("JAVA_HOME") or str(Path(shutil.which("javac") or "").resolve().parents[1])
    folder = BUILD / "jni"
    run("cmake", "-S", CPP, "-B", folder, "-G", "Ninja", env=os.environ | {"JAVA_HOME": java_home})
    run("cmake", "--build", folder)
    return folder / "lib"


@pytest.fixture(scope="session")
def fixtures(lite0: Path, engine: Path) -> Path:
    """What the JVM tests compare with."""
    folder = BUILD / "fixtures"
    run(sys.executable, "-m", "tests.android.fixtures", lite0, engine, folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def maven(tools: None, jni: Path, fixtures: Path) -> tuple[Path, str]:
    """Maven's build folder after every JVM test has passed, and what it printed."""
    printed = run(
        "mvn", "-B", "-f", DEMO / "pom.xml", "-P", "native", "verify",
        f"-Doarlock.build={BUILD}", f"-Doarlock.native={jni}", f"-Doarlock.fixtures={fixtures}",
    )  # fmt: skip
    return BUILD / "maven", printed
