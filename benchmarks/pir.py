"""What reading the PIR model of DPN131 (0.6 MB of program, 318 MB of parameters) costs, in time and memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._measure import Ratio, compare_commands

_EXPORT = """
import sys, paddle
from oarlock_opt.zoo import registry
network = registry.get("DPN131").build()
network.eval()
spec = paddle.static.InputSpec([None, 3, 224, 224], "float32", name="x")
paddle.jit.save(paddle.jit.to_static(network, input_spec=[spec], full_graph=True), sys.argv[1])
"""
_READ = """
import resource, sys
from oarlock_opt.source import open_source
assert len(open_source(sys.argv[1]).graph.nodes) > 500
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run() -> list[Ratio]:
    """Two ratios: time of a process that reads it to that of importing numpy, memory to the size of the parameters."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "inference.json")
        subprocess.run([sys.executable, "-c", _EXPORT, str(model.with_suffix(""))], check=True, capture_output=True)
        read = [sys.executable, "-c", _READ, str(model)]
        # Two seconds are twenty times numpy's start on a quiet machine.
        time = compare_commands("read DPN131, time", read, [sys.executable, "-c", "import numpy"], pairs=9, limit=20.0)
        peak = int(subprocess.run(read, check=True, capture_output=True, text=True).stdout) / 1024
        size = model.with_suffix(".pdiparams").stat().st_size / 2**20
        memory = Ratio("read DPN131, memory", "process", "parameters", peak, size, peak / size, 2.0, "MiB")
    named = Ratio(time.name, "process", "import numpy", time.ours_ms, time.theirs_ms, time.ratio, time.limit)
    return [named, memory]
