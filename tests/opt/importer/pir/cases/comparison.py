"""Comparisons and logic."""

from __future__ import annotations

import paddle

from tests.opt.importer.pir.cases._case import Function, pair, picture

__all__: list[str] = []

I32 = "int32"


def _on(prepare: Function, function: Function) -> Function:
    return lambda x, y: function(prepare(x), prepare(y))


for _name in ("equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"):
    pair(_name, _on(lambda x: x.round(), getattr(paddle, _name)))
for _name in ("logical_and", "logical_or", "logical_xor"):
    pair(_name, _on(lambda x: x > 0, getattr(paddle, _name)))
picture("logical_not", lambda x: paddle.logical_not(x > 0))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    pair(_name, _on(lambda x: x.cast(I32), getattr(paddle, _name)))
picture("bitwise_not", lambda x: paddle.bitwise_not(x.cast(I32)))
pair("equal_all", lambda x, y: paddle.equal_all(x, y))
pair("allclose", lambda x, y: paddle.allclose(x + y, y + x))
pair("isclose", lambda x, y: paddle.isclose(x, x + y * 1e-7))
