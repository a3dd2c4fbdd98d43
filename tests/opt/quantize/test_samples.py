"""Which pictures are taken, what they are, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock._specs import TensorSpec
from oarlock.errors import BadImageError
from oarlock_opt.errors import CalibrationDataError
from oarlock_opt.quantize import labels, samples
from oarlock_opt.quantize.samples import Sample, Samples
from tests.opt.quantize.conftest import SPEC, write_pictures

INPUT = TensorSpec("x", (-1, 3, 32, 32), "float32")


def _many(count: int) -> list[Sample]:
    return [Sample(Path(f"folder/{index}.png")) for index in range(count)]


def test_the_seed_chooses_and_orders() -> None:
    first = samples.split(_many(500), 128, seed=3, hold_out=True)
    assert first == samples.split(_many(500), 128, seed=3, hold_out=True)
    assert first != samples.split(_many(500), 128, seed=4, hold_out=True)
    calibration, judged = first
    assert (len(calibration), len(judged)) == (128, 256)
    assert not set(calibration) & set(judged)


@pytest.mark.parametrize(("found", "expected"), [(8, (6, 2)), (100, (75, 25)), (150, (113, 37)), (200, (128, 72))])
def test_where_there_are_few_a_quarter_is_held_out(found: int, expected: tuple[int, int]) -> None:
    calibration, judged = samples.split(_many(found), 128, seed=0, hold_out=True)
    assert (len(calibration), len(judged)) == expected


def test_with_others_to_judge_by_all_may_be_calibrated_with() -> None:
    assert [len(part) for part in samples.split(_many(1), 128, seed=0, hold_out=False)] == [1, 0]
    with pytest.raises(
        CalibrationDataError, match=r"folder: 7 files to calibrate with, expected 8 or more.*--validate"
    ):
        samples.split(_many(7), 128, seed=0, hold_out=True)


def test_folders_within_folders_are_searched(tmp_path: Path) -> None:
    write_pictures(tmp_path / "deep" / "er", 2)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [it.path.name for it in samples.find(tmp_path, pictures=True)] == ["000.png", "001.png"]
    with pytest.raises(CalibrationDataError, match=r"holds none of the tensors \(\.npy.*takes no pictures"):
        samples.find(tmp_path, pictures=False)
    with pytest.raises(CalibrationDataError, match="no such folder"):
        samples.find(tmp_path / "absent", pictures=True)


def test_a_picture_that_does_not_fit_is_named(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    spec = type(SPEC)(resize=None, center_crop=(50, 50))
    with pytest.raises(BadImageError, match=r"pictures/000\.png: image is 40 x 40 pixels"):
        list(Samples(tuple(samples.find(folder, pictures=True)), (INPUT,), spec).batches(4))


def test_batches(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, 5)
    found = tuple(samples.find(folder, pictures=True))
    assert [(it.feed["x"].shape[0], it.count) for it in Samples(found, (INPUT,), SPEC).batches(2)] == [
        (2, 2), (2, 2), (1, 1),
    ]  # fmt: skip
    fixed = Samples(found, (TensorSpec("x", (3, 3, 32, 32), "float32"),), SPEC)
    batches = list(fixed.batches(2))
    assert [(it.feed["x"].shape[0], it.count) for it in batches] == [(3, 3), (3, 2)]
    np.testing.assert_array_equal(batches[1].feed["x"][1], batches[1].feed["x"][2])
    assert len(fixed.some(2)) == 2


def test_tensors(tmp_path: Path) -> None:
    left, right = TensorSpec("left", (-1, 6), "float32"), TensorSpec("right", (-1, 4), "float32")
    np.savez(tmp_path / "a.npz", left=np.ones(6, np.float32), right=np.ones((1, 4), np.float32))
    both = Samples((Sample(tmp_path / "a.npz"),), (left, right), None)
    (batch,) = both.batches(4)
    assert {name: array.shape for name, array in batch.feed.items()} == {"left": (1, 6), "right": (1, 4)}
    np.save(tmp_path / "b.npy", np.ones(6, np.float32))
    (batch,) = Samples((Sample(tmp_path / "b.npy"),), (left,), None).batches(4)
    assert batch.feed["left"].shape == (1, 6)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(6), r"float64 of shape \[6\], expected float32 of shape \[6\] for the input 'left'"),
        (np.ones(5, np.float32), r"float32 of shape \[5\], expected"),
        (np.array([object()]), "not a file of NumPy's with numbers in it"),
    ],
)
def test_tensors_that_do_not_fit_are_named(array: np.ndarray, message: str, tmp_path: Path) -> None:  # type: ignore[type-arg]
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(CalibrationDataError, match=rf"a\.npy: {message}"):
        list(Samples((Sample(tmp_path / "a.npy"),), (TensorSpec("left", (-1, 6), "float32"),), None).batches(4))


def test_no_array_for_an_input(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", left=np.ones(6, np.float32))
    inputs = (TensorSpec("left", (-1, 6), "float32"), TensorSpec("right", (-1, 4), "float32"))
    with pytest.raises(CalibrationDataError, match="holds left, expected an array for each input of the model, left, "):
        list(Samples((Sample(tmp_path / "a.npz"),), inputs, None).batches(4))


@pytest.mark.parametrize(
    ("folders", "names", "classes"),
    [(("7", "2"), None, [7, 2]), (("cat", "dog"), ["dog", "mouse", "cat"], [2, 0]), (("b", "a"), None, [1, 0])],
)
def test_classes_by_folders(folders: tuple[str, str], names: list[str] | None, classes: list[int]) -> None:
    found = [Sample(Path("root") / folder / "deep" / "x.png") for folder in folders]
    count = 10 if folders[0] == "7" else 3 if names else 2
    assert [it.label for it in labels.from_folders(found, Path("root"), names, count)] == classes


def test_folders_that_are_no_classes_give_none() -> None:
    found = [Sample(Path("root/holidays/x.png")), Sample(Path("root/y.png"))]
    assert labels.from_folders(found, Path("root"), None, 2) == found
    assert labels.from_folders(found[:1], Path("root"), ["cat", "dog"], 2) == found[:1]
    assert Samples(tuple(found), (INPUT,), SPEC).labels is None


def test_classes_by_a_list(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 3)
    found = samples.find(folder, pictures=True)
    file = tmp_path / "list.txt"
    file.write_text("000.png 4\n\npictures/002.png 1\n")
    labelled = labels.from_list(file, found, [folder], 5)
    assert [(it.path.name, it.label) for it in labelled] == [("000.png", 4), ("002.png", 1)]
    assert Samples(tuple(labelled), (INPUT,), SPEC).labels == (4, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("000.png\n", r"line 1 is '000\.png', expected a file, a space and a class from 0 to 4"),
        ("\n000.png 5\n", "line 2 is"),
        ("000.png -1", "line 1 is"),
        ("other.png 1\n", "names none of the 1 files in"),
    ],
)
def test_lists_that_are_wrong(text: str, message: str, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(CalibrationDataError, match=message):
        labels.from_list(tmp_path / "list.txt", samples.find(folder, pictures=True), [folder], 5)
