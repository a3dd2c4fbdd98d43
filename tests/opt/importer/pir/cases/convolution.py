"""Convolutions."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from tests.opt.importer.pir.cases._case import picture

__all__: list[str] = []


picture("conv2d", lambda x: nn.Conv2D(4, 6, 3, stride=2, padding=1)(x))
picture("conv2d-groups", lambda x: nn.Conv2D(4, 6, 3, groups=2, dilation=2, padding=[1, 2])(x))
picture("conv2d-same", lambda x: nn.Conv2D(4, 6, 3, stride=2, padding="SAME", bias_attr=False)(x))
picture("conv2d-four", lambda x: nn.Conv2D(4, 6, 3, stride=2, padding=[0, 1, 0, 1])(x))
picture("depthwise_conv2d", lambda x: nn.Conv2D(4, 4, 3, groups=4, padding=1)(x))
picture("conv2d_transpose", lambda x: nn.Conv2DTranspose(4, 6, 3, stride=2, padding=1, output_padding=1)(x))
picture("conv2d_transpose-size", lambda x: nn.Conv2DTranspose(4, 6, 3, stride=2)(x, output_size=[18, 18]))
picture("depthwise_conv2d_transpose", lambda x: nn.Conv2DTranspose(4, 4, 4, stride=2, padding=1, groups=4)(x))
picture("conv3d", lambda x: nn.Conv3D(1, 2, 3, padding=1)(x.unsqueeze(1)))
picture("conv1d", lambda x: nn.Conv1D(4, 6, 3, padding=1)(x.flatten(2)))


def _deformable(x: Any, masked: bool) -> Any:
    offset = nn.Conv2D(4, 18, 3, padding=1)(x)
    mask = F.sigmoid(nn.Conv2D(4, 9, 3, padding=1)(x)) if masked else None
    return paddle.vision.ops.DeformConv2D(4, 6, 3, padding=1)(x, offset, mask)


picture("deformable_conv", lambda x: _deformable(x, True))
picture("deformable_conv-plain", lambda x: _deformable(x, False))
picture("conv3d_transpose", lambda x: nn.Conv3DTranspose(1, 2, 2, stride=2)(x.unsqueeze(1)))
picture("conv2d_bias-transposed", lambda x: nn.Conv2D(4, 6, 1, data_format="NHWC")(x.transpose([0, 2, 3, 1])))
