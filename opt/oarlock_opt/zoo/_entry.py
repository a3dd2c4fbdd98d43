"""What the zoo knows about one model, without PaddlePaddle."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from oarlock._pypi import PinnedFile
from oarlock.preprocess import PreprocessSpec
from oarlock_opt.zoo import _labels

__all__ = ["COUNTS_FILE", "IMAGENET_CLASSES", "Entry", "Pretrained", "State"]

State = dict[str, np.ndarray[Any, np.dtype[Any]]]
"""A state dict: values by the name of the parameter or batch-norm statistic."""

COUNTS_FILE = Path(__file__).with_name("counts.json")
"""Parameters and multiply-accumulates by model, written by ``python -m oarlock_opt.zoo.count``."""

IMAGENET_CLASSES = 1000


@dataclass(frozen=True)
class Pretrained:
    """Weights that PyPI serves: a pinned wheel and the torch file inside it."""

    wheel: PinnedFile
    member: str


@dataclass(frozen=True)
class Entry:
    """A model of the zoo.

    ``input_shape`` is (-1, 3, height, width), float32, the batch free. ``top1`` and ``top5`` are published ImageNet
    accuracies between 0 and 1, None where none is published; ``source`` tells who published them and the weights.
    """

    name: str
    family: str
    input_shape: tuple[int, int, int, int]
    preprocess: PreprocessSpec
    top1: float | None
    top5: float | None
    source: str
    builder: Callable[[int], Any] = field(repr=False)
    pretrained: Pretrained | None = None
    from_torch: Callable[[State], State] | None = field(default=None, repr=False)
    """Turns a state dict with the names and layouts of the network's PyTorch original into ours."""

    @property
    def weights(self) -> tuple[str, ...]:
        """The values that --weights takes; FILE stands for a path."""
        return ("imagenet", "random", "FILE") if self.pretrained else ("random", "FILE")

    @property
    def params(self) -> int:
        """Elements of all parameters, batch-norm statistics included, with 1000 classes."""
        return _counts()[self.name]["params"]

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture, as ``oarlock_opt.zoo.count`` defines them, with 1000 classes."""
        return _counts()[self.name]["macs"]

    def labels(self) -> list[str]:
        """The names of the 1000 ImageNet classes; item i is class i."""
        return _labels.imagenet()

    def build(self, class_num: int = IMAGENET_CLASSES) -> Any:
        """A new ``paddle.nn.Layer`` in training mode with PaddlePaddle's own initial values. Imports PaddlePaddle.

        It maps float32 (N, 3, height, width) to logits (N, class_num).
        """
        return self.builder(class_num)

    def to_json(self) -> dict[str, Any]:
        """An item of docs/schema/models.schema.json."""
        return {
            "name": self.name,
            "family": self.family,
            "params": self.params,
            "macs": self.macs,
            "input": list(self.input_shape),
            "preprocess": self.preprocess.to_json(),
            "top1": self.top1,
            "top5": self.top5,
            "source": self.source,
            "weights": list(self.weights),
        }


@functools.cache
def _counts() -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, dict[str, int]] = json.loads(COUNTS_FILE.read_text(encoding="utf-8"))
    return counts
