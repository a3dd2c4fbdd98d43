"""oarlock-classify from its start to its first answer, and its memory, against a program that does the bare minimum.

DPN68, 50 MB, and EfficientNet-Lite0, 19 MB. Nothing is remembered from an earlier start: both sides check the model's
SHA-256. Ours also reads the manifest, verifies the model's structure, decodes, resizes and prints.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks._measure import Ratio, compare
from benchmarks._oarlock import make_dpn68
from benchmarks.session import make_bundle
from oarlock import Bundle, store

_ROOT = Path(__file__).parent.parent
_MOST_ABOVE = 8.0
_PAIRS = 21
_Command = Sequence[str | Path]


def run() -> list[Ratio]:
    """For each model the ratio of times, and the memory above the bare program's as a part of what is allowed."""
    build = Path(os.environ.get("OARLOCK_TEST_BUILD", _ROOT / "build" / "host"))
    if "OARLOCK_TEST_BUILD" not in os.environ:
        subprocess.run([_ROOT / "build.sh", "native", "host"], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / "picture.jpg"
        pixels = np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8)
        Image.fromarray(pixels).resize((640, 480), Image.Resampling.BICUBIC).save(picture, quality=90)
        ratios = []
        for bundle in (make_dpn68(folder, "x86"), make_bundle(folder)):
            ours, theirs = _commands(build / "native", bundle, picture, Path("/dev/null/home"))
            ratios += [_times(bundle.stem, ours, theirs), _memory(bundle.stem, ours, theirs)]
        return ratios


def _commands(build: Path, bundle: Path, picture: Path, home: Path) -> tuple[_Command, _Command]:
    engine = store.find("x86").library
    [variant] = Bundle.open(bundle).variants
    ours = ["env", f"OARLOCK_HOME={home}", build / "oarlock-classify", "--engine", engine, bundle, picture, "--json"]
    theirs = ["env", build / "oarlock_bare_program", build / "liboarlock_python_symbols.so", engine]
    theirs += [engine.parent / "libs" / "libmklml_intel.so", build / "liboarlock_bare_engine.so"]
    return ours, [*theirs, bundle / variant.file, variant.sha256, "3", "224", "224"]


def _times(model: str, ours: _Command, theirs: _Command) -> Ratio:
    return compare(
        f"classify, {model}: start to first answer",
        ("oarlock-classify", lambda: _run(ours)),
        ("hash, load, run", lambda: _run(theirs)),
        pairs=_PAIRS,
        limit=1.05,
    )


def _memory(model: str, ours: _Command, theirs: _Command) -> Ratio:
    our, their = (statistics.median(_run(command) for _ in range(5)) for command in (ours, theirs))
    return Ratio(
        name=f"classify, {model}: memory above {their:.0f} MB",
        ours="oarlock-classify",
        theirs="allowed",
        ours_ms=our - their,
        theirs_ms=_MOST_ABOVE,
        ratio=(our - their) / _MOST_ABOVE,
        limit=1.0,
        unit="MB",
    )


def _run(command: _Command) -> float:
    """Run a program to its end: the most memory that it had, in MB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / 1000
