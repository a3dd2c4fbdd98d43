"""A data set small enough to train on again and again, and a training on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.train import DataSet, Recipe, train
from tests.digits import LABELS, NETWORK, PREPROCESS, DigitsDPN

SHORT = Recipe(epochs=1, batch=64)


@pytest.fixture(scope="session")
def few_digits(digits_dpn: DigitsDPN, tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """Every eighth of the digits to train with, every tenth to test with."""
    folder = tmp_path_factory.mktemp("few")
    lists = []
    for source, step in ((digits_dpn.train_list, 8), (digits_dpn.test_list, 10)):
        lines = source.read_text(encoding="utf-8").splitlines(keepends=True)[::step]
        lists.append(folder / source.name)
        lists[-1].write_text("".join(lines), encoding="utf-8")
    return DataSet(digits_dpn.root, *lists, LABELS)


@pytest.fixture(scope="session")
def short_training(few_digits: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one epoch. Not to be written to."""
    folder = tmp_path_factory.mktemp("short") / "trained"
    train(NETWORK, few_digits, PREPROCESS, folder, SHORT)
    return folder
