"""The zoo: image classifiers that Oarlock defines in PaddlePaddle, with preprocessing, labels and accuracy.

    from oarlock_opt import zoo

    zoo.names()                             # ["DPN68", …]
    entry = zoo.get("efficientnet_lite0")   # preprocessing, labels, accuracy, counts
    net = entry.build()                     # imports PaddlePaddle only here

``zoo.weights`` loads state dicts, ``zoo.export`` writes inference models.
"""

from __future__ import annotations

from oarlock_opt.zoo._entry import Entry
from oarlock_opt.zoo.registry import get, names

__all__ = ["Entry", "get", "names"]
