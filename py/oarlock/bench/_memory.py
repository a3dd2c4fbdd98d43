"""How much memory this process has taken."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

__all__ = ["peak_rss_bytes"]


def peak_rss_bytes() -> int:
    """The most memory that was ever resident, in bytes.

    The kernel's high-water mark of this program (VmHWM in /proc/self/status). getrusage's maxrss, which is taken where
    there is none, also counts what the process that started this one held at that moment.
    """
    with suppress(OSError, ValueError), Path("/proc/self/status").open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
