"""Named passes that make a graph what Paddle Lite's optimiser takes and its kernels get right.

Each has a reason, which users read, and the versions of Paddle Lite that it is for. Passes keep the model's inputs and
outputs and what it computes.
"""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph
from oarlock_opt.importer.passes._guard import refusing_malformed
from oarlock_opt.importer.passes._limits import Limit, limits, refuse_limits
from oarlock_opt.importer.passes._list import PASSES
from oarlock_opt.importer.passes._pass import LITE_VERSIONS, Pass
from oarlock_opt.importer.passes._scales import join_scales
from oarlock_opt.importer.passes._shapes import declare_shapes
from oarlock_opt.importer.repair import AppliedRepair

__all__ = ["LITE_VERSIONS", "PASSES", "Limit", "Pass", "join_scales", "limits", "refuse_limits", "run"]


def run(graph: Graph, lite_version: str = "2.12") -> tuple[AppliedRepair, ...]:
    """Apply every pass that the version of Paddle Lite needs, in order; returns those that changed something.

    Some run more than once, and count as one. Run on the result, this changes nothing. Raises BadGraphError for an
    operator that is not what its type promises.
    """
    with refusing_malformed("declared-shapes"):
        declare_shapes(graph)
    counts: dict[Pass, int] = {}
    for each in PASSES:
        if lite_version in each.versions:
            with refusing_malformed(each.name):
                counts[each] = counts.get(each, 0) + each.function(graph)
    return tuple(AppliedRepair(each.name, count, each.reason) for each, count in counts.items() if count)
