"""What it costs that PaddlePaddle lives in another process, and whether that one grows.

EfficientNet-Lite0, a picture in, 1000 scores out.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._measure import Ratio, compare
from benchmarks._oarlock import OARLOCK
from oarlock_opt.reference import Options, Reference
from oarlock_opt.reference._predictor import Predictor
from oarlock_opt.source import find_files

_ANSWERS = 200


def run() -> list[Ratio]:
    """Two ratios: an answer's time, against PaddlePaddle in this process; the child's memory, after against before."""
    options = Options(device="cpu")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work, "lite0")
        command = [OARLOCK, "export", "EfficientNetLite0", "--weights", "random", "-o", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        files = find_files(folder)
        here = Predictor(str(files.program), str(files.params), options)
        with Reference.open(files, options) as there:
            feed = {"x": np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)}
            time = compare(
                "reference",
                ("Reference.run", lambda: there.run(feed)),
                ("the predictor in this process", lambda: here.run(feed)),
                pairs=40,
                limit=1.1,
                warmup=3,
            )
            return [time, _memory(there, feed)]


def _memory(reference: Reference, feed: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> Ratio:
    assert reference._worker is not None
    child = reference._worker._process.pid
    before = _megabytes(child)
    for _ in range(_ANSWERS):
        reference.run(feed)
    after = _megabytes(child)
    name = f"reference, memory over {_ANSWERS} answers"
    return Ratio(name, "after", "before", after, before, after / before, 1.02, "MB")


def _megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
