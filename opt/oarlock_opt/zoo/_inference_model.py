"""Writes a network as a legacy inference model. Imports PaddlePaddle; for a process that does nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from oarlock_opt.importer.legacy import read_program
from oarlock_opt.zoo import weights as weights_of
from oarlock_opt.zoo._entry import Entry
from oarlock_opt.zoo.errors import PaddleMissingError

__all__ = ["save"]

_STEM = "inference"


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
    with paddle.utils.unique_name.guard(), tempfile.TemporaryDirectory(dir=folder) as work:
        network = entry.build()
        weights_of.load(network, state, source=weights)
        network.eval()
        picture = paddle.static.InputSpec([None, *entry.input_shape[1:]], "float32", name="x")
        model = paddle.jit.to_static(network, input_spec=[picture], full_graph=True)
        paddle.jit.save(model, str(Path(work, _STEM)))
        (folder / f"{_STEM}.pdmodel").write_bytes(_without_callstacks(Path(work, f"{_STEM}.pdmodel")))
        Path(work, f"{_STEM}.pdiparams").rename(folder / f"{_STEM}.pdiparams")


def _without_callstacks(path: Path) -> bytes:
    program = read_program(path)
    for block in program.blocks:
        for op in block.ops:
            for index in reversed(range(len(op.attrs))):
                if op.attrs[index].name == "op_callstack":
                    del op.attrs[index]
    return bytes(program.SerializeToString(deterministic=True))
