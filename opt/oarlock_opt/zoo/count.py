"""Parameters and multiply-accumulates of every network, counted from the built network.

    python -m oarlock_opt.zoo.count    # rewrites counts.json

Parameters are the elements of the state dict: weights, biases, and batch norm's scale, offset, mean and variance.

Multiply-accumulates are for one picture of the model's input size, by the definition behind the figures that PaddleClas
publishes (that of ``paddle.flops``):

- convolution: outputs x (input channels / groups) x kernel area, plus one per output where it has a bias
- linear: outputs x inputs; its bias is not counted
- batch normalisation: two per element
- global average pooling: window + 1 per output
- everything else (ReLU, max pooling, addition, concatenation): nothing

Convolutions and linear layers alone are 99 per cent of it for the DPN, 97 for EfficientNet-Lite.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from oarlock_opt.zoo._entry import COUNTS_FILE
from oarlock_opt.zoo.registry import get, names

__all__ = ["count", "count_network"]


def count(name: str) -> dict[str, int]:
    """``{"params", "macs"}`` of the model of that name with 1000 classes. Builds it, so PaddlePaddle is imported."""
    entry = get(name)
    return count_network(entry.build(), (1, *entry.input_shape[1:]))


def count_network(network: Any, input_shape: tuple[int, ...]) -> dict[str, int]:
    """The same for a ``paddle.nn.Layer`` and the shape of its only input, which is run once, in inference mode."""
    import paddle

    network.eval()
    total = 0

    def add(layer: Any, inputs: Any, output: Any) -> None:
        nonlocal total
        total += _macs(layer, inputs[0], output)

    hooks = [layer.register_forward_post_hook(add) for layer in network.sublayers()]
    with paddle.no_grad():
        network(paddle.zeros(list(input_shape)))
    for hook in hooks:
        hook.remove()
    return {"params": sum(int(value.size) for value in network.state_dict().values()), "macs": total}


def _macs(layer: Any, source: Any, output: Any) -> int:
    from paddle import nn

    if not isinstance(layer, (nn.Conv2D, nn.Linear, nn.BatchNorm2D, nn.AdaptiveAvgPool2D)):
        return 0
    elements = int(output.size)
    if isinstance(layer, nn.Conv2D):
        _, inputs, height, width = layer.weight.shape
        return int(elements * (inputs * height * width + (layer.bias is not None)))
    if isinstance(layer, nn.Linear):
        return int(elements * layer.weight.shape[0])
    if isinstance(layer, nn.BatchNorm2D):
        return 2 * elements
    window = (source.shape[2] // output.shape[2]) * (source.shape[3] // output.shape[3])
    return int(elements * (window + 1))


def main() -> None:
    """Count every model and rewrite counts.json."""
    counts = {}
    for name in names():
        print(f"counting {name}", file=sys.stderr)
        counts[name] = count(name)
    COUNTS_FILE.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
