"""What ``oarlock doctor`` finds, by docs/schema/doctor.schema.json."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypedDict

import oarlock
from oarlock import _core, store
from oarlock._catalog import OFFERED_VERSIONS
from oarlock._checks import GROUPS, Check, check, host_install, installed, pip_install, reinstall
from oarlock._tools import tool_checks
from oarlock.errors import OarlockError

__all__ = ["Findings", "diagnose"]

_DOCTORS = "oarlock.doctor"
_VARIANT_TARGETS = ("x86", "arm64", "armv7", "opencl")
_ENGINE = "Paddle Lite"
_ENGINE_SECONDS = 60
_ENGINE_PROGRAM = "import sys; from oarlock._engine import engine_version; print(engine_version(sys.argv[1]))"


class Findings(TypedDict):
    """What an entry point of the group "oarlock.doctor", a function without parameters, returns.

    ``builds`` has, by target, the precisions of which its distribution can make variants here, given Paddle Lite for
    x86.
    """

    checks: Sequence[Check]
    builds: Mapping[str, Sequence[str]]


def diagnose() -> dict[str, Any]:
    """Look at the machine, the installation and the store. Nothing is changed; the engine is tried in a child."""
    with ThreadPoolExecutor() as pool:
        tools, others = pool.submit(tool_checks), pool.submit(_other_findings)
        own = list(_own_checks())
    checks = [*own, *(it for findings in others.result() for it in findings["checks"]), *tools.result()]
    target = (store.machine_target() or "").removeprefix("android-") or None
    works = any(it["name"] == _ENGINE and it["ok"] for it in own)
    return {
        "ok": all(it["ok"] for it in checks if it["required"]),
        "version": oarlock.__version__,
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "cpus": os.cpu_count() or 1,
            "target": target,
        },
        "checks": sorted(checks, key=lambda it: list(GROUPS).index(it["group"])),
        "targets": _targets(target if works else None, _emulated(checks), [it["builds"] for it in others.result()]),
    }


def _own_checks() -> Iterator[Check]:
    yield _core_check()
    yield _engine_check()
    yield from _other_version_checks()
    yield _store_check()
    yield _pip_check()
    fix = pip_install("--force-reinstall", "numpy")
    yield check("run", "numpy", installed("numpy"), "holds pictures and tensors", fix, required=True)
    yield from _picture_checks()
    yield check("make", "oarlock-opt", installed("oarlock-opt"), "makes bundles, on Linux x86-64", host_install())


def _core_check() -> Check:
    purpose, fix = "preprocessing, sessions, bundles", reinstall("oarlock")
    try:
        found = _core.text(_core.library().oar_version())
    except OarlockError as error:
        return check("run", "core", error.message, purpose, fix, ok=False, required=True)
    return check("run", "core", found, purpose, fix, ok=found == oarlock.__version__, required=True)


def _engine_check() -> Check:
    purpose = "runs models"
    target = store.machine_target()
    if target is None:
        found = f"there is none for {platform.system()} on {platform.machine()}"
        fix = "use Linux on x86-64, ARMv8 or ARMv7"
        return check("run", _ENGINE, found, purpose, fix, ok=False, required=True)
    fix = store.install_command(target)
    try:
        engine = store.find(target)
    except OarlockError:
        return check("run", _ENGINE, None, purpose, fix, required=True)
    found, ok = _try_engine(engine.library)
    return check("run", _ENGINE, found, purpose, fix, ok=ok, required=True)


def _try_engine(library: Path) -> tuple[str, bool]:
    """What the library says of itself, and whether it is right, in a child: it may crash instead."""
    command = [sys.executable, "-c", _ENGINE_PROGRAM, str(library)]
    try:
        # In "/", since a Python program given as text imports from its working folder first.
        child = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=_ENGINE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"{library} does not load within {_ENGINE_SECONDS} s", False
    if child.returncode == 0:
        return f"{child.stdout.strip()}, {library}", True
    if child.returncode < 0:
        return f"{library} crashes ({signal.Signals(-child.returncode).name})", False
    lines = child.stderr.strip().splitlines() or [f"exit status {child.returncode}"]
    return f"{library} does not load: {lines[-1]}", False


def _other_version_checks() -> Iterator[Check]:
    for version in OFFERED_VERSIONS:
        if version != store.DEFAULT_VERSION:
            engine = next((it for it in store.installed() if (it.target, it.version) == ("x86", version)), None)
            found = None if engine is None else str(engine.library)
            fix = store.install_command("x86", version)
            yield check("make", f"{_ENGINE} {version}", found, "makes models for that version", fix)


def _store_check() -> Check:
    home = store.home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK)
    fix = "export OARLOCK_HOME=FOLDER that can be written"
    return check("run", "store", str(home), f"keeps {_ENGINE}", fix, ok=writable)


def _pip_check() -> Check:
    # Any pip serves, see _pypi.py.
    found = installed("pip") or shutil.which("pip3") or shutil.which("pip")
    return check("run", "pip", found, f"downloads {_ENGINE} for x86", f"{sys.executable} -m ensurepip")


def _picture_checks() -> Iterator[Check]:
    fix = pip_install("--force-reinstall", "pillow")
    try:
        from PIL import __version__, features
    except ImportError as error:
        yield check("run", "Pillow", f"cannot be imported: {error}", "reads pictures", fix, ok=False, required=True)
        return
    for name, feature, required in (
        ("JPEG", "jpg", True),
        ("PNG", "zlib", True),
        ("WebP", "webp", False),
        ("TIFF", "libtiff", False),
    ):
        found = f"Pillow {__version__}" if features.check(feature) else None
        yield check("run", f"{name} pictures", found, f"reads {name}", fix, required=required)


def _other_findings() -> list[Findings]:
    return [_findings(entry_point) for entry_point in entry_points(group=_DOCTORS)]


def _findings(entry_point: EntryPoint) -> Findings:
    try:
        found: Findings = entry_point.load()()
        return {"checks": list(found["checks"]), "builds": dict(found["builds"])}
    except Exception as error:
        # Another distribution's defect must not hide what the others find.
        name = entry_point.dist.name if entry_point.dist else entry_point.name
        text = f"its checks fail ({type(error).__name__}: {error})"
        broken = check("make", f"{name} itself", text, "adds commands", reinstall(name), ok=False)
        return {"checks": [broken], "builds": {}}


def _emulated(checks: Sequence[Check]) -> set[str]:
    """The targets for which there is all that ``--on qemu`` needs."""
    there = {it["name"] for it in checks if it["ok"]}
    parts = ("qemu for {}", "oarlock-classify {}", _ENGINE + " {}")
    return {target for target in _VARIANT_TARGETS if all(part.format(target) in there for part in parts)}


def _targets(
    machine: str | None, emulated: set[str], builds: Sequence[Mapping[str, Sequence[str]]]
) -> dict[str, dict[str, Any]]:
    """What can be done with each target. ``machine`` is the target whose engine works here, None where none does."""
    verifies = any(entry_point.name == "verify" for entry_point in entry_points(group="oarlock.commands"))
    matrix = {}
    for target in _VARIANT_TARGETS:
        precisions = [it for offer in builds for it in offer.get(target, ())] if machine == "x86" else []
        matrix[target] = {
            "build": bool(precisions),
            "precisions": precisions,
            "run": target == machine,
            "verify": verifies and (target == machine or target in emulated),
        }
    return matrix
