"""Arithmetic with two tensors."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F  # noqa: N812

from tests.opt.importer.pir.cases._case import Function, pair, picture

__all__: list[str] = []

I32 = "int32"
I64 = "int64"


def _broadcast(function: Function) -> Function:
    return lambda x, y: function(x[:, :1], y.mean([2, 3], keepdim=True))


for _name in ("add", "subtract", "multiply", "maximum", "minimum", "fmax", "fmin"):
    pair(_name, getattr(paddle, _name))
    pair(f"{_name}-broadcast", _broadcast(getattr(paddle, _name)))
pair("divide", paddle.divide, low=0.5)
pair("elementwise_pow", paddle.pow, low=0.5)
pair("remainder", lambda x, y: paddle.remainder(x.cast(I32), (y * 3).abs().cast(I32) + 1))
pair("remainder-float", lambda x, y: paddle.remainder(x, y), low=0.5)
pair("floor_divide", lambda x, y: paddle.floor_divide(x.cast(I64) * 5, y.abs().cast(I64) + 2))
pair("atan2", paddle.atan2)
pair("heaviside", paddle.heaviside)
pair("lerp", lambda x, y: paddle.lerp(x, y, 0.3))
pair("add_n", lambda x, y: paddle.add_n([x, y, x]))
pair("huber_loss", lambda x, y: F.smooth_l1_loss(x, y))
pair("bce_loss", lambda x, y: F.binary_cross_entropy(F.sigmoid(x), F.sigmoid(y)))
picture("label_smooth", lambda x: F.label_smooth(F.softmax(x)))
pair("cosine_similarity", lambda x, y: F.cosine_similarity(x, y, axis=1))
