"""How a network is trained, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from oarlock.errors import InvalidArgumentError

__all__ = ["Recipe"]

_MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class Recipe:
    """Stochastic gradient descent with momentum; the defaults are PaddleClas' for its five DPN.

    The learning rate rises in equal steps from 0 through ``warm_up_epochs`` and then falls as half a cosine to 0 at the
    end; it changes with every batch. ``weight_decay`` is the factor of the L2 penalty, on all parameters.
    ``label_smoothing`` is the part of a label that is spread evenly over all classes. ``seed`` decides the initial
    values and the order of the pictures. Raises InvalidArgumentError naming the field.
    """

    epochs: int = 200
    batch: int = 64
    learning_rate: float = 0.1
    warm_up_epochs: int = 0
    momentum: float = 0.9
    weight_decay: float = 1e-4
    label_smoothing: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        _check("epochs", self.epochs, self.epochs >= 1, "1 or more")
        _check("batch", self.batch, self.batch >= 1, "1 or more")
        _check("learning_rate", self.learning_rate, 0 < self.learning_rate < float("inf"), "a number above 0")
        within = 0 <= self.warm_up_epochs < self.epochs
        _check("warm_up_epochs", self.warm_up_epochs, within, f"fewer than the {self.epochs} epochs")
        _check("momentum", self.momentum, 0 <= self.momentum < 1, "0 or more and below 1")
        _check("weight_decay", self.weight_decay, 0 <= self.weight_decay < 1, "0 or more and below 1")
        _check("label_smoothing", self.label_smoothing, 0 <= self.label_smoothing < 1, "0 or more and below 1")
        _check("seed", self.seed, 0 <= self.seed <= _MAX_SEED, f"0 to {_MAX_SEED}")


def _check(field: str, found: float, right: bool, expected: str) -> None:
    if not right:
        raise InvalidArgumentError(f"recipe.{field} is {found!r}, expected {expected}")
