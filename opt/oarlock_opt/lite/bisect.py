"""Which operator the optimiser dies of, when it does not say so: found by giving it less and less of the model."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from oarlock._endings import said
from oarlock.store import Engine
from oarlock_opt.errors import OptimizerAbortedError, OptimizerCrashedError, OptimizerError
from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.legacy import write
from oarlock_opt.lite import worker
from oarlock_opt.lite.targets import Variant
from oarlock_opt.source import SourceFiles

__all__ = ["find_operator", "name_operator", "prefix"]

_LONGEST = 30.0
"""Seconds that the search may take as a whole."""

Attempt = Callable[[SourceFiles, float], "OptimizerError | None"]


def name_operator(
    error: OptimizerAbortedError | OptimizerCrashedError, graph: Graph, variant: Variant, engine: Engine, folder: Path
) -> OptimizerError:
    """The error with the operator named that it comes with, where that can be found out in some 30 seconds.

    ``graph`` is the model that was given to the optimiser, ``variant`` what it was asked for, and ``folder`` an
    existing one on a disk with room for the model.
    """

    def attempt(files: SourceFiles, seconds: float) -> OptimizerError | None:
        assert files.params is not None  # legacy.write makes an empty file where there are none
        with tempfile.TemporaryDirectory(dir=files.folder) as work:
            try:
                worker.optimize(
                    files.program, files.params, [variant], engine=engine, folder=Path(work), timeout=seconds
                )
            except OptimizerError as failure:
                return failure
        return None

    try:
        node = find_operator(graph, error, attempt, folder)
    except OSError:  # a full disk, most likely, and the failure itself is what should be told
        return error
    if node is None:
        return error
    return type(error)(
        f"{error.message} It begins with the operator {node.type} ({node.origin}), which reads {_listed(node)}.",
        op=node.type,
        attribute=error.attribute,
        output=error.output,
    )


def find_operator(graph: Graph, error: OptimizerError, attempt: Attempt, folder: Path) -> Node | None:
    """The first operator with which the optimiser fails as in ``error``, while those before it alone do not.

    ``attempt`` gives a model to the optimiser, for some seconds at most, and returns how that failed, or None.
    Returns None when the time was too short. Raises OSError.
    """
    deadline = time.monotonic() + _LONGEST
    passes, fails = 0, len(graph.nodes)  # numbers of operators
    while fails - passes > 1:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        size = (passes + fails) // 2
        # The part of a large model is large as well, so only one is there at a time.
        with tempfile.TemporaryDirectory(dir=folder) as part:
            failure = attempt(write(prefix(graph, size), Path(part)), left)
        if failure is None or not _alike(failure, error):
            passes = size
        else:
            fails = size
    return graph.nodes[fails - 1] if fails else None


def prefix(graph: Graph, size: int) -> Graph:
    """The first ``size`` operators of a graph as a graph: its outputs are what later ones, or nobody, would read."""
    nodes, rest = graph.nodes[:size], graph.nodes[size:]
    read = {value for node in nodes for value in node.all_inputs()}
    wanted = {value for node in rest for value in node.all_inputs()} | set(graph.outputs)
    given = [value for node in nodes for value in node.all_outputs()]
    cut = [value for value in given if value in wanted] or given[-1:]
    # Outputs are written under their own names, which need not be unique within a graph.
    renamed = {value: Value(f"part.{number}", value.dtype, value.shape) for number, value in enumerate(cut)}

    def rename(slots: dict[str, list[Value]]) -> dict[str, list[Value]]:
        return {slot: [renamed.get(value, value) for value in values] for slot, values in slots.items()}

    return Graph(
        [value for value in graph.inputs if value in read],
        list(renamed.values()),
        {value: data for value, data in graph.parameters.items() if value in read},
        [Node(node.type, rename(node.inputs), rename(node.outputs), node.attrs, node.origin) for node in nodes],
    )


def _alike(one: OptimizerError, other: OptimizerError) -> bool:
    return type(one) is type(other) and said(one.output) == said(other.output)


def _listed(node: Node) -> str:
    tensors = [f"{slot} {value.dtype}{list(value.shape)}" for slot, values in node.inputs.items() for value in values]
    return ", ".join(tensors[:6]) + (f" and {len(tensors) - 6} more" if len(tensors) > 6 else "") or "nothing"
