"""Comparisons that the table alone does not convert."""

from __future__ import annotations

from oarlock_opt.importer.graph import Attr, AttrKind
from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._generic import generic
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []


@handler("allclose", "isclose")
def close(call: Call) -> None:
    """Equality within tolerances, which the legacy operators have as text."""
    tolerances = {
        name: Attr(AttrKind.STRING, repr(float(call.scalar(name))))
        for name in ("rtol", "atol")
        if call.constant(name) is not None
    }
    generic(call, attrs=tolerances)
