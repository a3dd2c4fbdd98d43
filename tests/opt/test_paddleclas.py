"""inference.yml of PaddleClas: what it says, and the refusal of what has no counterpart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock.preprocess import IMAGENET, PreprocessSpec, ResizeExact, ResizeShort
from oarlock_opt._arithmetic import evaluate
from oarlock_opt.errors import LabelsError, PreprocessingError
from oarlock_opt.paddleclas import PaddleClasConfig

# As `tools/export_model.py` writes it.
_EXPORTED = """
Global:
  model_name: ResNet50
PreProcess:
  transform_ops:
  - ResizeImage:
      resize_short: 256
  - CropImage:
      size: 224
  - NormalizeImage:
      channel_num: 3
      mean:
      - 0.485
      - 0.456
      - 0.406
      order: ''
      scale: 0.00392156862745098
      std:
      - 0.229
      - 0.224
      - 0.225
  - ToCHWImage: null
PostProcess:
  Topk:
    topk: 5
    label_list:
    - tench, Tinca tinca
    - goldfish, Carassius auratus
"""


def _read(tmp_path: Path, text: str) -> PaddleClasConfig:
    path = tmp_path / "inference.yml"
    path.write_text(text, encoding="utf-8")
    return PaddleClasConfig.read(path)


def _with_ops(tmp_path: Path, *operators: str) -> PaddleClasConfig:
    lines = "".join(f"  - {operator}\n" for operator in operators)
    return _read(tmp_path, f"PreProcess:\n  transform_ops:\n{lines}")


_NORMALIZE = "NormalizeImage: {scale: 1.0/255.0, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], order: ''}"
_TO_CHW = "ToCHWImage:"


def test_reads_an_exported_file(tmp_path: Path) -> None:
    config = _read(tmp_path, _EXPORTED)
    assert config.preprocess() == IMAGENET
    assert config.labels() == (["tench, Tinca tinca", "goldfish, Carassius auratus"], [])


def test_reads_every_field(tmp_path: Path) -> None:
    config = _with_ops(
        tmp_path,
        "DecodeImage: {to_rgb: false, channel_first: false}",
        "ResizeImage: {size: [192, 256], interpolation: BICUBIC, backend: cv2}",
        "CropImage: {size: [96, 128]}",
        "NormalizeImage: {scale: 0.00392157, mean: [0.1, 0.2, 0.3], std: [1, 2, 3], order: hwc, channel_num: 3}",
    )
    assert config.preprocess() == PreprocessSpec(
        color="BGR",
        resize=ResizeExact(192, 256, "bicubic"),
        center_crop=(96, 128),
        scale=0.00392157,
        mean=(0.1, 0.2, 0.3),
        std=(1, 2, 3),
        layout="NHWC",
    )


def test_defaults_are_those_of_paddleclas(tmp_path: Path) -> None:
    config = _with_ops(tmp_path, _TO_CHW, "NormalizeImage:")
    assert config.preprocess() == PreprocessSpec(resize=None, center_crop=None)


def test_resize_short_wins_over_size(tmp_path: Path) -> None:
    config = _with_ops(tmp_path, "ResizeImage: {resize_short: 292, size: 7}", _NORMALIZE, _TO_CHW)
    assert config.preprocess().resize == ResizeShort(292)


@pytest.mark.parametrize(
    ("operators", "sentence"),
    [
        (["ResizeImage: {resize_short: 256, interpolation: bicubic, backend: pil}"], "ResizeImage has the backend pil"),
        (["ResizeImage: {resize_short: 256, interpolation: lanczos}"], "ResizeImage has the interpolation lanczos"),
        (["ResizeImage: {interpolation: bilinear}"], "ResizeImage has the size None"),
        (["ResizeImage: {size: [1, 2, 3]}"], "ResizeImage has the size [1, 2, 3]"),
        (["ResizeImage: {size: 0}"], "resize.width is 0, expected an integer from 1"),
        (["ResizeImage: {size: 224, keep_ratio: true}"], "ResizeImage has the unknown field keep_ratio"),
        (["CropImage: {size: big}"], "CropImage has the size 'big'"),
        (["CropImage: {size: 224}", "ResizeImage: {size: 224}"], "has the order CropImage, ResizeImage"),
        (["CropImage: {size: 224}", "CropImage: {size: 200}"], "CropImage occurs twice"),
        (["PadSmallImage: {size: 224}"], "PadSmallImage has no counterpart in Oarlock"),
        (["ToTensor:"], "ToTensor has no counterpart"),
        (["DecodeImage: {channel_first: true}"], "DecodeImage has channel_first"),
        (["CropImage: 224"], "CropImage has 224 for its fields"),
        (["CropImage"], "which is no operator with its fields"),
    ],
)
def test_refuses_what_has_no_counterpart(tmp_path: Path, operators: list[str], sentence: str) -> None:
    with pytest.raises(PreprocessingError) as caught:
        _with_ops(tmp_path, *operators, _NORMALIZE, _TO_CHW).preprocess()
    assert sentence in caught.value.message
    assert "inference.yml: PreProcess." in caught.value.message


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ("{channel_num: 4, order: ''}", "has channel_num 4"),
        ("{output_fp16: true, order: ''}", "has output_fp16"),
        ("{order: chw}", "has the order 'chw', but ToCHWImage comes after it"),
        ("{mean: [1, 2], order: ''}", "has the mean [1, 2], expected three numbers"),
        ("{std: [0.1, 0, 0.2], order: ''}", "std"),
        ("{scale: __import__('os'), order: ''}", "has the scale"),
        ("{scale: 1/0, order: ''}", "has the scale '1/0'"),
        ("{scale: [1], order: ''}", "scale is [1]"),
        ("{wanted: 1, order: ''}", "has the unknown field wanted"),
    ],
)
def test_refuses_wrong_normalisation(tmp_path: Path, fields: str, sentence: str) -> None:
    with pytest.raises(PreprocessingError) as caught:
        _with_ops(tmp_path, f"NormalizeImage: {fields}", _TO_CHW).preprocess()
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected an inference.yml of PaddleClas with a section PreProcess"),
        ("- 1\n- 2\n", "expected an inference.yml"),
        ("a: [1,\nb: }", "not YAML at line 2"),
        ("PreProcess: {}\n", "PreProcess.transform_ops is missing"),
        ("PreProcess: {transform_ops: [ToCHWImage: ]}\n", "has no NormalizeImage"),
        ("a: !!python/object/apply:os.system ['true']\n", "not YAML"),
        ("[" * 5000, "not YAML"),
    ],
)
def test_refuses_files_that_are_none(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(PreprocessingError) as caught:
        _read(tmp_path, text).preprocess()
    assert sentence in caught.value.message


def _labels(tmp_path: Path, post_process: str) -> tuple[list[str] | None, list[str]]:
    return _read(tmp_path, f"PostProcess: {post_process}\n").labels()


def test_reads_labels_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("0 tench\n1 goldfish\n", encoding="utf-8")
    assert _labels(tmp_path, "{main_indicator: Topk, Topk: {topk: 5, class_id_map_file: list.txt}}") == (
        ["tench", "goldfish"],
        [],
    )


def test_remarks_on_what_is_left_behind(tmp_path: Path) -> None:
    labels, remarks = _labels(tmp_path, "{ThreshOutput: {threshold: 0.9, label_0: nobody, label_1: someone}}")
    assert labels == ["nobody", "someone"]
    assert "threshold (0.9) is not carried over" in remarks[0]
    labels, remarks = _labels(tmp_path, "{PersonAttribute: {glasses_threshold: 0.3}, SavePreLabel: {save_dir: x}}")
    assert labels is None
    assert len(remarks) == 1
    assert "PersonAttribute is not carried over" in remarks[0]


@pytest.mark.parametrize(
    ("post_process", "sentence"),
    [
        ("{Topk: {class_id_map_file: ../ppcls/utils/list.txt}}", "class_id_map_file is ../ppcls/utils/list.txt"),
        ("{Topk: {label_list: {0: a}}}", "label_list is not a list of names"),
        ("7", "PostProcess is 7, expected a section"),
    ],
)
def test_refuses_wrong_labels(tmp_path: Path, post_process: str, sentence: str) -> None:
    with pytest.raises(LabelsError) as caught:
        _labels(tmp_path, post_process)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0/255.0", 1 / 255),
        ("1./255.", 1 / 255),
        (" 1/255 ", 1 / 255),
        ("-(2 + 3) * 4 - 1", -21),
        ("0.00392157", 0.00392157),
        ("1e-3", 0.001),
    ],
)
def test_evaluates_arithmetic(text: str, value: float) -> None:
    assert evaluate(text) == value


def test_the_scale_has_the_bits_that_numpy_gives_it() -> None:
    # PaddleClas evaluates the text in double precision and then makes it a float32.
    assert np.float32(evaluate("1.0/255.0")) == np.float32(1.0 / 255.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1/0",
        "2**9",
        "9" * 200,
        "(1).real",
        "True",
        "1;2",
        "[1]",
        "1e400",
        "1j",
        "lambda: 1",
        "1 if 1 else 2",
    ],
)
def test_evaluates_nothing_else(text: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        evaluate(text)
