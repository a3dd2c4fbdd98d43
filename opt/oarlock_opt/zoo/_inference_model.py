"""Writes a network as an inference model. Imports PaddlePaddle; for a process that does nothing else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oarlock_opt.importer.legacy import read_program
from oarlock_opt.zoo import weights as weights_of
from oarlock_opt.zoo._entry import Entry
from oarlock_opt.zoo.errors import PaddleMissingError

__all__ = ["save", "write"]

_STEM = "inference"
_SUFFIXES = (".pdmodel", ".json", ".pdiparams")


def save(entry: Entry, weights: str, seed: int, folder: Path) -> None:
    """Write inference.pdmodel and inference.pdiparams into ``folder``.

    Equal weights give equal bytes: names of parameters and tensors are counted anew, and the paths and line numbers of
    this machine that PaddlePaddle records are left out.
    Raises PaddleMissingError, WeightsMismatchError and what ``weights.state_for`` raises.
    """
    # Read when PaddlePaddle is imported: programs instead of PIR, which Paddle Lite does not read.
    os.environ["FLAGS_enable_pir_api"] = "0"  # noqa: SIM112 (its name)
    try:
        import paddle
    except ImportError as error:
        raise PaddleMissingError(f"PaddlePaddle cannot be imported: {error}") from error

    paddle.set_device("cpu")
    state = weights_of.state_for(entry, weights, seed)
    with paddle.utils.unique_name.guard():
        network = entry.build()
        weights_of.load(network, state, source=weights)
        write(network, entry.input_shape[1:], folder)


def write(network: Any, picture_shape: Sequence[int], folder: Path) -> None:
    """Write a ``paddle.nn.Layer`` with the input "x", float32 (-1, *picture_shape), into ``folder``.

    In the format for which FLAGS_enable_pir_api was set when PaddlePaddle was imported: inference.pdmodel ("0") or
    inference.json ("1"), beside it inference.pdiparams. The network is in inference mode afterwards.
    """
    import paddle

    network.eval()
    with tempfile.TemporaryDirectory(dir=folder) as work:
        picture = paddle.static.InputSpec([None, *picture_shape], "float32", name="x")
        model = paddle.jit.to_static(network, input_spec=[picture], full_graph=True)
        paddle.jit.save(model, str(Path(work, _STEM)))
        for path in sorted(Path(work).iterdir()):
            if path.suffix == ".pdmodel":
                path.write_bytes(_without_callstacks(path))
            if path.suffix in _SUFFIXES:
                path.rename(folder / path.name)


def _without_callstacks(path: Path) -> bytes:
    program = read_program(path)
    for block in program.blocks:
        for op in block.ops:
            for index in reversed(range(len(op.attrs))):
                if op.attrs[index].name == "op_callstack":
                    del op.attrs[index]
    return bytes(program.SerializeToString(deterministic=True))
