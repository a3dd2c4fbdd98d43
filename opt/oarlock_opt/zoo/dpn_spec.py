"""The dual path networks (Chen et al., 2017, arXiv:1707.01629) as numbers: architecture and published accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from oarlock.preprocess import IMAGENET
from oarlock_opt.zoo._entry import Entry

__all__ = ["SPECS", "DPNSpec", "entries"]


@dataclass(frozen=True)
class DPNSpec:
    """One network. The tuples have an item for each stage; the published networks have four.

    ``stem_channels`` and ``stem_kernel`` describe the first convolution; ``bottleneck`` is the width inside the blocks
    of the first stage, doubled from stage to stage; ``groups`` are those of the 3x3 convolutions. ``blocks`` counts
    the blocks of a stage, ``residual`` is the width of its residual path, ``growth`` what each block adds to its dense
    path. ``top1`` and ``top5`` are None where no accuracy is published.
    """

    stem_channels: int
    stem_kernel: int
    bottleneck: int
    groups: int
    blocks: tuple[int, ...]
    residual: tuple[int, ...]
    growth: tuple[int, ...]
    top1: float | None = None
    top5: float | None = None


_SMALL = (64, 128, 256, 512)
_LARGE = (256, 512, 1024, 2048)

# Accuracy: PaddleClas' evaluation of its own weights on the validation set of ImageNet.
SPECS = {
    "DPN68": DPNSpec(10, 3, 128, 32, (3, 4, 12, 3), _SMALL, (16, 32, 32, 64), 0.7678, 0.9343),
    "DPN92": DPNSpec(64, 7, 96, 32, (3, 4, 20, 3), _LARGE, (16, 32, 24, 128), 0.7985, 0.9480),
    "DPN98": DPNSpec(96, 7, 160, 40, (3, 6, 20, 3), _LARGE, (16, 32, 32, 128), 0.8059, 0.9510),
    "DPN107": DPNSpec(128, 7, 200, 50, (4, 8, 20, 3), _LARGE, (20, 64, 64, 128), 0.8089, 0.9532),
    "DPN131": DPNSpec(128, 7, 160, 40, (4, 8, 28, 3), _LARGE, (16, 32, 32, 128), 0.8070, 0.9514),
}


def entries() -> list[Entry]:
    """The five networks for the zoo."""
    return [
        Entry(
            name=name,
            family="DPN",
            input_shape=(-1, 3, 224, 224),
            preprocess=IMAGENET,
            top1=spec.top1,
            top5=spec.top5,
            source=f"PaddleClas, its {name}_pretrained.pdparams (not on PyPI: give the file)",
            builder=partial(_build, spec),
        )
        for name, spec in SPECS.items()
    ]


def _build(spec: DPNSpec, class_num: int) -> Any:
    from oarlock_opt.zoo.dpn import DPN

    return DPN(spec, class_num)
