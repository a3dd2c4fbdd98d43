"""Functions of single elements."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from tests.opt.importer.pir.cases._case import picture

__all__: list[str] = []

I32 = "int32"
I64 = "int64"

for _name, _function in {
    "relu": F.relu, "relu6": F.relu6, "hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid, "silu": F.silu,
    "swish": F.swish, "gelu": F.gelu, "leaky_relu": lambda x: F.leaky_relu(x, 0.1), "elu": lambda x: F.elu(x, 0.7),
    "selu": F.selu, "celu": lambda x: F.celu(x, 0.8), "mish": F.mish, "sigmoid": F.sigmoid, "tanh": F.tanh,
    "softmax": lambda x: F.softmax(x, axis=1), "log_softmax": F.log_softmax, "logsigmoid": F.log_sigmoid,
    "softplus": lambda x: F.softplus(x, 1.5, 10.0), "softsign": F.softsign, "tanh_shrink": F.tanhshrink,
    "softshrink": lambda x: F.softshrink(x, 0.4), "hardshrink": lambda x: F.hardshrink(x, 0.4),
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 0.8), "thresholded_relu": lambda x: F.thresholded_relu(x, 0.6),
    "stanh": lambda x: paddle.stanh(x, 0.6, 1.5), "maxout": lambda x: F.maxout(x, 2),
    "glu": lambda x: F.glu(x, axis=1), "exp": paddle.exp, "expm1": paddle.expm1, "square": paddle.square,
    "abs": paddle.abs, "floor": paddle.floor, "ceil": paddle.ceil, "round": paddle.round, "sin": paddle.sin,
    "cos": paddle.cos, "tan": paddle.tan, "sinh": paddle.sinh, "cosh": paddle.cosh, "asinh": paddle.asinh,
    "atan": paddle.atan, "erf": paddle.erf, "sign": paddle.sign, "trunc": paddle.trunc, "neg": paddle.neg,
    "logit": lambda x: paddle.logit(F.sigmoid(x), 1e-6), "isfinite": paddle.isfinite, "isnan": paddle.isnan,
}.items():  # fmt: skip
    picture(_name, _function)
for _name, _function in {
    "sqrt": paddle.sqrt, "rsqrt": paddle.rsqrt, "log": paddle.log, "log2": paddle.log2, "log10": paddle.log10,
    "log1p": paddle.log1p, "reciprocal": paddle.reciprocal, "pow": lambda x: x**2.5, "pow-square": lambda x: x**2,
    "acosh": lambda x: paddle.acosh(x + 1),
}.items():  # fmt: skip
    picture(_name, _function, low=0.5)
for _name, _function in {"acos": paddle.acos, "asin": paddle.asin, "atanh": paddle.atanh}.items():
    picture(_name, _function, low=-0.9, high=0.9)
picture("gelu-tanh", lambda x: F.gelu(x, approximate=True))
picture("prelu", lambda x: nn.PReLU(4)(x))
picture("prelu-one", lambda x: nn.PReLU(1)(x))
picture("rrelu", lambda x: F.rrelu(x, training=False))
picture("dropout", lambda x: F.dropout(x, 0.3, training=False))
picture("dropout-scaled", lambda x: F.dropout(x, 0.3, training=False, mode="downscale_in_infer"))
picture("clip", lambda x: paddle.clip(x, -0.5, 1.0))
picture("clip-low", lambda x: paddle.clip(x, min=0.1))
picture("clip-tensors", lambda x: paddle.clip(x, x.min(), x.max() * 0.5))
picture("scale", lambda x: paddle.scale(x, 2.0, 1.0, bias_after_scale=False))
picture("scale-tensor", lambda x: paddle.scale(x, x.max(), 1.0))
picture("scale-int", lambda x: (x.cast(I64) * 3 + 1, x.cast(I32) - 2))
picture("isinf", paddle.isinf)
picture("swiglu", lambda x: paddle.incubate.nn.functional.swiglu(x))
picture("rint", lambda x: paddle.round(x, 1))
