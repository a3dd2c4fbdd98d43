"""Names and layouts of EfficientNet-Lite's PyTorch original, turned into ours."""

from __future__ import annotations

import re

from oarlock_opt.zoo._entry import State

__all__ = ["convert"]

_LAYERS = {
    "_conv_stem": "stem.conv",
    "_bn0": "stem.norm",
    "_conv_head": "head.conv",
    "_bn1": "head.norm",
    "_fc": "classifier",
}
_BLOCK_LAYERS = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
_LEAVES = {"weight": "weight", "bias": "bias", "running_mean": "_mean", "running_var": "_variance"}
_COUNTER = "num_batches_tracked"
_NAME = re.compile(r"(?:_blocks\.(?P<block>\d+)\.)?(?P<layer>\w+)\.(?P<leaf>\w+)")


def convert(state: State) -> State:
    """Our names; the classifier's matrix transposed to (features, classes); batch counters, which we lack, left out.

    A name that is none of the original's stays as it is, so that strict loading reports it under that name.
    """
    converted = {}
    for name, value in state.items():
        ours = _translate(name)
        if not name.endswith(f".{_COUNTER}"):
            converted[ours] = value.T if ours == "classifier.weight" else value
    return converted


def _translate(name: str) -> str:
    match = _NAME.fullmatch(name)
    if match is None:
        return name
    block, layer, leaf = match["block"], match["layer"], match["leaf"]
    layers, prefix = (_LAYERS, "") if block is None else (_BLOCK_LAYERS, f"blocks.{block}.")
    if layer not in layers or leaf not in _LEAVES:
        return name
    return f"{prefix}{layers[layer]}.{_LEAVES[leaf]}"
