"""Files with drawings."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from oarlock._files import write_atomically
from oarlock.errors import InvalidArgumentError, MissingPackageError, OarlockError
from oarlock_opt.inspection.drawing._blocks import blocks_of, edges_of
from oarlock_opt.inspection.drawing._dot import dot
from oarlock_opt.inspection.macs import macs_by_node
from oarlock_opt.inspection.shapes import shapes_at
from oarlock_opt.inspection.subject import Subject

__all__ = ["FORMATS", "DrawingError", "draw"]

FORMATS = (".svg", ".png", ".dot")
"""The suffixes that choose a format; the last needs no Graphviz."""

_SECONDS = 300.0
_SAID = 500  # characters of what Graphviz printed


class DrawingError(OarlockError):
    """Graphviz is there, and did not draw."""

    default_code = "OAR-DRAWING"


def draw(subject: Subject, drawing: Path, *, batch: int = 1, full: bool = False) -> dict[str, Any]:
    """Draw a model with shapes for a batch; the file is complete or as it was.

    Returns ``graph`` of docs/schema/inspect.schema.json. Raises InvalidArgumentError for a suffix that is none of
    FORMATS, MissingPackageError where Graphviz is needed and not installed, DrawingError and OSError.
    """
    suffix = drawing.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidArgumentError(f"{drawing}: ends in {suffix or 'no suffix'!r}, expected {', '.join(FORMATS)}")
    program = None if suffix == ".dot" else _graphviz(drawing)
    shapes = shapes_at(subject, batch)
    blocks = blocks_of(subject.graph, full=full)
    edges = edges_of(subject.graph, blocks)
    text = dot(subject, blocks, edges, shapes, macs_by_node(subject.graph, shapes)).encode("utf-8", "replace")
    write_atomically(drawing, text if program is None else _render(program, text, suffix, drawing))
    return {"file": str(drawing), "format": suffix[1:], "boxes": len(blocks), "edges": len(edges)}


def _graphviz(drawing: Path) -> str:
    program = shutil.which("dot")
    if program is None:
        raise MissingPackageError(
            f"{drawing}: needs Graphviz, whose program dot is not on PATH. On Debian and Ubuntu: sudo apt-get install "
            f"graphviz. Or draw it elsewhere: --graph {drawing.with_suffix('.dot')} needs none."
        )
    return program


def _render(program: str, text: bytes, suffix: str, drawing: Path) -> bytes:
    try:
        done = subprocess.run(
            [program, f"-T{suffix[1:]}"], input=text, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DrawingError(
            f"{drawing}: Graphviz did not finish within {_SECONDS:.0f} s; {drawing.with_suffix('.dot')} leaves the "
            "layout to a tool of yours"
        ) from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SAID:] or "nothing"
        raise DrawingError(f"{drawing}: Graphviz ended with status {done.returncode} and said: {said}")
    return done.stdout
