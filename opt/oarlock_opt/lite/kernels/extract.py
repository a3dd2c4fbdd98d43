"""Writes the list of a version's kernels: ``python -m oarlock_opt.lite.kernels.extract 2.12 path/to/lite.so``.

The library is the one for x86 of the PyPI package paddlelite, which ``oarlock lite install`` puts where
``oarlock lite list --json`` says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from oarlock_opt.lite.kernels._symbols import registered
from oarlock_opt.lite.kernels._table import KernelTable, path

__all__ = ["extract", "text"]


def extract(library: Path, version: str) -> KernelTable:
    """The table of a full library for x86. Raises OSError and ValueError."""
    return KernelTable(version, registered(library))


def text(table: KernelTable) -> str:
    """The table as its file holds it: an operator a line, so that versions can be compared."""
    data = table.to_json()
    operators = data.pop("operators")
    head = json.dumps(data)[:-1]
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(places)}" for name, places in operators.items())
    return f'{head}, "operators": {{\n{lines}\n}}}}\n'


def main(version: str, library: Path) -> None:
    path(version).write_text(text(extract(library, version)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
