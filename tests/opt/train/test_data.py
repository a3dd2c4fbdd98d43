"""Bad data is named, counted and refused before PaddlePaddle starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oarlock import images
from oarlock.preprocess import Preprocessor, PreprocessSpec
from oarlock_opt.errors import TrainingDataError
from oarlock_opt.train import DataSet, train
from tests.digits import NETWORK, PREPROCESS
from tests.opt.train.conftest import SHORT

_LABELS = ("cat", "dog", "a mouse")


@pytest.fixture
def pets(tmp_path: Path) -> DataSet:
    """Two pictures of each of three classes, whose names have spaces, and no list of them."""
    random = np.random.default_rng(0)
    for number in range(6):
        Image.fromarray(random.integers(0, 256, (12, 10, 3), np.uint8)).save(tmp_path / f"pet {number}.png")
    return DataSet(tmp_path, tmp_path / "list.txt", None, _LABELS)


def _write(data: DataSet, *classes: int | str) -> None:
    lines = [f"pet {number}.png {label}\n" for number, label in enumerate(classes)]
    data.train_list.write_text("".join(lines), encoding="utf-8")


def _refused(data: DataSet, tmp_path: Path, preprocess: PreprocessSpec = PREPROCESS) -> str:
    with pytest.raises(TrainingDataError) as caught:
        train(NETWORK, data, preprocess, tmp_path / "trained", SHORT)
    assert (caught.value.code, caught.value.details()["stage"]) == ("OAR-TRAINING-DATA", "train")
    assert not (tmp_path / "trained").exists()
    return caught.value.message


def test_batches_are_what_the_core_makes_of_the_pictures(pets: DataSet) -> None:
    _write(pets, 0, 1, 2, 0, 1, 2)
    pictures, none = pets.read(PREPROCESS)
    assert none is None
    assert len(pictures) == 6
    pictures.check()
    batch, labels = pictures.batch([4, 2])
    assert (batch.dtype, batch.shape, labels.tolist()) == (np.float32, (2, 3, 32, 32), [1, 2])
    np.testing.assert_array_equal(batch[0], Preprocessor(PREPROCESS)(images.load(pets.root / "pet 4.png")))


def test_a_class_with_no_picture(pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 0, 2, 0)
    assert _refused(pets, tmp_path) == (
        f"{pets.train_list}: class 1 ('dog') has no picture, expected one or more for each of 3 classes; add pictures, "
        "or take the class from the labels"
    )
    _write(pets, 0, 0)
    assert "class 1 ('dog') and 1 more have no picture" in _refused(pets, tmp_path)


@pytest.mark.parametrize("label", ["3", "-1", "1.0", "dog", "²"])
def test_a_label_that_is_no_class(label: str, pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 0, 1, label, 2)
    assert _refused(pets, tmp_path) == (
        f"{pets.train_list}: line 3 is 'pet 2.png {label}', expected a path, a space and a class from 0 to 2"
    )


def test_many_bad_lines_are_counted(pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 3, 4, 5, 6, 7, 0)
    assert "line 3 is 'pet 2.png 5' and 2 more, expected a path" in _refused(pets, tmp_path)


def test_the_test_list_is_checked_too(pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 0, 1, 2)
    (tmp_path / "test.txt").write_text("pet 0.png 9\n", encoding="utf-8")
    assert "test.txt: line 1 is" in _refused(replace(pets, test_list=tmp_path / "test.txt"), tmp_path)
    (tmp_path / "test.txt").write_text("\n", encoding="utf-8")
    assert "test.txt: names no picture" in _refused(replace(pets, test_list=tmp_path / "test.txt"), tmp_path)


def test_pictures_that_cannot_be_read_are_named_and_counted(pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 0, 1, 2, 0, 1, 2)
    (tmp_path / "pet 1.png").unlink()
    (tmp_path / "pet 2.png").write_bytes((tmp_path / "pet 2.png").read_bytes()[:60])
    (tmp_path / "pet 5.png").write_text("no picture")
    message = _refused(pets, tmp_path)
    assert message.startswith(
        f"{pets.train_list}: 3 of 6 pictures cannot be used: {tmp_path}/pet 1.png: no such file, "
    )
    assert f"{tmp_path}/pet 2.png: " in message
    assert f"{tmp_path}/pet 5.png: " in message


def test_pictures_too_small_for_the_crop_are_named(pets: DataSet, tmp_path: Path) -> None:
    _write(pets, 0, 1, 2)
    message = _refused(pets, tmp_path, PreprocessSpec(resize=None, center_crop=(11, 11)))
    assert f"3 of 3 pictures cannot be used: {tmp_path}/pet 0.png: image is 10 x 12 pixels" in message


def test_a_list_that_is_no_text(pets: DataSet, tmp_path: Path) -> None:
    pets.train_list.write_bytes(b"\xff\xfe")
    assert "list.txt: is not text in UTF-8" in _refused(pets, tmp_path)


def test_no_list(pets: DataSet, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"list\.txt"):
        train(NETWORK, pets, PREPROCESS, tmp_path / "trained", SHORT)
