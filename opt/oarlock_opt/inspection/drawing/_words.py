"""What the boxes and edges of a drawing say."""

from __future__ import annotations

import math

from oarlock.commands._shared import amount
from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.inspection.drawing._blocks import Block

__all__ = ["figures", "follower", "headline", "shape_text"]

_SYMBOLS = {"elementwise_add": "+", "elementwise_sub": "−", "elementwise_mul": "×", "elementwise_div": "÷", "sum": "Σ"}


def headline(node: Node) -> str:
    """The operator with what matters of its attributes: "conv2d 3×3, stride 2, 32 groups"."""
    if node.type in _SYMBOLS:
        return _SYMBOLS[node.type]
    return ", ".join([" ".join(filter(None, (node.type, _window(node)))), *_details(node)])


def follower(node: Node) -> str:
    """The same for a node in another's box: an addition there is that of a bias."""
    return "bias" if node.type == "elementwise_add" else headline(node)


def figures(block: Block, graph: Graph, macs: dict[Node, int | None]) -> str:
    """Parameters and MACs of a block: "9.2 k parameters, 115.6 M MACs"; "" where it has none."""
    nodes = [*block.constants, *block.nodes]
    parameters = {value for node in nodes for value in node.all_inputs() if value in graph.parameters}
    elements = sum(math.prod(value.shape) for value in parameters)
    counts = [macs[node] for node in nodes]
    total = None if None in counts else sum(count or 0 for count in counts)
    parts = [f"{amount(elements)} parameters"] if elements else []
    if elements and total is None:
        parts.append("MACs unknown")
    elif total:
        parts.append(f"{amount(total)} MACs")
    return ", ".join(parts)


def shape_text(shape: tuple[int, ...] | None) -> str:
    """Sizes with × between, such as 1×64×56×56; "scalar" where there are none, "?" where they are not known."""
    if shape is None:
        return "?"
    return "×".join(map(str, shape)) or "scalar"


def _window(node: Node) -> str:
    if filters := node.inputs.get("Filter"):
        return "×".join(map(str, filters[0].shape[2:]))
    if node.type != "pool2d":
        return ""
    kind = str(node.get("pooling_type", "max"))
    if node.get("global_pooling", False):
        return f"{kind}, whole"
    size = "×".join(map(str, _integers(node, "ksize")))
    return f"{kind} to {size}" if node.get("adaptive", False) else f"{kind} {size}"


def _details(node: Node) -> list[str]:
    details = []
    if "Filter" in node.inputs or node.type == "pool2d":
        details += _unless_one("stride", _integers(node, "strides")) if _has_window(node) else []
        details += _unless_one("dilation", _integers(node, "dilations"))
    groups = node.get("groups", 1)
    if node.type == "conv2d" and isinstance(groups, int) and groups > 1:
        details.append(f"{groups} groups")
    if node.type == "split" and (sections := _integers(node, "sections")):
        details.append("to " + " + ".join(map(str, sections)))
    # Paddle Lite's fused operators.
    activation = node.get("act_type") or node.get("activation_type")
    if isinstance(activation, str) and activation and node.get("with_act", True):
        details.append(activation)
    return details


def _has_window(node: Node) -> bool:
    return not (node.get("global_pooling", False) or node.get("adaptive", False))


def _unless_one(name: str, values: tuple[int, ...]) -> list[str]:
    """One number where all are equal: "stride 2", "stride 2×1", and nothing where they are 1."""
    if set(values) <= {1}:
        return []
    return [f"{name} {'×'.join(map(str, values if len(set(values)) > 1 else values[:1]))}"]


def _integers(node: Node, name: str) -> tuple[int, ...]:
    value = node.get(name, ())
    return tuple(each for each in value if isinstance(each, int)) if isinstance(value, tuple) else ()
