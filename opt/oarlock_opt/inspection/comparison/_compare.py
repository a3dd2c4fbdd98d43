"""The comparison as a whole."""

from __future__ import annotations

import filecmp
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from oarlock import nb
from oarlock_opt.importer.graph import Value
from oarlock_opt.inspection.comparison._parameters import differing_parameters
from oarlock_opt.inspection.comparison._structure import differing_structure
from oarlock_opt.inspection.subject import Subject

__all__ = ["compare"]


def compare(a: Subject, b: Subject) -> dict[str, Any]:
    """What differs; ``ok`` says that nothing does.

    Two .nb files are compared in everything, two sources in all but kernels, a source and a .nb file in what both have.
    """
    differences: dict[str, Any] = {}
    if a.is_nb and b.is_nb:
        described = nb.describe(a.path), nb.describe(b.path)
        differences["version"] = _pair(*(f"Paddle Lite {each['version']}" for each in described))
        differences["targets"] = _pair(*(each["targets"] for each in described))
        differences["kernels"] = _pairs(_kernels(a), _kernels(b), _counts)
    elif not (a.is_nb or b.is_nb):
        versions = (f"PaddlePaddle {each.graph.paddle_version or 'of unknown version'}" for each in (a, b))
        differences["version"] = _pair(*versions)
    differences["inputs"] = _pairs(_tensors(a, a.graph.inputs), _tensors(b, b.graph.inputs))
    differences["outputs"] = _pairs(_tensors(a, a.graph.outputs), _tensors(b, b.graph.outputs))
    differences["ops"] = _pairs(a.graph.op_histogram(), b.graph.op_histogram())
    differences |= differing_structure(a, b)
    differences["params"] = differing_parameters(a.graph, b.graph)
    found = {name: value for name, value in differences.items() if value}
    return {
        "ok": not found,
        "kind": "diff",
        "a": _side(a),
        "b": _side(b),
        "identical": _are_identical(a, b),
        "differences": found,
    }


def _side(subject: Subject) -> dict[str, Any]:
    size = sum(path.stat().st_size for path in subject.files)
    return {"file": str(subject.path), "kind": "nb" if subject.is_nb else "source", "size": size}


def _are_identical(a: Subject, b: Subject) -> bool:
    return len(a.files) == len(b.files) and all(
        filecmp.cmp(one, other, shallow=False) for one, other in zip(a.files, b.files, strict=True)
    )


def _pair(a: object, b: object) -> dict[str, Any] | None:
    return None if a == b else {"a": a, "b": b}


def _pairs(
    a: Mapping[str, Any], b: Mapping[str, Any], shown: Callable[[Any], Any] = lambda value: value
) -> dict[str, Any]:
    """What is not the same under a name, null where there is none."""
    return {
        name: {"a": shown(a[name]) if name in a else None, "b": shown(b[name]) if name in b else None}
        for name in _names(a, b)
        if a.get(name) != b.get(name)
    }


def _names(a: Iterable[str], b: Iterable[str]) -> Iterable[str]:
    """Those of both, a's order first."""
    return dict.fromkeys([*a, *b])


def _tensors(subject: Subject, values: Sequence[Value]) -> dict[str, Any]:
    return {
        value.name: {
            "shape": None if value in subject.undeclared else list(value.shape),
            "dtype": value.dtype,
        }
        for value in values
    }


def _kernels(subject: Subject) -> dict[str, Counter[str]]:
    """How many operators of each type have which kernel."""
    found: dict[str, Counter[str]] = {}
    for node, kernel in subject.kernels.items():
        found.setdefault(node.type, Counter())[kernel] += 1
    return found


def _counts(kernels: Counter[str]) -> dict[str, int]:
    return dict(sorted(kernels.items(), key=lambda item: (-item[1], item[0])))
