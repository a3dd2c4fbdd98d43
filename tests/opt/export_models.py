"""Exports the small models of the tests with PaddlePaddle: ``python export_models.py FOLDER``.

Run as a child by a fixture, since the older format must be chosen before PaddlePaddle is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# "1" in the environment exports them as PIR.
os.environ.setdefault("FLAGS_enable_pir_api", "0")

import paddle
from paddle import nn


class Digits(nn.Layer):  # type: ignore[misc]
    """A classifier of 32x32 pictures into 10 classes, with a relu6, a swish and a softmax at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2D(3, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2D(8)
        self.second = nn.Conv2D(8, 16, 3, stride=2, padding=1)
        self.head = nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        x = nn.functional.relu6(self.norm(self.first(x)))
        x = nn.functional.swish(self.second(x))
        return nn.functional.softmax(self.head(x.mean(axis=[2, 3])))


class Thousand(nn.Layer):  # type: ignore[misc]
    """A classifier of 224x224 pictures into 1000 classes that gives logits."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2D(3, 8, 7, stride=8, padding=3)
        self.head = nn.Linear(8, 1000)

    def forward(self, x: Any) -> Any:
        return self.head(nn.functional.relu(self.first(x)).mean(axis=[2, 3]))


class TwoTensors(nn.Layer):  # type: ignore[misc]
    """No classifier: two inputs and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 4)

    def forward(self, left: Any, right: Any) -> Any:
        joined = self.layer(left) + right
        return joined, nn.functional.relu(joined)


class Heavy(nn.Layer):  # type: ignore[misc]
    """20 MB of parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2000, 2500)

    def forward(self, x: Any) -> Any:
        return self.layer(x)


class NoParameters(nn.Layer):  # type: ignore[misc]
    """A model that has no parameters, so no parameter file."""

    def forward(self, x: Any) -> Any:
        return nn.functional.relu(x)


def main(folder: Path) -> None:
    paddle.seed(0)
    spec = paddle.static.InputSpec
    models: dict[str, tuple[Any, list[Any]]] = {
        "digits": (Digits(), [spec([None, 3, 32, 32], "float32", name="x")]),
        "thousand": (Thousand(), [spec([None, 3, 224, 224], "float32", name="x")]),
        "fixed-batch": (Digits(), [spec([2, 3, 32, 32], "float32", name="x")]),
        "two-tensors": (
            TwoTensors(),
            [spec([None, 6], "float32", name="left"), spec([None, 4], "float32", name="right")],
        ),
        "heavy": (Heavy(), [spec([None, 2000], "float32", name="x")]),
        "no-parameters": (NoParameters(), [spec([None, 4], "float32", name="x")]),
    }
    for name, (layer, inputs) in models.items():
        layer.eval()
        paddle.jit.save(paddle.jit.to_static(layer, input_spec=inputs), str(folder / name / "inference"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
