"""Linear algebra."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from tests.opt.importer.pir.cases._case import pair, tokens

__all__: list[str] = []

F32 = "float32"

pair("matmul", lambda x, y: paddle.matmul(x, y, transpose_y=True))
tokens("matmul-linear", lambda x: nn.Linear(8, 3)(x))
tokens("matmul-vector", lambda x: paddle.matmul(x, paddle.arange(8, dtype=F32)))
tokens("bmm", lambda x: paddle.bmm(x, x.transpose([0, 2, 1])))
tokens("addmm", lambda x: paddle.addmm(paddle.ones([6, 6]), x[0], x[0].t(), 0.5, 2.0))
tokens("einsum", lambda x: paddle.einsum("bij,bkj->bik", x, x))
tokens("einsum-contract", lambda x: paddle.einsum("bij,jk->bik", x, paddle.ones([8, 3])))
tokens("baddbmm", lambda x: paddle.baddbmm(paddle.ones([1, 6, 6]), x, x.transpose([0, 2, 1])))
tokens("mv", lambda x: paddle.mv(x[0], paddle.ones([8])))
tokens("dot", lambda x: paddle.dot(x[:, 0], x[:, 1]))
tokens("outer", lambda x: paddle.outer(x[0, 0], x[0, 1]))
tokens("kron", lambda x: paddle.kron(x[0], paddle.ones([2, 2])))
tokens("cross", lambda x: paddle.cross(x[:, :, :3], x[:, :, 3:6], axis=2))
tokens("bilinear", lambda x: nn.Bilinear(8, 8, 3)(x[:, 0], x[:, 1]))
tokens("trace", lambda x: paddle.trace(x, axis1=1, axis2=2))
tokens("diag", lambda x: paddle.diag(x[0, 0]))
tokens("diagonal", lambda x: paddle.diagonal(x, axis1=1, axis2=2))
tokens("diag_embed", lambda x: paddle.diag_embed(x))
tokens("dist", lambda x: paddle.dist(x, x * 2, 2))
tokens("scaled_dot_product", lambda x: F.scaled_dot_product_attention(*[x.reshape([-1, 6, 2, 4])] * 3, is_causal=True))
tokens("spectral_norm", lambda x: x @ nn.SpectralNorm([8, 8], dim=1)(paddle.create_parameter([8, 8], "float32")))
