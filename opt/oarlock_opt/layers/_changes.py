"""What of an operator is not what the optimiser makes of the source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from oarlock_opt.layers._nb_file import NbFile, attributes
from oarlock_opt.layers._nb_program import Op

__all__ = ["changed_attributes", "changed_parameters"]


def changed_attributes(op: Op, twin: Op) -> Iterator[str]:
    """A sentence for the type and for each attribute that differs from the twin's."""
    if op.type != twin.type:
        yield f"it is {twin.type} in what the source gives"
        return
    mine, its = attributes(op.record), attributes(twin.record)
    for name in sorted(mine.keys() | its.keys()):
        if mine.get(name) != its.get(name):
            yield f"its {name} is {mine.get(name, 'missing')}, and {its.get(name, 'missing')} in what the source gives"


def changed_parameters(file: NbFile, twin: NbFile) -> dict[str, str]:
    """A sentence for each parameter whose stored bytes differ from those of the twin's, by its name."""
    its = twin.parameters
    return {
        name: f"its {name} differs from what the source gives in {_different(entry, its[name])}"
        for name, entry in file.parameters.items()
        if name in its and entry != its[name]
    }


def _different(entry: memoryview, other: memoryview) -> str:
    if len(entry) != len(other):
        return "size"
    bytes_ = np.frombuffer(entry, np.uint8) != np.frombuffer(other, np.uint8)
    count = int(np.count_nonzero(bytes_))
    return f"{count} of {len(entry)} bytes"
