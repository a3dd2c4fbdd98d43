"""Operators that move, select or replace elements."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F  # noqa: N812

from tests.opt.importer.pir.cases._case import pair, picture, tokens

__all__: list[str] = []

F32 = "float32"
I32 = "int32"
I64 = "int64"

picture("reshape", lambda x: x.reshape([0, 2, -1]))
picture("reshape-batch", lambda x: x.reshape([paddle.shape(x)[0], 2, 32, 4]))
picture("reshape-tensor", lambda x: x.reshape(paddle.concat([paddle.shape(x)[:2], paddle.full([1], 64, I64)])))
picture("transpose", lambda x: x.transpose([0, 2, 3, 1]))
picture("flatten", lambda x: (x.flatten(), x.flatten(1), x.flatten(1, 2)))
picture("squeeze", lambda x: (x[:, :1].squeeze(1), x.mean([2, 3], keepdim=True).squeeze([2, 3])))
picture("unsqueeze", lambda x: (x.unsqueeze(1), x.unsqueeze([-1, 0])))
picture("split", lambda x: x.split([1, 3], axis=1))
picture("split-rest", lambda x: x.split([3, -1], axis=2))
picture("split_with_num", lambda x: x.split(2, axis=1))
picture("split_with_num-negative", lambda x: x.chunk(4, axis=-1))
pair("concat", lambda x, y: paddle.concat([x, y, x], axis=1))
pair("concat-tensor", lambda x, y: paddle.concat([x, y], axis=paddle.to_tensor(1, dtype=I32)))
pair("stack", lambda x, y: (paddle.stack([x, y], axis=1), paddle.stack([x, y], axis=-1)))
picture("unstack", lambda x: paddle.unstack(x, axis=1))
picture("unbind", lambda x: paddle.unbind(x, axis=1)[1:])
picture("slice", lambda x: (x[:, 1:3], x[:, :, -3:, ::1], x[:, 0], x[:, -1, 2]))
picture("slice-tensor", lambda x: x[:, :, : paddle.shape(x)[2] // 2])
picture("slice-all", lambda x: paddle.slice(x, [1, 2], [0, 1], [4, 2**31 - 1]))
picture("strided_slice", lambda x: (x[:, :, ::2, 1::2], x[:, :, ::-1]))
picture("strided_slice-tensor", lambda x: paddle.strided_slice(x, [2], [0], [paddle.shape(x)[2]], [2]))
picture("gather", lambda x: paddle.gather(x, paddle.to_tensor([1, 3, 1]), axis=1))
picture("gather-first", lambda x: paddle.gather(x, paddle.to_tensor([0])))
picture("gather_nd", lambda x: paddle.gather_nd(x, paddle.to_tensor([[0, 1], [0, 2]])))
picture("index_select", lambda x: paddle.index_select(x, paddle.to_tensor([2, 0]), axis=2))
picture("index_sample", lambda x: paddle.index_sample(x.flatten(1), x.flatten(1).argsort()[:, :3]))
picture("take_along_axis", lambda x: paddle.take_along_axis(x, x.argsort(axis=1), axis=1))
picture("put_along_axis", lambda x: paddle.put_along_axis(x, x[:, :1].argsort(1), 7.0, axis=1))
picture(
    "scatter", lambda x: paddle.scatter(x.transpose([1, 0, 2, 3]), paddle.to_tensor([1]), x.transpose([1, 0, 2, 3])[:1])
)
picture("scatter_nd_add", lambda x: paddle.scatter_nd_add(x[0, 0], paddle.to_tensor([[1], [1]]), x[0, 0, :2]))
picture("index_add", lambda x: paddle.index_add(x, paddle.to_tensor([1]), 1, x[:, :1]))
picture("masked_select", lambda x: paddle.masked_select(x, x > 0))
picture("masked_fill", lambda x: paddle.masked_fill(x, x > 0, -100.0))
picture("roll", lambda x: (x.roll(2, axis=2), x.roll([-1, 3], axis=[1, 3])))
picture("roll-tensor", lambda x: paddle.roll(x, paddle.shape(x)[1] - 1, axis=2))
picture("flip", lambda x: x.flip([2, 3]))
picture("rot90", lambda x: paddle.rot90(x, 1, [2, 3]))
picture("tile", lambda x: x.tile([1, 2, 1, 3]))
picture("tile-tensor", lambda x: x.tile([1, paddle.shape(x)[1], 1, 1]))
picture("expand", lambda x: x[:, :1].expand([-1, 5, -1, -1]))
tokens("expand-token", lambda x: paddle.create_parameter([1, 1, 8], F32).expand([paddle.shape(x)[0], -1, -1]) + x)
tokens("expand-rank", lambda x: paddle.create_parameter([1, 8], F32).expand([paddle.shape(x)[0], 6, 8]) + x)
pair("expand_as", lambda x, y: x[:, :1].expand_as(y))
pair("broadcast_tensors", lambda x, y: paddle.broadcast_tensors([x[:, :1], y]))
picture("pad", lambda x: paddle._C_ops.pad(x, [0, 0, 0, 0, 1, 2, 0, 3], 0.5))
picture("pad3d", lambda x: F.pad(x, [1, 2, 0, 3], value=0.5))
picture("pad3d-reflect", lambda x: F.pad(x, [1, 2, 0, 3], mode="reflect"))
picture("pad3d-replicate", lambda x: F.pad(x, [1, 2, 0, 3], mode="replicate"))
picture("pad3d-tensor", lambda x: F.pad(x, (paddle.shape(x)[:1] * 0 + 1).cast(I32).tile([4])))
picture("pad-all", lambda x: F.pad(x, [0, 0, 1, 1, 0, 0, 2, 0]))
tokens("pad-tokens", lambda x: F.pad(x, [1, 1], data_format="NCL"))
picture("shape", lambda x: paddle.shape(x))
picture("shape64", lambda x: (paddle.shape(x)[0] * 2, paddle.shape(x)[2:] + 1))
picture("meshgrid", lambda x: paddle.meshgrid(x[0, 0, 0], paddle.arange(3, dtype=F32)))
picture("repeat_interleave", lambda x: paddle.repeat_interleave(x, 2, axis=1))
picture("crop", lambda x: paddle.crop(x, [-1, 2, 4, 4], [0, 1, 2, 2]))
picture("shuffle_channel", lambda x: paddle._C_ops.shuffle_channel(x, 2))
picture("tensor_split", lambda x: paddle.tensor_split(x, 3, axis=2))
picture("index-tensor", lambda x: x[:, paddle.to_tensor([2, 0, 1, 3])])
picture("index-tensors", lambda x: x[:, paddle.to_tensor([2, 0]), paddle.to_tensor([1, 5])])
picture("index-mask", lambda x: x[x > 0.5])
picture("reverse", lambda x: paddle._C_ops.reverse(x, [1]))
picture("searchsorted", lambda x: paddle.searchsorted(paddle.arange(8, dtype=F32), x[0, 0]))
picture("vsplit", lambda x: paddle.hsplit(x, 2))
picture("ndim", lambda x: x.reshape([x.shape[1], -1]).swapaxes(0, 1))


def _set(x: Any, index: Any, value: Any) -> Any:
    return paddle.static.setitem(x, index, value)


picture("set_value", lambda x: _set(x, (slice(None), slice(0, 1)), 1.0))
picture("set_value-step", lambda x: _set(x, (slice(None), slice(None), slice(0, 8, 2)), -1.0))
picture("set_value-index", lambda x: _set(x, (slice(None), 2), 3.0))
picture("set_value_with_tensor", lambda x: _set(x, (slice(None), slice(1, 2)), x[:, :1] * 2))
picture("set_value_with_tensor-index", lambda x: _set(x, (slice(None), 1), x[:, 0]))
picture(
    "set_value_with_tensor-window",
    lambda x: _set(paddle.zeros([1, 8, 8, 1]), (slice(None), slice(0, -3), slice(-3, -1)), 2.0) + x[:, 0].unsqueeze(-1),
)
picture("set_value-bounds", lambda x: _set(x, (slice(None), slice(None), slice(0, paddle.shape(x)[2] - 4)), 0.0))
for _dtype in ("int32", "int64", "bool", "float64", "float16"):
    picture(f"set_value-{_dtype}", lambda x, d=_dtype: _set(x.cast(d), (slice(None), slice(1, 3)), 1))
