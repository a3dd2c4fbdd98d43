"""Real accuracy: a small DPN trained on scikit-learn's digits, judged by PaddlePaddle and by Paddle Lite."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.labels import read_labels
from tests.conftest import Figure, Run
from tests.digits import LABELS, PREPROCESS, TEST_COUNT, DigitsDPN, accuracy, bundle_places, first_places

_EXPECTED = 0.97


@pytest.fixture(scope="module")
def reference_places(digits_dpn: DigitsDPN) -> list[int]:
    """PaddlePaddle's first place for each picture of the test list."""
    return first_places(digits_dpn.source, digits_dpn, PREPROCESS)


def test_train_and_test_pictures_are_apart_and_of_every_class(digits_dpn: DigitsDPN) -> None:
    train, test = (
        dict(line.rsplit(" ", 1) for line in file.read_text(encoding="utf-8").splitlines())
        for file in (digits_dpn.train_list, digits_dpn.test_list)
    )
    assert (len(train), len(test)) == (1297, TEST_COUNT)
    assert not {Path(path).name for path in train} & {Path(path).name for path in test}
    assert set(train.values()) == set(test.values()) == set(LABELS)
    assert all(Path(path).parts[1] == label for path, label in (train | test).items())


def test_paddlepaddle_knows_the_digits(digits_dpn: DigitsDPN, reference_places: list[int], figure: Figure) -> None:
    right = accuracy(reference_places, digits_dpn)
    figure("DPN on digits: accuracy by PaddlePaddle", right)
    assert right >= _EXPECTED
    assert right == digits_dpn.accuracy


def test_the_pir_program_says_the_same(digits_dpn: DigitsDPN, reference_places: list[int]) -> None:
    assert first_places(digits_dpn.pir, digits_dpn, PREPROCESS) == reference_places
    assert (digits_dpn.pir / "inference.json").is_file()
    assert read_labels(digits_dpn.pir / "labels.txt") == list(LABELS)


def test_the_bundle_has_the_same_first_places(
    digits_dpn: DigitsDPN, reference_places: list[int], oarlock_cli: Run, engine: Path, tmp_path: Path
) -> None:
    assert engine.is_file()
    bundle = tmp_path / "digits.oar"
    oarlock_cli("opt", digits_dpn.source, "-o", bundle, "--target", "x86")
    assert bundle_places(oarlock_cli, bundle, "x86-fp32", digits_dpn, tmp_path) == reference_places
