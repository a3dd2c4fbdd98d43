"""Makes PIR programs by hand, and parameter files for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oarlock_opt.importer.graph import ArrayTensor
from oarlock_opt.importer.legacy._params import write_params
from oarlock_opt.importer.pir._parser import parse
from oarlock_opt.importer.pir._program import TensorType
from oarlock_opt.source import SourceFiles

__all__ = ["attribute", "document", "feed", "fetch", "op", "parameter", "save", "tensor", "vector", "zeros"]


def tensor(shape: Sequence[int], dtype: str = "f32") -> dict[str, Any]:
    """A tensor's type."""
    return {"#": "0.t_dtensor", "D": [{"#": f"0.t_{dtype}"}, list(shape), "NCHW", [], 0]}


def vector(*types: dict[str, Any]) -> dict[str, Any]:
    """The type of a list."""
    return {"#": "0.t_vec", "D": list(types)}


def attribute(name: str, kind: str, value: Any) -> dict[str, Any]:
    """An attribute of a kind such as "a_i32"."""
    dialect = "1" if kind in ("a_intarray", "a_dtype", "a_place") else "0"
    return {"N": name, "AT": {"#": f"{dialect}.{kind}", "D": value}}


def op(
    name: str,
    operands: Sequence[int] = (),
    results: Sequence[tuple[int, dict[str, Any]]] = (),
    attributes: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """An operator such as "1.relu"; results are pairs of number and type."""
    return {
        "#": name,
        "I": [{"%": number} for number in operands],
        "O": [{"%": number, "TT": type_} for number, type_ in results],
        "A": list(attributes),
        "OA": [],
    }


def parameter(number: int, name: str, shape: Sequence[int], dtype: str = "f32") -> dict[str, Any]:
    """A parameter."""
    return {
        "#": "p",
        "A": [0, 1, 1, name],
        "DA": [],
        "O": {"%": number, "TT": tensor(shape, dtype)},
        "OA": [],
        "QA": [],
    }


def feed(number: int, name: str, shape: Sequence[int], dtype: str = "f32") -> dict[str, Any]:
    """An input."""
    return op("1.data", (), [(number, tensor(shape, dtype))], [attribute("name", "a_str", name)])


def fetch(number: int, column: int = 0, name: str | None = None) -> dict[str, Any]:
    """An output."""
    named = attribute("name", "a_str", name or f"fetch_name_{column}")
    return op("1.fetch", [number], [(1000 + column, tensor([]))], [named, attribute("col", "a_i32", column)])


def document(*ops: dict[str, Any], version: int = 4) -> dict[str, Any]:
    """A program of operators."""
    block = {"#": "block_0", "args": [], "ops": list(ops)}
    head = {"magic": "pir", "trainable": True, "version": version}
    return {"base_code": head, "program": {"regions": [{"#": "region_0", "blocks": [block]}]}}


def save(content: dict[str, Any] | bytes, folder: Path) -> SourceFiles:
    """Write a program as FOLDER/inference.json, and zeros as its parameters when it can be parsed."""
    program = folder / "inference.json"
    program.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return SourceFiles(program, None) if isinstance(content, bytes) else SourceFiles(program, zeros(program))


def zeros(program: Path, path: Path | None = None) -> Path:
    """Write a parameter file of zeros for a program, beside it or at ``path``."""
    tensors = {}
    for operation in parse(program).operations:
        if operation.name == "builtin.parameter":
            type_ = operation.results[0].type
            assert isinstance(type_, TensorType)
            tensors[str(operation.attributes["name"].value)] = ArrayTensor(np.zeros(type_.shape, type_.dtype))
    path = path or program.with_suffix(".pdiparams")
    return write_params([tensors[name] for name in sorted(tensors, key=str.encode)], path, None)
