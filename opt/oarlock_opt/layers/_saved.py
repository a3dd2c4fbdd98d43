"""What reproduces one operator's answer: a .nb file of it alone, what it read, what it gave and what it should have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.layers._findings import Layer
from oarlock_opt.layers._nb_program import Op, Setting, input_for
from oarlock_opt.layers._subject import LayerSubject
from oarlock_opt.layers._walk import Arrived

__all__ = ["save"]


def save(subject: LayerSubject, op: Op, layer: Layer, arrived: Arrived, folder: Path) -> None:
    """Write into an existing folder.

    ``op.nb`` is the operator with its parameters: its inputs are named in ``op.json``, which has for each the file with
    the reference's values, and for each output the file with what the reference has and the file with what the operator
    gave; 8-bit numbers are as the engine has them. Where it could not be run alone, what it gave is from the run of the
    whole program, whose values are then its inputs. Raises OSError.
    """
    given = arrived.own or arrived.found
    read = arrived.given if arrived.own else arrived.found
    names = [name for name in dict.fromkeys(subject.program.variables_of(op)) if name in read]
    results = [name for name in op.results if name in given]
    settings = {name: Setting(read[name].dtype.name, read[name].ndim) for name in names}
    subject.program.forced([op], settings, results).write(folder / "op.nb")

    def keep(stem: str, number: int, arrays: Mapping[str, NDArray[Any]], name: str) -> str:
        file = f"{stem}-{number}.npy"
        np.save(folder / file, arrays[name], allow_pickle=False)
        return file

    facts = {
        "layer": layer.to_json(),
        "inputs": [
            {"name": input_for(name), "variable": _called(subject, name), "file": keep("input", number, read, name)}
            for number, name in enumerate(names)
        ],
        "outputs": [
            {
                "name": name,
                "variable": _called(subject, name),
                "found": keep("found", number, given, name),
                "expected": keep("expected", number, arrived.expected, name),
            }
            for number, name in enumerate(results)
        ],
    }
    (folder / "op.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _called(subject: LayerSubject, name: str) -> str:
    value = subject.values.get(name)
    return "" if value is None else value.name
