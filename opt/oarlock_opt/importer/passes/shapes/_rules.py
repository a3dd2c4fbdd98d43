"""Shapes of results from shapes of operands, operator by operator, with sizes that may be polynomials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oarlock_opt.importer.graph import Node
from oarlock_opt.importer.passes.shapes._common import Elements, Shape, ShapeOf
from oarlock_opt.importer.passes.shapes._layers import LAYERS, SAME
from oarlock_opt.importer.passes.shapes._moves import MOVES

__all__ = ["shapes_of"]


def shapes_of(node: Node, shape_of: ShapeOf, elements: Elements) -> Mapping[str, Sequence[Shape]]:
    """The shapes of the outputs by slot, as far as the operator's rule tells them; {} for an operator without one."""
    rule = _RULES.get(node.type)
    if rule is not None:
        return rule(node, shape_of, elements) or {}
    first = next(iter(node.inputs.get("X", [])), None)
    if node.type in SAME and first is not None:
        return {slot: [shape_of(first)] for slot in ("Out", "Y")}
    return {}


_RULES = {**LAYERS, **MOVES}
