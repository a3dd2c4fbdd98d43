"""What a model costs, by ``analysis`` of docs/schema/inspect.schema.json."""

from __future__ import annotations

import math
from typing import Any

from oarlock_opt.importer.graph import DTYPE_SIZES, Node, Value
from oarlock_opt.inspection.macs import macs_by_node
from oarlock_opt.inspection.memory import memory_of
from oarlock_opt.inspection.shapes import Shapes, shapes_at, takes_any_batch
from oarlock_opt.inspection.subject import Subject, layer_name, results

__all__ = ["analyse"]


def analyse(subject: Subject, *, batch: int = 1, layers: bool = False) -> dict[str, Any]:
    """MACs and the memory of activations for a batch, and every layer where ``layers`` is set.

    Raises InvalidArgumentError for a batch that the model does not take.
    """
    shapes = shapes_at(subject, batch)
    counts = macs_by_node(subject.graph, shapes)
    known = [count for count in counts.values() if count is not None]
    analysis: dict[str, Any] = {
        "batch": batch if takes_any_batch(subject) else None,
        "macs": sum(known) if len(known) == len(counts) else None,
        "memory": _memory(subject, shapes),
    }
    if layers:
        analysis["layers"] = [_layer(subject, shapes, node, count) for node, count in counts.items()]
    return analysis


def _memory(subject: Subject, shapes: Shapes) -> dict[str, Any] | None:
    memory = memory_of(subject, shapes)
    if memory is None:
        return None
    node, largest = memory.peak_node, memory.largest
    return {
        "peak": memory.peak,
        "peak_at": None if node is None else {"layer": layer_name(node, subject), "op": node.type},
        "largest": None if largest is None else {**_tensor(largest, shapes), "bytes": memory.largest_bytes},
        **({} if memory.shared is None else {"shared": memory.shared}),
    }


def _layer(subject: Subject, shapes: Shapes, node: Node, macs: int | None) -> dict[str, Any]:
    parameters = {value for value in node.all_inputs() if value in subject.graph.parameters}
    elements = {value: math.prod(value.shape) for value in parameters}
    return {
        "name": layer_name(node, subject),
        "op": node.type,
        "inputs": [_tensor(value, shapes) for value in node.all_inputs() if value not in parameters],
        "outputs": [_tensor(value, shapes) for value in results(node)],
        "macs": macs,
        "params": {
            "elements": sum(elements.values()),
            "bytes": sum(count * DTYPE_SIZES[value.dtype] for value, count in elements.items()),
        },
        **({"kernel": subject.kernels[node]} if subject.is_nb else {}),
    }


def _tensor(value: Value, shapes: Shapes) -> dict[str, Any]:
    shape = shapes.get(value)
    return {"name": value.name, "shape": None if shape is None else list(shape), "dtype": value.dtype}
