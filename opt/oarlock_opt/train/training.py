"""Trains and exports, with PaddlePaddle in processes of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from oarlock._channel import Garbled
from oarlock._closing import Closing
from oarlock._files import replace_directory, temporary_sibling
from oarlock._worker_process import WorkerProcess
from oarlock.errors import OarlockError
from oarlock.preprocess import PreprocessSpec
from oarlock_opt._paddle import INSTALL
from oarlock_opt.errors import TrainingError, TrainingFailedError
from oarlock_opt.train import checkpoint
from oarlock_opt.train.checkpoint import Epoch, Plan, Trained
from oarlock_opt.train.data import DataSet, picture_shape
from oarlock_opt.train.recipe import Recipe
from oarlock_opt.zoo import _destination
from oarlock_opt.zoo.dpn_spec import DPNSpec
from oarlock_opt.zoo.errors import PaddleMissingError, ZooError

__all__ = ["export", "train"]

_CHILD = "oarlock_opt.train._child"
_MOST_OUTPUT = 8 << 10
_FAMILIES: tuple[type[OarlockError], ...] = (TrainingError, ZooError)


def train(
    spec: DPNSpec,
    data: DataSet,
    preprocess: PreprocessSpec,
    out: str | os.PathLike[str],
    recipe: Recipe,
    *,
    progress: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train a new network on the CPU, in one thread, and leave a checkpoint in the folder ``out`` after every epoch.

    ``out`` may be missing, empty or an earlier training's, which is replaced when the first epoch ends. ``progress`` is
    told of every epoch. Equal arguments give equal weights on one kind of processor. All pictures are read once before
    the first epoch.
    Raises TrainingDataError, TrainingFailedError, InvalidArgumentError, DestinationError,
    PaddleMissingError, a picture's own error where it changes while training goes on, and OSError.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 (a name is needed, so no "..")
    picture_shape(preprocess)
    checkpoint.check_destination(out)
    for pictures in data.read(preprocess):
        if pictures is not None:
            pictures.check()
    _require_paddle("training")
    plan = Plan(spec, preprocess, data.labels, recipe)
    files = (data.root, data.train_list, data.test_list)
    order = {
        "pir": "1",
        "plan": plan.to_json(),
        "data": [None if path is None else str(path.absolute()) for path in files],
        "out": str(out),
    }
    with _Child() as child:
        answer = child.ask(order)
        while "epoch" in answer:
            progress(Epoch(**answer["epoch"]))
            answer = child.ask({})
    return checkpoint.read(out)


def export(
    trained: str | os.PathLike[str],
    out: str | os.PathLike[str],
    format: Literal["legacy", "pir"] = "legacy",
) -> None:
    """Write the network of a training's folder as an inference model into the folder ``out``.

    The files are those of ``zoo.export``, with inference.json instead of inference.pdmodel for "pir"; ``out`` may be
    what it may be there, and appears complete or not at all.
    Raises TrainingDataError (no training), TrainingFailedError, ExportError, BadWeightsError, WeightsMismatchError,
    PaddleMissingError and OSError.
    """
    plan = checkpoint.read(Path(trained)).plan
    out = Path(os.path.abspath(out))  # noqa: PTH100 (a name is needed, so no "..")
    _destination.check(out)
    _require_paddle("exporting a network")
    with temporary_sibling(out) as work:
        folder = work / "export"
        folder.mkdir()
        with _Child() as child:
            child.ask({"pir": str(int(format == "pir")), "trained": str(Path(trained).absolute()), "out": str(folder)})
        (folder / "preprocess.json").write_text(
            json.dumps(plan.preprocess.to_json(), indent=2) + "\n", encoding="utf-8"
        )
        (folder / "labels.txt").write_text("".join(f"{label}\n" for label in plan.labels), encoding="utf-8")
        (folder / _destination.MARKER).write_text(
            json.dumps({"ok": True, "format": format, "trained": plan.to_json()}, indent=2) + "\n", encoding="utf-8"
        )
        replace_directory(folder, out)


def _require_paddle(what: str) -> None:
    if importlib.util.find_spec("paddle") is None:
        raise PaddleMissingError(f"PaddlePaddle is not installed, and {what} needs it: run `{INSTALL}`")


class _Child(Closing):
    """The process, and what its end means."""

    def __init__(self) -> None:
        self._worker = WorkerProcess(self, _CHILD)

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            answer, _ = self._worker.ask(message)
        except (OSError, EOFError, Garbled) as error:
            status, output = self._worker.ending(error)
            lines = output.strip().splitlines()
            said = f": {lines[-1]}" if lines else ""
            how = f"died of {signal.Signals(-status).name}" if status and status < 0 else f"ended with status {status}"
            raise TrainingFailedError(f"PaddlePaddle's process {how}{said}", output=output[-_MOST_OUTPUT:]) from None
        if "error" in answer:
            kinds = {kind.default_code: kind for family in _FAMILIES for kind in family.__subclasses__()}
            raise kinds.get(answer["code"], OarlockError)(answer["error"], code=answer["code"])
        return answer

    def close(self) -> None:
        """End the process. Closing again does nothing."""
        self._worker.end()
