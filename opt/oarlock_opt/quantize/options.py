"""What calibration is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock_opt.quantize.methods import AUTO

__all__ = ["DEFAULT_DROP", "DEFAULT_DROP_OF_ACCURACY", "DEFAULT_PICTURES", "Options"]

DEFAULT_PICTURES = 128
DEFAULT_DROP = 0.05
"""The part of first places that may change, or the relative error of a model that does not classify."""
DEFAULT_DROP_OF_ACCURACY = 0.01
"""With labels: the accuracy that may be lost."""


@dataclass(frozen=True)
class Options:
    """How to calibrate.

    ``data`` is a folder of pictures, or of tensors for a model that takes none; at most ``pictures`` of them are
    calibrated with, and it is judged by others of them, or by those in ``validate``. ``labels`` is a list of files and
    their classes. ``max_drop`` None is the default; without ``gate``, whatever comes passes.
    """

    data: Path
    pictures: int = DEFAULT_PICTURES
    method: str = AUTO
    max_drop: float | None = None
    gate: bool = True
    seed: int = 0
    validate: Path | None = None
    labels: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """What of it, beside the files, the result depends on."""
        return {
            "pictures": self.pictures,
            "method": self.method,
            "max_drop": self.max_drop,
            "gate": self.gate,
            "seed": self.seed,
        }
