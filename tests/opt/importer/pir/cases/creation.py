"""Operators that make tensors, and conversions of their types."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from tests.opt.importer.pir.cases._case import Input, add, picture

__all__: list[str] = []

F32 = "float32"
I32 = "int32"
I64 = "int64"
BOOL = "bool"

picture("full", lambda x: (x + paddle.full([4, 1, 1], 0.25), paddle.full([2, 3], 7, I64), paddle.full([2], True, BOOL)))
picture("full-special", lambda x: paddle.maximum(x, paddle.full([8], float("-inf"))))
picture(
    "full-precise", lambda x: (paddle.full([2], 2**40 + 1, I64) + paddle.shape(x)[0], paddle.full([2], 0.1, "float64"))
)
picture("full_scalar", lambda x: x + paddle.full([], 2.0))
picture("full_like", lambda x: (paddle.full_like(x, 3), paddle.zeros_like(x), paddle.ones_like(x, dtype=I64)))
picture("full_with_tensor", lambda x: paddle.full([paddle.shape(x)[0], 3], 1.5))
picture("full_with_tensor-value", lambda x: paddle.full(paddle.shape(x), 0.5) * x)
picture("full_batch_size_like", lambda x: paddle._C_ops.full_batch_size_like(
    x, [-1, 3], paddle.float32, 2.0, 0, 0, paddle.CPUPlace()))  # fmt: skip
picture("assign", lambda x: paddle.assign(x))
picture("assign_value_", lambda x: x[:, :, :2, :2] + paddle.to_tensor([[1.5, 2.0], [3.0, float("-inf")]]))
picture(
    "assign_value_-ints", lambda x: (paddle.to_tensor([1, 2, 3]) + paddle.shape(x)[0], paddle.to_tensor([True, False]))
)
picture("arange", lambda x: (paddle.arange(5), x + paddle.arange(0, 4, 0.5), paddle.arange(0, 6, 2, dtype=I32)))
picture("arange-tensor", lambda x: paddle.arange(paddle.shape(x)[2]))
picture("linspace", lambda x: x + paddle.linspace(0, 1, 8))
picture("eye", lambda x: x @ paddle.eye(8))
picture("tril", lambda x: (paddle.tril(x), paddle.tril(x, -1)))
picture("triu", lambda x: paddle.triu(x, 1))
picture("tril_indices", lambda x: paddle.tril_indices(4, 4, 0) + paddle.shape(x)[0])
add("one_hot", lambda x: F.one_hot(x, 5), x=Input((None, 3), I64, 0, 5))
add("embedding", lambda x: nn.Embedding(10, 4)(x), x=Input((None, 3), I64, 0, 10))
add("embedding-padding", lambda x: nn.Embedding(10, 4, padding_idx=0)(x), x=Input((None, 3), I64, 0, 10))
picture("cast", lambda x: (x.cast(I32), x.cast("float64"), x.cast(BOOL), x.cast("uint8"), x.cast("float16").cast(F32)))
picture("where", lambda x: paddle.where(x > 0, x, x * 2))
picture("where-scalar", lambda x: paddle.where(x > 0, x, paddle.zeros([1])))
picture("increment", lambda x: paddle._C_ops.increment(x.sum().reshape([1]), 2.0))
picture("share_data", lambda x: paddle._C_ops.share_data_(x))
picture("memcpy", lambda x: paddle._C_ops.memcpy(x, 0) * 2)
for _dtype in ("int8", "uint8", "float64"):
    picture(
        f"assign_value_-{_dtype}", lambda x, d=_dtype: x[:, :, :, 0:2].cast(d) + paddle.to_tensor([3, 100], dtype=d)
    )
    picture(f"full-{_dtype}", lambda x, d=_dtype: x.cast(d) + paddle.full([8], 7, d))
picture("assign_value_-precise", lambda x: x[:, :, :, :2].cast("float64") + paddle.to_tensor([0.1, 1 / 3], "float64"))
