"""Names of the ImageNet classes. Their source and licence: imagenet_labels.NOTICE.txt."""

from __future__ import annotations

from pathlib import Path

__all__ = ["IMAGENET_FILE", "imagenet"]

IMAGENET_FILE = Path(__file__).with_name("imagenet_labels.txt")


def imagenet() -> list[str]:
    """The names of the 1000 classes of ILSVRC2012 in their usual order, all different."""
    return IMAGENET_FILE.read_text(encoding="utf-8").splitlines()
