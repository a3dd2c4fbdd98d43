"""Reductions, sorting and counting."""

from __future__ import annotations

import paddle

from tests.opt.importer.pir.cases._case import picture

__all__: list[str] = []

I32 = "int32"
I64 = "int64"

for _name in ("mean", "sum", "max", "min", "prod", "amax", "amin", "logsumexp"):
    _function = getattr(paddle, _name)
    picture(_name, lambda x, f=_function: f(x, axis=[2, 3], keepdim=True))
    picture(f"{_name}-all", lambda x, f=_function: f(x))
    picture(f"{_name}-one", lambda x, f=_function: f(x, axis=-1))
picture("sum-int", lambda x: x.cast(I32).sum(axis=1))
picture("mean-two", lambda x: x.mean(axis=[1, 3]))
picture("std", lambda x: x.std(axis=1))
picture("var", lambda x: x.var(axis=[2, 3], keepdim=True))
picture("median", lambda x: paddle.median(x, axis=1))
picture("all", lambda x: (x > -1.9).all(axis=1))
picture("any", lambda x: (x > 1.9).any(axis=[2, 3]))
picture("argmax", lambda x: (x.argmax(axis=1), x.argmax(axis=-1, keepdim=True), x.flatten(1).argmax(axis=1, dtype=I32)))
picture("argmin", lambda x: x.argmin(axis=1))
picture("argmax-all", lambda x: x.argmax())
picture("topk", lambda x: x.topk(2, axis=1))
picture("topk-small", lambda x: x.topk(3, largest=False))
picture("topk-tensor", lambda x: x.topk(paddle.shape(x)[2] - 5))
picture("argsort", lambda x: (x.argsort(axis=1), x.argsort(descending=True)))
picture("sort", lambda x: x.sort(axis=1))
picture("kthvalue", lambda x: paddle.kthvalue(x, 2, axis=1))
picture("mode", lambda x: paddle.mode(x.round(), axis=1)[0])
picture("cumsum", lambda x: (x.cumsum(axis=1), x.cumsum()))
picture("cumprod", lambda x: x.cumprod(1))
picture("cummax", lambda x: paddle.cummax(x, axis=1))
picture("nonzero", lambda x: paddle.nonzero(x > 0))
picture("unique", lambda x: paddle.unique(x.round()))
picture("count_nonzero", lambda x: paddle.count_nonzero(x > 0, axis=1))
picture("numel", lambda x: paddle.numel(x))
picture("bincount", lambda x: paddle.bincount(x.abs().cast(I64).flatten()))
picture("histogram", lambda x: paddle.histogram(x, 4, -2, 2))
picture("l1_norm", lambda x: paddle._C_ops.l1_norm(x))
picture("squared_l2_norm", lambda x: paddle._C_ops.squared_l2_norm(x))
picture("nansum", lambda x: paddle.nansum(x, axis=1))
picture("cummin", lambda x: paddle.cummin(x, axis=1))
picture("logcumsumexp", lambda x: paddle.logcumsumexp(x, axis=1))
