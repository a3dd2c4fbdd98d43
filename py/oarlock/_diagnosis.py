"""What ``oarlock doctor`` finds, by docs/schema/doctor.schema.json."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

import oarlock
from oarlock import _core, store
from oarlock.errors import OarlockError

__all__ = ["diagnose"]

_DOCTORS = "oarlock.doctor"
_VARIANT_TARGETS = ("x86", "arm64", "armv7", "opencl")
_ENGINE_SECONDS = 60
_ENGINE_PROGRAM = "import sys; from oarlock._engine import engine_version; print(engine_version(sys.argv[1]))"


def diagnose() -> dict[str, Any]:
    """Look at the machine, the installation and the store. Nothing is changed; the engine is tried in a child."""
    checks = [*_own_checks(), *_other_checks()]
    target = (store.machine_target() or "").removeprefix("android-") or None
    return {
        "ok": all(check["ok"] for check in checks if check["required"]),
        "version": oarlock.__version__,
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "architecture": platform.machine(),
            "python": platform.python_version(),
            "cpus": os.cpu_count() or 1,
            "target": target,
        },
        "checks": checks,
        "targets": _targets(checks, target),
    }


def _own_checks() -> Iterator[dict[str, Any]]:
    yield _core_check()
    yield _store_check()
    yield _engine_check()
    yield from _picture_checks()
    yield _check(
        "pip", _installed("pip"), "downloads Paddle Lite for x86", f"{sys.executable} -m ensurepip", required=False
    )
    yield _check("oarlock-opt", _installed("oarlock-opt"), "makes bundles", "pip install oarlock-opt", required=False)


def _other_checks() -> Iterator[dict[str, Any]]:
    for entry_point in entry_points(group=_DOCTORS):
        try:
            checks: Callable[[], list[dict[str, Any]]] = entry_point.load()
            yield from checks()
        except Exception as error:
            # Another distribution's defect must not hide what the others find.
            found = f"its checks fail ({type(error).__name__}: {error})"
            distribution = entry_point.dist.name if entry_point.dist else entry_point.name
            yield _check(
                distribution, found, "see its documentation", f"pip install --force-reinstall {distribution}", ok=False
            )


def _core_check() -> dict[str, Any]:
    purpose, fix = "preprocessing, sessions, bundles", "pip install --force-reinstall oarlock"
    try:
        found = _core.text(_core.library().oar_version())
    except OarlockError as error:
        return _check("core", error.message, purpose, fix, ok=False)
    return _check("core", found, purpose, fix, ok=found == oarlock.__version__)


def _store_check() -> dict[str, Any]:
    home = store.home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK)
    fix = "export OARLOCK_HOME=FOLDER that can be written"
    return _check("store", str(home), "keeps Paddle Lite", fix, ok=writable, required=False)


def _engine_check() -> dict[str, Any]:
    purpose = "runs the models"
    target = store.machine_target()
    if target is None:
        found = f"there is no Paddle Lite for {platform.system()} on {platform.machine()}"
        return _check("paddle-lite", found, purpose, "use Linux on x86-64, ARMv8 or ARMv7", ok=False)
    fix = store.install_command(target)
    try:
        engine = store.find(target)
    except OarlockError:
        return _check("paddle-lite", None, purpose, fix)
    found, ok = _try_engine(engine.library)
    return _check("paddle-lite", found, purpose, fix, ok=ok)


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


def _picture_checks() -> Iterator[dict[str, Any]]:
    from PIL import __version__ as pillow
    from PIL import features

    for name, feature, required in (
        ("JPEG", "jpg", True),
        ("PNG", "zlib", True),
        ("WebP", "webp", False),
        ("TIFF", "libtiff", False),
    ):
        found = f"Pillow {pillow}" if features.check(feature) else None
        yield _check(
            f"{name} pictures", found, f"reads {name}", "pip install --force-reinstall pillow", required=required
        )


def _targets(checks: list[dict[str, Any]], machine: str | None) -> dict[str, dict[str, bool]]:
    commands = {entry_point.name for entry_point in entry_points(group="oarlock.commands")}
    engine = any(check["name"] == "paddle-lite" and check["ok"] for check in checks)
    matrix = {}
    for target in _VARIANT_TARGETS:
        run = engine and target == machine
        matrix[target] = {
            "build": engine and machine == "x86" and "opt" in commands,
            "run": run,
            "verify": run and "verify" in commands,
        }
    return matrix


def _check(
    name: str, found: str | None, purpose: str, fix: str, *, ok: bool | None = None, required: bool = True
) -> dict[str, Any]:
    """An item of ``checks``; when ``ok`` is not given, what was found is right."""
    right = found is not None if ok is None else ok
    return {
        "name": name,
        "ok": right,
        "required": required,
        "found": found,
        "purpose": purpose,
        "fix": None if right else fix,
    }


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
