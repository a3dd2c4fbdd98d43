"""What ``oarlock inspect`` says of source models, by docs/schema/inspect.schema.json."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from oarlock.session import TensorSpec
from oarlock_opt.errors import SourceError
from oarlock_opt.program import DTYPES
from oarlock_opt.repairs import repair
from oarlock_opt.source import SourceModel, open_source

__all__ = ["inspect_source"]

_SIZES = {dtype.name: dtype.size for dtype in DTYPES.values()}
_SOURCE_SUFFIXES = (".pdmodel", ".pdiparams", ".pdparams", ".json", ".onnx")


def inspect_source(path: Path) -> dict[str, Any] | None:
    """Describe the source model at ``path``; None when it is a file of another kind.

    What is wrong with the model comes under ``problems``. Raises OSError.
    """
    if path.is_file() and path.suffix not in _SOURCE_SUFFIXES and path.name != "__model__":
        return None
    description: dict[str, Any] = {"ok": True, "kind": "source", "file": str(path), "problems": []}
    try:
        description["source"] = _describe(open_source(path))
    except SourceError as error:
        description["ok"] = False
        description["problems"] = [{"code": error.code, "message": error.message}]
    return description


def _describe(model: SourceModel) -> dict[str, Any]:
    program = model.program
    histogram = program.op_histogram()
    elements = {tensor.name: math.prod(tensor.shape) for tensor in program.parameters}
    return {
        "format": "legacy",
        "paddle_version": program.paddle_version,
        "files": [{"name": path.name, "size": path.stat().st_size} for path in model.files.all],
        "inputs": [_tensor(tensor) for tensor in program.inputs],
        "outputs": [_tensor(tensor) for tensor in program.outputs],
        "ops": histogram,
        "op_count": sum(histogram.values()),
        "params": {
            "count": len(elements),
            "elements": sum(elements.values()),
            "bytes": sum(elements[tensor.name] * _SIZES[tensor.dtype] for tensor in program.parameters),
        },
        "repairs": [each.to_json() for each in repair(program)],
    }


def _tensor(tensor: TensorSpec) -> dict[str, Any]:
    return {"name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype}
