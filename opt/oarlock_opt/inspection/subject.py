"""What is inspected: a graph with what else the file says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oarlock_opt.importer.graph import Graph, Node, Value

__all__ = ["UNUSED_SLOTS", "Subject", "layer_name", "open_subject", "results"]

UNUSED_SLOTS = frozenset(
    ["XShape", "MeanOut", "VarianceOut", "SavedMean", "SavedVariance", "ReserveSpace", "Mask", "Mean", "Variance"]
)
"""Outputs that inference leaves empty or does not write: what only training needs, and the shape before a reshape."""


@dataclass(frozen=True)
class Subject:
    """A source model or, where ``is_nb``, a .nb file as a graph. Values of one name share memory in the latter.

    ``kernels`` are those of a .nb file, "target/precision/layout" by node; a source has none. ``undeclared`` are the
    values whose ``shape`` means nothing, not even its rank: in a .nb file variables stand for one value after another.
    ``files`` are all of the model's.
    """

    path: Path
    files: tuple[Path, ...]
    graph: Graph
    is_nb: bool = False
    kernels: Mapping[Node, str] = field(default_factory=dict)
    undeclared: frozenset[Value] = frozenset()


def open_subject(path: Path) -> Subject:
    """Read a .nb file (by its content or suffix) or a source model; parameters are mapped, not loaded.

    Raises ModelError, SourceError, FileReadError and OSError.
    """
    from oarlock._inspection import is_nb

    if is_nb(path):
        from oarlock_opt.inspection.nb_graph import read_nb

        return read_nb(path)
    from oarlock_opt.source import open_source

    model = open_source(path)
    return Subject(path, model.files.all, model.graph)


def layer_name(node: Node, subject: Subject) -> str:
    """A name for people: that which PaddlePaddle gave the layer ("conv2d_0"), else that of the first result.

    Parameters of a layer are called by its name, a dot, and "w_0" or "b_0"; the largest is the one that says most. In a
    .nb file, where names of results mean nothing, the operator's number.
    """
    parameters = [value for value in node.all_inputs() if value in subject.graph.parameters]
    if parameters:
        name, dot, _ = max(parameters, key=lambda value: math.prod(value.shape)).name.rpartition(".")
        if dot:
            return name
    return node.origin if subject.is_nb else next((value.name for value in node.all_outputs()), node.type)


def results(node: Node) -> list[Value]:
    """What a node computes in inference."""
    return [value for slot, values in node.outputs.items() if slot not in UNUSED_SLOTS for value in values]
