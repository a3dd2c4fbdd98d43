"""Convolutions that the table alone does not convert."""

from __future__ import annotations

from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._generic import generic
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []


@handler("deformable_conv")
def deformable_conv(call: Call) -> None:
    """A convolution whose samples have offsets; the one without weights of the samples is an operator of its own."""
    generic(call, type="" if call.optional("mask") is not None else "deformable_conv_v1")
