"""Where preprocessing and labels come from: the order of precedence, and that they must fit the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock.preprocess import IMAGENET, PreprocessSpec, ResizeShort
from oarlock_opt.errors import LabelsError, PreprocessingError
from oarlock_opt.interface import Interface
from oarlock_opt.preprocessing import Interpretation, interpret
from oarlock_opt.source import open_source

Copy = Callable[..., Path]

_SMALL = PreprocessSpec(resize=ResizeShort(36), center_crop=(32, 32))
_YML = """
PreProcess:
  transform_ops:
  - ResizeImage: {resize_short: 40}
  - CropImage: {size: 32}
  - NormalizeImage: {scale: 1.0/255.0, order: ''}
  - ToCHWImage:
PostProcess:
  Topk: {topk: 1, label_list: [a, b, c, d, e, f, g, h, i, j]}
"""


def _interpret(folder: Path, preprocess: str | None = None, labels: str | None = None) -> Interpretation:
    return interpret(Interface.of(open_source(folder).graph), folder, preprocess=preprocess, labels=labels)


def _write(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_imagenet_is_assumed_aloud(models: Path) -> None:
    found = _interpret(models / "thousand")
    assert found.preprocess == IMAGENET
    assert found.labels is not None
    assert len(found.labels) == 1000
    assert "tench" in found.labels[0]
    assert found.meanings == ("logits",)
    assert len(found.remarks) == 2
    assert "ImageNet is assumed" in found.remarks[0]
    assert "ImageNet's are assumed" in found.remarks[1]


def test_options_silence_the_assumptions(models: Path) -> None:
    assert _interpret(models / "thousand", "imagenet", "none") == Interpretation(IMAGENET, None, ("logits",), ())


def test_what_lies_beside_the_model_comes_before_inference_yml(copy: Copy, tmp_path: Path) -> None:
    folder = copy("digits")
    _write(folder / "inference.yml", _YML)
    found = _interpret(folder)
    assert found.preprocess == PreprocessSpec(resize=ResizeShort(40), center_crop=(32, 32))
    assert found.labels == tuple("abcdefghij")
    assert found.meanings == ("probabilities",)

    _write(folder / "preprocess.json", _SMALL.to_json())
    _write(folder / "labels.txt", "\n".join("ABCDEFGHIJ"))
    found = _interpret(folder)
    assert found.preprocess == _SMALL
    assert found.labels == tuple("ABCDEFGHIJ")

    other = PreprocessSpec(resize=ResizeShort(50), center_crop=(32, 32))
    option = _write(tmp_path / "other.json", other.to_json())
    labels = _write(tmp_path / "other.txt", "\n".join("0123456789"))
    found = _interpret(folder, option, labels)
    assert found.preprocess == other
    assert found.labels == tuple("0123456789")


def test_an_inference_yml_can_be_given(models: Path, tmp_path: Path) -> None:
    found = _interpret(models / "digits", _write(tmp_path / "some.yml", _YML))
    assert found.preprocess == PreprocessSpec(resize=ResizeShort(40), center_crop=(32, 32))


def test_a_model_of_tensors_has_none(models: Path) -> None:
    found = _interpret(models / "two-tensors")
    assert (found.preprocess, found.labels, found.meanings) == (None, None, ("tensor", "tensor"))
    assert "takes no pictures" in found.remarks[0]


@pytest.mark.parametrize(
    ("model", "preprocess", "sentence"),
    [
        ("digits", None, "gives float32 [any, 3, 224, 224], but the input 'x' takes float32 [any, 3, 32, 32]"),
        ("digits", "imagenet", "--preprocess imagenet: it gives float32 [any, 3, 224, 224]"),
        ("two-tensors", "imagenet", "the model takes 2 (left, right)"),
        ("no-parameters", "imagenet", "takes float32 [any, 4]"),
    ],
)
def test_what_does_not_fit_is_refused(models: Path, model: str, preprocess: str | None, sentence: str) -> None:
    with pytest.raises(PreprocessingError) as caught:
        _interpret(models / model, preprocess)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "preprocess is [], expected an object"),
        ({**_SMALL.to_json(), "std": [0, 1, 1]}, "preprocess.std is"),
        ({**_SMALL.to_json(), "gamma": 2}, "unknown field gamma"),
        ({"color": "RGB"}, "preprocess lacks exif_orientation"),
        ({**_SMALL.to_json(), "layout": "NHWC"}, "it gives float32 [any, 32, 32, 3]"),
        ({**_SMALL.to_json(), "center_crop": None}, "it gives float32 [any, 3, any, any]"),
    ],
)
def test_wrong_files_are_refused(models: Path, tmp_path: Path, content: Any, sentence: str) -> None:
    path = _write(tmp_path / "wrong.json", content)
    with pytest.raises(PreprocessingError) as caught:
        _interpret(models / "digits", path)
    assert sentence in caught.value.message
    assert path in caught.value.message


def test_labels_must_be_as_many_as_the_classes(copy: Copy) -> None:
    folder = copy("digits")
    _write(folder / "labels.txt", "one\ntwo\n")
    with pytest.raises(LabelsError, match=r"2 labels, but the output 'softmax_0\.tmp_0' has 10 classes"):
        _interpret(folder, "none")
    assert _interpret(folder, "none", "none").labels is None


def test_labels_need_classes(copy: Copy) -> None:
    folder = copy("two-tensors")
    _write(folder / "labels.txt", "one\ntwo\nthree\nfour\n")
    with pytest.raises(LabelsError, match=r"labels are for an output of shape \[batch, classes\]"):
        _interpret(folder)
