"""Dual path networks in PaddlePaddle.

A block sees the concatenation of two paths, adds one part of its result to the residual path and appends the other to
the dense path. Sublayers have the names that PaddleClas' networks have, since they are the keys of its state dicts:
``conv1_x_1_func``, ``dpn1`` and so on through all stages, ``conv5_x_x_bn``, ``out``.
"""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from oarlock_opt.zoo.dpn_spec import DPNSpec

__all__ = ["DPN"]


class _ConvNorm(nn.Layer):  # type: ignore[misc]
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self._conv = nn.Conv2D(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias_attr=False)
        self._batch_norm = nn.BatchNorm2D(out_channels)

    def forward(self, x: Any) -> Any:
        return F.relu(self._batch_norm(self._conv(x)))


class _NormConv(nn.Layer):  # type: ignore[misc]
    """Batch normalisation, ReLU, convolution."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self._batch_norm = nn.BatchNorm2D(in_channels)
        self._conv = nn.Conv2D(
            in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias_attr=False
        )

    def forward(self, x: Any) -> Any:
        return self._conv(F.relu(self._batch_norm(x)))


class _Block(nn.Layer):  # type: ignore[misc]
    """(residual, dense) to (residual, dense); the dense path grows by ``growth`` channels.

    A stage's first block ``projects``: both paths are made anew from its input by a 1x1 convolution, the dense one
    ``2 * growth`` wide, at the given stride.
    """

    def __init__(
        self, in_channels: int, residual: int, growth: int, bottleneck: int, groups: int, *, projects: bool, stride: int
    ) -> None:
        super().__init__()
        self._widths = [residual, growth]
        self._projected_widths = [residual, 2 * growth]
        self._projects = projects
        if projects:
            self.c1x1_w_func = _NormConv(in_channels, residual + 2 * growth, stride=stride)
        self.c1x1_a_func = _NormConv(in_channels, bottleneck)
        self.c3x3_b_func = _NormConv(bottleneck, bottleneck, kernel=3, stride=stride, groups=groups)
        self.c1x1_c_func = _NormConv(bottleneck, residual + growth)

    def forward(self, residual: Any, dense: Any) -> tuple[Any, Any]:
        both = residual if dense is None else paddle.concat([residual, dense], axis=1)
        if self._projects:
            residual, dense = paddle.split(self.c1x1_w_func(both), self._projected_widths, axis=1)
        branch = self.c1x1_c_func(self.c3x3_b_func(self.c1x1_a_func(both)))
        added, appended = paddle.split(branch, self._widths, axis=1)
        return residual + added, paddle.concat([dense, appended], axis=1)


class DPN(nn.Layer):  # type: ignore[misc]
    """float32 (N, 3, H, W) to logits (N, class_num)."""

    def __init__(self, spec: DPNSpec, class_num: int = 1000) -> None:
        super().__init__()
        self.conv1_x_1_func = _ConvNorm(3, spec.stem_channels, spec.stem_kernel, stride=2)
        self.pool2d_max = nn.MaxPool2D(kernel_size=3, stride=2, padding=1)

        channels = spec.stem_channels
        self._blocks: list[_Block] = []
        for stage, (count, residual, growth) in enumerate(zip(spec.blocks, spec.residual, spec.growth, strict=True)):
            for position in range(count):
                first = position == 0
                block = _Block(
                    channels,
                    residual,
                    growth,
                    bottleneck=spec.bottleneck << stage,
                    groups=spec.groups,
                    projects=first,
                    stride=2 if first and stage > 0 else 1,
                )
                self._blocks.append(self.add_sublayer(f"dpn{len(self._blocks) + 1}", block))
                channels = residual + (position + 3) * growth

        self.conv5_x_x_bn = nn.BatchNorm2D(channels)
        self.pool2d_avg = nn.AdaptiveAvgPool2D(1)
        self.out = nn.Linear(channels, class_num)

    def residual_kernels(self) -> list[str]:
        """Names in the state dict of the kernels whose results are added to a residual path."""
        return [f"dpn{number}.c1x1_c_func._conv.weight" for number in range(1, len(self._blocks) + 1)]

    def forward(self, x: Any) -> Any:
        """The logits."""
        residual, dense = self.pool2d_max(self.conv1_x_1_func(x)), None
        for block in self._blocks:
            residual, dense = block(residual, dense)
        features = F.relu(self.conv5_x_x_bn(paddle.concat([residual, dense], axis=1)))
        return self.out(paddle.flatten(self.pool2d_avg(features), start_axis=1))
