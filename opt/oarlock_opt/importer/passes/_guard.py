"""What happens when a pass meets an operator that is not what its type promises.

Readers check that a graph is one. They do not check that each operator of some hundred types has the inputs, attributes
and shapes that PaddlePaddle insisted on when the model was built: those that passes look at are found wanting there, by
the errors of Python's own lookups and of numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from oarlock_opt.errors import BadGraphError
from oarlock_opt.importer.graph import Node

__all__ = ["refusing_malformed"]

_SYMPTOMS = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, MemoryError)


@contextmanager
def refusing_malformed(name: str) -> Iterator[None]:
    """While the pass ``name`` runs, have an error of Python's become a BadGraphError that names the operator."""
    try:
        yield
    except _SYMPTOMS as error:
        node = _last_node(error.__traceback__)
        what = "an operator" if node is None else f"the operator {node.type} ({node.origin})"
        detail = " ".join(f"{type(error).__name__} {error}".split())[:200]
        raise BadGraphError(
            f"{what} is not as PaddlePaddle writes it: the pass {name} cannot make sense of its inputs, attributes or "
            f"shapes ({detail}). The program is damaged or was edited; if PaddlePaddle runs it, please report it.",
            op="" if node is None else node.type,
            attribute=error.args[0] if isinstance(error, KeyError) and isinstance(error.args[0], str) else "",
        ) from error


def _last_node(traceback: TracebackType | None) -> Node | None:
    """The node that the innermost function, of those that have one, was looking at."""
    found = None
    while traceback is not None:
        node = traceback.tb_frame.f_locals.get("node")
        if isinstance(node, Node):
            found = node
        traceback = traceback.tb_next
    return found
