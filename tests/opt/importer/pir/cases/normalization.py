"""Normalisations."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from tests.opt.importer.pir.cases._case import picture, tokens

__all__: list[str] = []


def _batch_norm(x: Any, **options: Any) -> Any:
    layer = nn.BatchNorm2D(4, **options)
    layer.eval()
    return layer(x)


picture("batch_norm_", lambda x: _batch_norm(x))
picture("batch_norm_-bare", lambda x: _batch_norm(x, weight_attr=False, bias_attr=False, epsilon=1e-3))
tokens("layer_norm", lambda x: nn.LayerNorm(8)(x))
tokens("layer_norm-bare", lambda x: nn.LayerNorm([6, 8], weight_attr=False, bias_attr=False)(x))
picture("group_norm", lambda x: nn.GroupNorm(2, 4)(x))
picture("group_norm-bare", lambda x: nn.GroupNorm(2, 4, weight_attr=False, bias_attr=False)(x))
picture("instance_norm", lambda x: nn.InstanceNorm2D(4)(x))
picture("instance_norm-bare", lambda x: nn.InstanceNorm2D(4, weight_attr=False, bias_attr=False)(x))
picture("p_norm", lambda x: x.norm(p=2, axis=1, keepdim=True))
picture("p_norm-all", lambda x: paddle.norm(x, p=1, axis=2))
picture("normalize", lambda x: F.normalize(x, axis=1))
picture("local_response_norm", lambda x: F.local_response_norm(x, 3))
picture("frobenius_norm", lambda x: paddle.linalg.norm(x, p="fro", axis=[2, 3]))
picture("affine_channel", lambda x: paddle._C_ops.affine_channel(x, paddle.ones([4]) * 2, paddle.ones([4]), "NCHW"))
