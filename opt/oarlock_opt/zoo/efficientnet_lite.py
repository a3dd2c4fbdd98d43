"""EfficientNet-Lite in PaddlePaddle, with TensorFlow's "same" padding, which its published weights expect."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F  # noqa: N812
from paddle import nn

from oarlock_opt.zoo.efficientnet_lite_spec import HEAD_CHANNELS, STEM_CHANNELS, EfficientNetLiteSpec, stages

__all__ = ["EfficientNetLite"]

# As in the published weights' training. Paddle's momentum is the share of the old value, as TensorFlow's is.
_EPSILON = 1e-3
_MOMENTUM = 0.99


class _ConvNorm(nn.Layer):  # type: ignore[misc]
    """Convolution with "same" padding for inputs of ``side`` pixels, batch normalisation, ReLU6 where ``activates``."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        side: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        depthwise: bool = False,
        activates: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2D(
            in_channels,
            out_channels,
            kernel,
            stride,
            padding=_same_padding(side, kernel, stride),
            groups=in_channels if depthwise else 1,
            bias_attr=False,
        )
        self.norm = nn.BatchNorm2D(out_channels, momentum=_MOMENTUM, epsilon=_EPSILON)
        self._activates = activates

    def forward(self, x: Any) -> Any:
        x = self.norm(self.conv(x))
        return F.relu6(x) if self._activates else x


class _InvertedResidual(nn.Layer):  # type: ignore[misc]
    """Expand by 1x1, filter each channel, project by 1x1; the input is added where the shapes agree."""

    def __init__(
        self, in_channels: int, out_channels: int, side: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.expand = _ConvNorm(in_channels, inner, side) if expansion > 1 else nn.Identity()
        self.depthwise = _ConvNorm(inner, inner, side, kernel=kernel, stride=stride, depthwise=True)
        self.project = _ConvNorm(inner, out_channels, _reduced(side, stride), activates=False)
        self.adds_input = stride == 1 and in_channels == out_channels

    def forward(self, x: Any) -> Any:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.adds_input else y


class EfficientNetLite(nn.Layer):  # type: ignore[misc]
    """float32 (N, 3, side, side) to logits (N, class_num); ``side`` is the spec's, the paddings are made for it."""

    def __init__(self, spec: EfficientNetLiteSpec, class_num: int = 1000) -> None:
        super().__init__()
        self.stem = _ConvNorm(3, STEM_CHANNELS, spec.side, kernel=3, stride=2)
        channels, side = STEM_CHANNELS, _reduced(spec.side, 2)
        blocks = []
        for stage in stages(spec):
            for position in range(stage.repeats):
                stride = stage.stride if position == 0 else 1
                blocks.append(
                    _InvertedResidual(
                        channels, stage.channels, side, kernel=stage.kernel, stride=stride, expansion=stage.expansion
                    )
                )
                channels, side = stage.channels, _reduced(side, stride)
        self.blocks = nn.Sequential(*blocks)
        self.head = _ConvNorm(channels, HEAD_CHANNELS, side)
        self.pool = nn.AdaptiveAvgPool2D(1)
        self.classifier = nn.Linear(HEAD_CHANNELS, class_num)

    def residual_kernels(self) -> list[str]:
        """Names in the state dict of the kernels whose results are added to a residual path."""
        return [f"blocks.{index}.project.conv.weight" for index, block in enumerate(self.blocks) if block.adds_input]

    def forward(self, x: Any) -> Any:
        """The logits."""
        features = self.pool(self.head(self.blocks(self.stem(x))))
        return self.classifier(paddle.flatten(features, start_axis=1))


def _reduced(side: int, stride: int) -> int:
    return -(-side // stride)


def _same_padding(side: int, kernel: int, stride: int) -> int | list[int]:
    """Paddle's padding [top, bottom, left, right]; the odd pixel goes to the bottom and the right."""
    total = max((_reduced(side, stride) - 1) * stride + kernel - side, 0)
    before, after = total // 2, total - total // 2
    return before if before == after else [before, after, before, after]
