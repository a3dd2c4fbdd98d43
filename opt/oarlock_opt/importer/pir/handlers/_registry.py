"""Which function converts which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from oarlock_opt.importer.pir._call import Call

__all__ = ["HANDLERS", "Handler", "handler"]

Handler: TypeAlias = Callable[[Call], None]

HANDLERS: dict[str, Handler] = {}
"""By the operator's name without the dialect and without the underscore of those that write over their input."""


def handler(*names: str) -> Callable[[Handler], Handler]:
    """Register a function for operators."""

    def register(function: Handler) -> Handler:
        for name in names:
            assert name not in HANDLERS, name
            HANDLERS[name] = function
        return function

    return register
