"""What ``import oarlock`` costs beside numpy, which it needs."""

from __future__ import annotations

import sys

from benchmarks._measure import Ratio, compare_commands


def run() -> list[Ratio]:
    """One ratio, whole processes."""
    return [
        compare_commands(
            "import",
            [sys.executable, "-c", "import oarlock"],
            [sys.executable, "-c", "import numpy"],
            pairs=21,
            limit=1.3,
        )
    ]
