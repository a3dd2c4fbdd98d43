"""The loop over epochs and batches. Imports PaddlePaddle."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F  # noqa: N812

from oarlock_opt.errors import TrainingFailedError
from oarlock_opt.train.checkpoint import Epoch
from oarlock_opt.train.data import Pictures
from oarlock_opt.train.recipe import Recipe

__all__ = ["fit"]


def fit(network: Any, train: Pictures, test: Pictures | None, recipe: Recipe) -> Iterator[Epoch]:
    """Train a ``paddle.nn.Layer`` that gives logits, and say after every epoch what it gave.

    On the CPU with one thread equal arguments give equal bits. Raises TrainingFailedError where the loss is no number,
    and OarlockError for a picture that cannot be read any more.
    """
    steps = math.ceil(len(train) / recipe.batch)
    schedule = _schedule(recipe, steps)
    optimizer = paddle.optimizer.Momentum(
        learning_rate=schedule,
        momentum=recipe.momentum,
        parameters=network.parameters(),
        weight_decay=paddle.regularizer.L2Decay(recipe.weight_decay),
    )
    for number in range(1, recipe.epochs + 1):
        begun = time.monotonic()
        network.train()
        # A stream for each epoch, so that one can be told from its number.
        order = np.random.default_rng([recipe.seed, number]).permutation(len(train))
        total, rate = 0.0, 0.0
        for chosen in _batches(order, recipe.batch):
            pictures, labels = train.batch(chosen)
            logits = network(paddle.to_tensor(pictures))
            loss = F.cross_entropy(logits, paddle.to_tensor(labels), label_smoothing=recipe.label_smoothing)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()
            rate = float(schedule())
            schedule.step()
            total += _finite(float(loss), number, recipe) * len(chosen)
        accuracy = None if test is None else _accuracy(network, test, recipe.batch)
        seconds = time.monotonic() - begun
        yield Epoch(number, recipe.epochs, total / len(train), accuracy, rate, seconds)


def _schedule(recipe: Recipe, steps: int) -> Any:
    warm_up = recipe.warm_up_epochs * steps
    cosine = paddle.optimizer.lr.CosineAnnealingDecay(recipe.learning_rate, T_max=recipe.epochs * steps - warm_up)
    if not warm_up:
        return cosine
    return paddle.optimizer.lr.LinearWarmup(cosine, warm_up, start_lr=0.0, end_lr=recipe.learning_rate)


def _batches(order: Any, size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size].tolist()


def _accuracy(network: Any, test: Pictures, size: int) -> float:
    network.eval()
    right = 0
    with paddle.no_grad():
        for chosen in _batches(np.arange(len(test)), size):
            pictures, labels = test.batch(chosen)
            right += int((network(paddle.to_tensor(pictures)).numpy().argmax(axis=1) == labels).sum())
    return right / len(test)


def _finite(loss: float, epoch: int, recipe: Recipe) -> float:
    if math.isfinite(loss):
        return loss
    raise TrainingFailedError(
        f"the loss is {loss} in epoch {epoch}, expected a finite number: try a learning rate below "
        f"{recipe.learning_rate:g}, or a warm-up longer than {recipe.warm_up_epochs} epochs"
    )
