"""What ``oarlock inspect`` asks this distribution: the functions of oarlock._inspection.Inspector.

They take paths and give what docs/schema/inspect.schema.json says; the work is in oarlock_opt.inspection.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from oarlock import store
from oarlock._specs import TensorSpec
from oarlock_opt.errors import SourceError
from oarlock_opt.importer.graph import DTYPE_SIZES
from oarlock_opt.interface import Interface
from oarlock_opt.source import SourceModel, open_source

__all__ = ["analyse", "compare", "describe", "draw"]

_SOURCE_SUFFIXES = (".pdmodel", ".pdiparams", ".pdparams", ".json", ".onnx")


def describe(path: Path, *, batch: int | None = None, layers: bool = False) -> dict[str, Any] | None:
    """Describe the source model at ``path``; None when it is a file of another kind.

    What is wrong with the model comes under ``problems``. Raises InvalidArgumentError for a batch that the model does
    not take, and OSError.
    """
    from oarlock_opt.inspection.analysis import analyse as analyse_subject
    from oarlock_opt.inspection.subject import Subject

    if path.is_file() and path.suffix not in _SOURCE_SUFFIXES and path.name != "__model__":
        return None
    heading = {"kind": "source", "file": str(path)}
    try:
        model = open_source(path)
        # Before the passes change the graph.
        analysis = analyse_subject(Subject(path, model.files.all, model.graph), batch=batch or 1, layers=layers)
        return {"ok": True, **heading, "problems": [], "source": _describe(model), "analysis": analysis}
    except SourceError as error:
        return {"ok": False, **heading, "problems": [{"code": error.code, "message": error.message}]}


def analyse(path: Path, *, batch: int | None = None, layers: bool = False) -> dict[str, Any]:
    """The analysis of a .nb file. Raises ModelError, InvalidArgumentError and OSError."""
    from oarlock_opt.inspection.analysis import analyse as analyse_subject
    from oarlock_opt.inspection.subject import open_subject

    return analyse_subject(open_subject(path), batch=batch or 1, layers=layers)


def draw(path: Path, drawing: Path, *, batch: int | None = None, full: bool = False) -> dict[str, Any]:
    """Draw a .nb file or source model into ``drawing``, whose suffix is the format; every operator where ``full``.

    Returns ``graph`` of the schema. Raises ModelError, SourceError, InvalidArgumentError, DrawingError,
    MissingPackageError and OSError; then ``drawing`` is as it was.
    """
    from oarlock_opt.inspection.drawing import draw as draw_subject
    from oarlock_opt.inspection.subject import open_subject

    return draw_subject(open_subject(path), drawing, batch=batch or 1, full=full)


def compare(path: Path, other: Path) -> dict[str, Any]:
    """What differs between two models, each a .nb file or a source, by docs/schema/inspect-diff.schema.json.

    Raises ModelError, SourceError and OSError.
    """
    from oarlock_opt.inspection.comparison import compare as compare_subjects
    from oarlock_opt.inspection.subject import open_subject

    return compare_subjects(open_subject(path), open_subject(other))


def _describe(model: SourceModel) -> dict[str, Any]:
    from oarlock_opt.importer import passes
    from oarlock_opt.inspection.targets import targets_for

    graph = model.graph
    interface = Interface.of(graph)
    histogram = graph.op_histogram()
    elements = {value: math.prod(value.shape) for value in graph.parameters}
    return {
        "format": model.format,
        "paddle_version": model.paddle_version,
        "files": [{"name": path.name, "size": path.stat().st_size} for path in model.files.all],
        "inputs": [_tensor(tensor) for tensor in interface.inputs],
        "outputs": [_tensor(tensor) for tensor in interface.outputs],
        "ops": histogram,
        "op_count": sum(histogram.values()),
        "params": {
            "count": len(elements),
            "elements": sum(elements.values()),
            "bytes": sum(count * DTYPE_SIZES[value.dtype] for value, count in elements.items()),
        },
        "lite": store.DEFAULT_VERSION,
        "repairs": [each.to_json() for each in passes.run(graph, store.DEFAULT_VERSION)],
        # Of the graph that the passes have made, which is what the optimiser gets.
        "targets": targets_for(graph, store.DEFAULT_VERSION),
    }


def _tensor(tensor: TensorSpec) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype}
