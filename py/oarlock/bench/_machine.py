"""What a measurement is of: the machine and the versions, for records."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

import oarlock

__all__ = ["environment", "processor"]


def environment(engine: str) -> dict[str, str]:
    """The field "environment" of docs/schema/bench.schema.json; ``engine`` is the version that Paddle Lite says."""
    return {
        "processor": processor(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "libc": _libc(),
        "oarlock": oarlock.__version__,
        "engine": engine,
        "python": platform.python_version(),
    }


def processor() -> str:
    """The board's name where there is a device tree, "Raspberry Pi 4 Model B Rev 1.4"; else the processor's."""
    with suppress(OSError):
        name = Path("/proc/device-tree/model").read_text(encoding="utf-8", errors="replace").strip("\0 \n")
        if name:
            return name
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _libc() -> str:
    with suppress(AttributeError, ValueError, OSError):
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    return " ".join(platform.libc_ver()).strip()
