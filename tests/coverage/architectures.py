"""The networks that are tried: those that ship inside PaddlePaddle, the zoo's, and those of a file that is named.

A file of one's own defines ``MODELS``, a mapping of names to functions that build a paddle.nn.Layer, and may define
``INPUTS``, a mapping of names to input shapes without the batch.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock_opt import zoo

__all__ = ["FAST", "VISION", "Architecture", "find", "names"]

VISION = (
    "alexnet", "densenet121", "densenet161", "densenet169", "densenet201", "densenet264", "googlenet", "inception_v3",
    "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "resnet18", "resnet34", "resnet50",
    "resnet101", "resnet152", "resnext50_32x4d", "resnext50_64x4d", "resnext101_32x4d", "resnext101_64x4d",
    "resnext152_32x4d", "resnext152_64x4d", "wide_resnet50_2", "wide_resnet101_2", "shufflenet_v2_x0_25",
    "shufflenet_v2_x0_33", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0",
    "shufflenet_v2_swish", "squeezenet1_0", "squeezenet1_1", "vgg11", "vgg13", "vgg16", "vgg19",
)  # fmt: skip
"""The image classifiers of paddle.vision.models."""

FAST = ("mobilenet_v3_small", "shufflenet_v2_x0_25", "squeezenet1_1", "EfficientNetLite0")
"""One network of each kind of trouble, all of them small, for the tests of every day."""

_INPUT = (3, 224, 224)
_INPUTS = {"inception_v3": (3, 299, 299)}


@dataclass(frozen=True)
class Architecture:
    """A network: its name, the input's shape without the batch, and the function that builds it."""

    name: str
    input_shape: tuple[int, ...]
    build: Callable[[], Any]


def names(own: Path | None = None) -> list[str]:
    """Every name, those of the user's file alone where one is given."""
    return [*VISION, *zoo.names()] if own is None else list(_read(own)[0])


def find(name: str, own: Path | None = None) -> Architecture:
    """The architecture of a name that ``names`` gives. Imports PaddlePaddle when it is built, not before."""
    if own is not None:
        builders, shapes = _read(own)
        return Architecture(name, tuple(shapes.get(name, _INPUT)), builders[name])
    if name in VISION:
        return Architecture(name, _INPUTS.get(name, _INPUT), lambda: _vision(name))
    entry = zoo.get(name)
    return Architecture(name, entry.input_shape[1:], entry.build)


def _vision(name: str) -> Any:
    import paddle.vision.models

    return getattr(paddle.vision.models, name)(pretrained=False)


def _read(own: Path) -> tuple[Mapping[str, Callable[[], Any]], Mapping[str, tuple[int, ...]]]:
    content = runpy.run_path(str(own))
    return content["MODELS"], content.get("INPUTS", {})
