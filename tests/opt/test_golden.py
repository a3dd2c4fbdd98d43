"""Golden inputs: the same everywhere, right for the model; and the reference's answers to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oarlock.preprocess import Preprocessor, PreprocessSpec, ResizeShort
from oarlock_opt import golden
from oarlock_opt._pictures import PICTURE_COUNT, picture
from oarlock_opt.errors import PreprocessingError, ReferenceFailedError, ReferenceTimeoutError
from oarlock_opt.interface import Interface
from oarlock_opt.source import SourceFiles, open_source

_SMALL = PreprocessSpec(resize=ResizeShort(36), center_crop=(32, 32))


def _record(folder: Path, preprocess: PreprocessSpec | None) -> golden.Goldens:
    model = open_source(folder)
    return golden.record(model.files, Interface.of(model.graph), preprocess, timeout=300)


@pytest.fixture(scope="module")
def digits(models: Path) -> golden.Goldens:
    return _record(models / "digits", _SMALL)


def test_pictures_never_change() -> None:
    # A bundle's goldens are compared across machines and versions; a change here must be meant.
    digests = [hashlib.sha256(picture(index).tobytes()).hexdigest()[:16] for index in range(PICTURE_COUNT)]
    assert digests == ["2dc2ee34b40a99c1", "3d4e41843248d452", "05e3c767f0ab1386"]


def test_pictures_have_odd_sizes_and_more_than_noise() -> None:
    shapes = [picture(index).shape for index in range(PICTURE_COUNT)]
    assert shapes == [(241, 317, 3), (349, 233, 3), (263, 401, 3)]
    for index in range(PICTURE_COUNT):
        image = picture(index).astype(int)
        steps = np.abs(np.diff(image, axis=1)).max(axis=2)
        assert (steps <= 8).mean() > 0.5, "smooth parts"
        assert (steps >= 200).sum() > 300, "sharp edges"
        assert len(np.unique(image)) == 256


def test_a_classifier_gets_pictures_and_a_batch(digits: golden.Goldens) -> None:
    assert [case.name for case in digits.cases] == ["picture-1", "picture-2", "picture-3", "tensors-batch-2"]
    for index, case in enumerate(digits.cases[:3]):
        assert case.picture is not None
        np.testing.assert_array_equal(case.picture, picture(index))
        np.testing.assert_array_equal(case.inputs["x"], Preprocessor(_SMALL)(picture(index))[np.newaxis])
    batch = digits.cases[3]
    assert batch.picture is None
    assert batch.inputs["x"].shape == (2, 3, 32, 32)
    (answer,) = batch.outputs.values()
    assert answer.shape == (2, 10)
    np.testing.assert_allclose(answer.sum(axis=1), 1, rtol=1e-5)
    assert digits.version == "3.3.1"


def test_goldens_are_the_same_every_time(digits: golden.Goldens, models: Path) -> None:
    again = _record(models / "digits", _SMALL)
    for one, two in zip(digits.cases, again.cases, strict=True):
        for name in one.inputs:
            np.testing.assert_array_equal(one.inputs[name], two.inputs[name])
        for name in one.outputs:
            np.testing.assert_array_equal(one.outputs[name], two.outputs[name])


def test_a_fixed_batch_is_filled(models: Path) -> None:
    goldens = _record(models / "fixed-batch", _SMALL)
    assert [case.name for case in goldens.cases] == ["picture-1", "picture-2", "picture-3"]
    assert all(case.inputs["x"].shape == (2, 3, 32, 32) for case in goldens.cases)


def test_a_model_of_tensors_gets_tensors(models: Path) -> None:
    goldens = _record(models / "two-tensors", None)
    assert [case.name for case in goldens.cases] == ["tensors-batch-1", "tensors-batch-2"]
    assert {name: array.shape for name, array in goldens.cases[1].inputs.items()} == {"left": (2, 6), "right": (2, 4)}
    assert len(goldens.cases[1].outputs) == 2


def test_pictures_grow_until_the_crop_fits() -> None:
    for side, scale in ((224, 1), (600, 3)):
        preprocessor = Preprocessor(PreprocessSpec(resize=None, center_crop=(side, side)))
        assert golden._scale(preprocessor) == scale
        assert all(preprocessor(picture(index, scale)).shape == (3, side, side) for index in range(PICTURE_COUNT))
    with pytest.raises(
        PreprocessingError, match=r"the crop of \(9000, 9000\) pixels is larger than any golden picture"
    ):
        golden._scale(Preprocessor(PreprocessSpec(resize=None, center_crop=(9000, 9000))))


def test_an_answer_that_is_not_finite_is_refused(copy: Callable[..., Path]) -> None:
    folder = copy("digits")
    params = folder / "inference.pdiparams"
    params.write_bytes(params.read_bytes()[:-4] + np.float32(np.nan).tobytes())
    with pytest.raises(ReferenceFailedError) as caught:
        _record(folder, _SMALL)
    assert (
        "the output 'softmax_0.tmp_0' has NaN or infinity in it for the golden input picture-1" in caught.value.message
    )


def test_a_reference_that_fails_need_not_stop_the_bundle(models: Path) -> None:
    model = open_source(models / "digits")
    interface = Interface.of(model.graph)
    with pytest.raises(ReferenceTimeoutError, match="give it longer with --timeout SECONDS, or make the bundle"):
        golden.record(model.files, interface, _SMALL, timeout=0.05)
    missing = SourceFiles(model.files.program, None)
    with pytest.raises(
        ReferenceFailedError, match="; make the bundle without reference answers: --no-golden"
    ) as caught:
        golden.record(missing, interface, _SMALL, timeout=300)
    assert caught.value.op == "conv2d"
