"""Pooling that the table alone does not convert."""

from __future__ import annotations

from oarlock_opt.importer.graph import Attr, AttrKind
from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._generic import generic
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []


@handler("unpool")
def unpool(call: Call) -> None:
    """The reverse of max pooling; the legacy operator could have known other kinds."""
    generic(call, attrs={"unpooling_type": Attr(AttrKind.STRING, "max")})
