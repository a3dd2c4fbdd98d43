"""What ``oarlock inspect`` costs on a .nb file of 50 MB, without reading its weights, beside ``oarlock --version``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks._measure import Ratio, compare_commands
from benchmarks._oarlock import OARLOCK, make_dpn68


def run() -> list[Ratio]:
    """One ratio, whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        model = make_dpn68(Path(folder), "arm64") / "arm64-fp32.nb"
        return [
            compare_commands(
                "inspect, .nb of 50 MB", [OARLOCK, "inspect", str(model)], [OARLOCK, "--version"], pairs=15, limit=1.5
            )
        ]
