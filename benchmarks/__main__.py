"""Runs the benchmarks named, or all, and prints a line for each ratio; exit status 1 when a limit is broken."""

from __future__ import annotations

import importlib
import sys

_NAMES = (
    "classify",
    "frames",
    "imports",
    "inspect",
    "isolation",
    "open_bundle",
    "opt",
    "pictures",
    "pir",
    "predict",
    "reference",
    "session",
    "verify",
)


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in _NAMES]:
        print(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(_NAMES)}", file=sys.stderr)
        return 2
    ratios = [ratio for name in names or _NAMES for ratio in importlib.import_module(f"benchmarks.{name}").run()]
    for ratio in ratios:
        limit = "" if ratio.limit is None else f", limit {ratio.limit:g}{'' if ratio.ok else ', BROKEN'}"
        print(
            f"{ratio.name}: {ratio.ratio:.3f}{limit}  "
            f"({ratio.ours}: {ratio.ours_ms:.2f} {ratio.unit}; {ratio.theirs}: {ratio.theirs_ms:.2f} {ratio.unit})"
        )
    return 0 if all(ratio.ok for ratio in ratios) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
