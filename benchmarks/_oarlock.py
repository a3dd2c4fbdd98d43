"""The command line as the benchmarks run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ["OARLOCK", "make_dpn68"]

OARLOCK = str(Path(sys.executable).with_name("oarlock"))


def make_dpn68(folder: Path, target: str) -> Path:
    """A bundle with one variant of DPN68, 50 MB, random weights."""
    bundle = folder / "dpn68.oar"
    command = [OARLOCK, "opt", "DPN68", "--weights", "random", "--target", target, "--no-golden", "-o", str(bundle)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return bundle
