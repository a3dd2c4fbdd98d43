"""A training's folder: the weights after the last epoch that ended, and how they came about.

weights.pdparams    the state dict, as paddle.save writes it
training.json       network, preprocessing, labels, recipe, epochs
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oarlock._files import replace_directory, temporary_sibling
from oarlock.errors import InvalidArgumentError
from oarlock.preprocess import PreprocessSpec
from oarlock_opt.errors import DestinationError, TrainingDataError
from oarlock_opt.train.recipe import Recipe
from oarlock_opt.zoo.dpn_spec import DPNSpec

__all__ = ["Epoch", "Plan", "Trained", "check_destination", "read", "write"]

_WEIGHTS = "weights.pdparams"
_RECORD = "training.json"


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave.

    ``number`` counts from 1; ``loss`` is the mean over its pictures, ``accuracy`` the part of the test list whose first
    place is right, None without one; ``learning_rate`` is that of its last batch.
    """

    number: int
    epochs: int
    loss: float
    accuracy: float | None
    learning_rate: float
    seconds: float

    def __str__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.2%}"
        return (
            f"epoch {self.number} of {self.epochs}: loss {self.loss:.4f}{accuracy}, "
            f"learning rate {self.learning_rate:.3g}, {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Plan:
    """What is to be trained, and how."""

    spec: DPNSpec
    preprocess: PreprocessSpec
    labels: tuple[str, ...]
    recipe: Recipe

    def to_json(self) -> dict[str, Any]:
        """``from_json`` gives an equal plan back."""
        return {
            "network": asdict(self.spec),
            "preprocess": self.preprocess.to_json(),
            "labels": list(self.labels),
            "recipe": asdict(self.recipe),
        }

    @classmethod
    def from_json(cls, value: Any) -> Plan:
        """Raises KeyError, TypeError, AttributeError and InvalidArgumentError."""
        network: dict[str, Any] = {
            name: tuple(it) if isinstance(it, list) else it for name, it in value["network"].items()
        }
        return cls(
            DPNSpec(**network),
            PreprocessSpec.from_json(value["preprocess"]),
            tuple(map(str, value["labels"])),
            Recipe(**value["recipe"]),
        )


@dataclass(frozen=True)
class Trained:
    """A training's folder."""

    folder: Path
    plan: Plan
    epochs: tuple[Epoch, ...]

    @property
    def weights(self) -> Path:
        """The state dict, which ``zoo.weights.read`` reads."""
        return self.folder / _WEIGHTS


def check_destination(folder: Path) -> None:
    """Raise DestinationError unless ``folder`` is missing in a folder, empty, or an earlier training's; or OSError."""
    if not folder.parent.is_dir():
        raise DestinationError(f"{folder}: there is no folder {folder.parent}; make it first")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DestinationError(f"{folder}: is a file or a link, expected a folder to write into; choose another name")
    if folder.is_dir():
        found = {path.name for path in folder.iterdir()}
        if found and (_RECORD not in found or found - {_WEIGHTS, _RECORD}):
            raise DestinationError(f"{folder}: holds what no training made, and is not replaced; choose another name")


def write(folder: Path, plan: Plan, epochs: tuple[Epoch, ...], save: Callable[[Path], None]) -> None:
    """Put a checkpoint at ``folder``, which is the complete old or the complete new one throughout.

    ``save`` writes the state dict to the path that it is given. Raises OSError, and what ``save`` raises.
    """
    with temporary_sibling(folder) as work:
        content = work / "checkpoint"
        content.mkdir()
        save(content / _WEIGHTS)
        record = {**plan.to_json(), "epochs": [asdict(epoch) for epoch in epochs]}
        (content / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        replace_directory(content, folder)


def read(folder: Path) -> Trained:
    """The training in a folder, without its weights. Raises TrainingDataError and OSError."""
    path = folder / _RECORD
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Trained(folder, Plan.from_json(value), tuple(Epoch(**epoch) for epoch in value["epochs"]))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidArgumentError) as error:
        raise TrainingDataError(
            f"{path}: is not the record of a training ({type(error).__name__}: {error}); train again"
        ) from None
