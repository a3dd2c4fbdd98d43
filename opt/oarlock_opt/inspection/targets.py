"""Which variants a model can be made for, as far as the list of the engine's kernels tells."""

from __future__ import annotations

from typing import Any

from oarlock_opt.importer.graph import Graph
from oarlock_opt.lite.kernels import missing, needs, table
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, select
from oarlock_opt.lite.weights import unrestored

__all__ = ["targets_for"]


def targets_for(graph: Graph, lite_version: str) -> list[dict[str, Any]]:
    """Every variant that ``oarlock opt`` makes, and what the engine lacks there for the graph, the passes applied.

    By ``source.targets`` of docs/schema/inspect.schema.json. For weight-only variants it lacks what turns back the
    weights of some products of matrices. Nothing lacking is no promise: kernels may not take the shapes or attributes
    that they meet, which the optimiser finds out. [] for a version whose kernels are not listed.
    """
    kernels = table(lite_version)
    if kernels is None:
        return []
    wanted = needs(graph)
    wrong = [need for need in needs(Graph([], [], {}, unrestored(graph))) if need.count]
    variants, _ = select(TARGETS, PRECISIONS)
    found = []
    for variant in variants:
        lacking = [*missing(wanted, variant.recipe.places, kernels)]
        if variant.recipe.weight_bits:
            known = {need.operator for need in lacking}
            lacking += [need for need in wrong if need.operator not in known]
        found.append(
            {
                "id": variant.id,
                "ok": not lacking,
                "missing": [{"op": need.operator, "count": need.count, "origin": need.origin} for need in lacking],
            }
        )
    return found
