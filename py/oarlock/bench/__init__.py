"""How fast a bundle's model is on this machine: each number of threads in a process of its own.

result = oarlock.bench.run("lite0.oar", BenchOptions(threads=(1, 2), runs=100))
print(result["runs"][0]["p50_ms"])
"""

from __future__ import annotations

from oarlock.bench._host import Host, Step, run
from oarlock.places import BenchOptions

__all__ = ["BenchOptions", "Host", "Step", "run"]
