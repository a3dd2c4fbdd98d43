"""oarlock predict --engine paddle: source models, and bundles of the zoo, answered by PaddlePaddle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oarlock.preprocess import Preprocessor, PreprocessSpec, ResizeShort
from oarlock_opt import reference
from oarlock_opt._pictures import picture
from oarlock_opt.source import find_files
from tests.conftest import Run
from tests.schemas import validate

_SPEC = PreprocessSpec(resize=ResizeShort(36), center_crop=(32, 32))
_LABELS = [f"digit {number}" for number in range(10)]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"picture-{index}.png" for index in range(3)]
    for index, path in enumerate(paths):
        Image.fromarray(picture(index)).save(path)
    return paths


@pytest.fixture
def digits(models: Path, tmp_path: Path) -> Path:
    """The digits model with its preprocessing and labels beside it."""
    return _described(models / "digits", tmp_path / "digits")


def _described(model: Path, folder: Path) -> Path:
    shutil.copytree(model, folder)
    (folder / "preprocess.json").write_text(json.dumps(_SPEC.to_json()), encoding="utf-8")
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in _LABELS), encoding="utf-8")
    return folder


def _answers(done: Any) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        validate(line, "predict")
    return lines


def test_a_source_model(oarlock_cli: Run, digits: Path, pictures: list[Path]) -> None:
    done = oarlock_cli("predict", digits, *pictures, "--engine", "paddle", "--json", "--top", "10")
    tensors = [Preprocessor(_SPEC)(picture(index))[np.newaxis] for index in range(3)]
    result = reference.run(find_files(digits), [{"x": tensor} for tensor in tensors])
    for answer, path, outputs in zip(_answers(done), pictures, result.outputs, strict=True):
        [scores] = next(iter(outputs.values()))  # which end in a softmax, so that none is applied again
        assert (answer["file"], answer["variant"]) == (str(path), "paddle-fp32")
        assert {each["class_id"]: each["score"] for each in answer["top"]} == dict(enumerate(scores.tolist()))
        assert [each["class_id"] for each in answer["top"]] == np.argsort(-scores).tolist()
        assert answer["top"][0]["label"] == _LABELS[int(scores.argmax())]
        assert answer["ms"] > 0
    assert done.stderr == "Note: PaddlePaddle 3.3.1 answers, on cpu in one thread.\n"


def test_both_formats_and_engines_agree(
    oarlock_cli: Run, digits: Path, pir_models: Path, pictures: list[Path], tmp_path: Path, engine: Path
) -> None:
    pir = _described(pir_models / "digits", tmp_path / "pir")
    bundle = tmp_path / "digits.oar"
    oarlock_cli("opt", digits, "-o", bundle, "--target", "x86", "--no-golden")
    tops = []
    for model, options in ((digits, ("--engine", "paddle")), (pir, ("--engine", "paddle")), (bundle, ())):
        done = oarlock_cli("predict", model, *pictures, "--json", "--top", "10", *options)
        tops.append([[each[key] for each in it["top"]] for key in ("class_id", "score") for it in _answers(done)])
    for other in tops[1:]:
        assert other[:3] == tops[0][:3]
        np.testing.assert_allclose(other[3:], tops[0][3:], rtol=1e-4)


def test_options_of_a_source_model(oarlock_cli: Run, models: Path, pictures: list[Path], tmp_path: Path) -> None:
    spec, labels = tmp_path / "spec.json", tmp_path / "names.txt"
    spec.write_text(json.dumps(_SPEC.to_json()), encoding="utf-8")
    labels.write_text("".join(f"class {number}\n" for number in range(10)), encoding="utf-8")
    options = ["--engine", "paddle", "--device", "cpu", "--threads", "2", "--preprocess", spec, "--labels", labels]
    done = oarlock_cli("predict", models / "digits", pictures[0], *options, "--csv", "--top", "1")
    row = done.stdout.splitlines()[1].split(",")
    assert row[1:3] == ["paddle-fp32", "1"]
    assert row[4] == f"class {row[3]}"
    assert "on cpu in 2 threads" in done.stderr


def test_a_picture_that_is_none_gets_its_error(oarlock_cli: Run, digits: Path, pictures: list[Path]) -> None:
    pictures[1].write_bytes(b"no picture")
    done = oarlock_cli("predict", digits, *pictures, "--engine", "paddle", "--json", status=1)
    assert ["error" in answer for answer in _answers(done)] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("two-tensors", [], "does not take pictures and name classes"),
        ("digits", ["--preprocess", "none"], "does not take pictures and name classes"),
        ("digits", [], "preprocessing that is assumed, ImageNet evaluation: it gives float32"),
        ("nothing", [], "no such file or folder"),
        ("digits", ["--device", "gpu"], "is built without CUDA"),
    ],
)
def test_models_that_are_refused(
    oarlock_cli: Run, models: Path, pictures: list[Path], tmp_path: Path, name: str, options: list[str], said: str
) -> None:
    if "gpu" in options:
        options = [*options, "--preprocess", str(tmp_path / "spec.json")]
        (tmp_path / "spec.json").write_text(json.dumps(_SPEC.to_json()), encoding="utf-8")
    command = ["predict", models / name, pictures[0], "--engine", "paddle", *options]
    assert said in oarlock_cli(*command, status=1).stderr


def test_several_pictures_at_once_are_refused(
    oarlock_cli: Run, models: Path, pictures: list[Path], tmp_path: Path
) -> None:
    model = _described(models / "fixed-batch", tmp_path / "fixed")
    done = oarlock_cli("predict", model, pictures[0], "--engine", "paddle", status=1)
    assert "takes 2 pictures at once, expected 1 or any number" in done.stderr


def test_answers_that_are_not_finite(oarlock_cli: Run, digits: Path, pictures: list[Path]) -> None:
    params = bytearray((digits / "inference.pdiparams").read_bytes())
    params[-10 * 16 * 4 :] = np.full(10 * 16, np.nan, np.float32).tobytes()
    (digits / "inference.pdiparams").write_bytes(params)
    done = oarlock_cli("predict", digits, pictures[0], "--engine", "paddle", "--json", status=1)
    [answer] = _answers(done)
    assert answer["error"]["code"] == "OAR-NOT-FINITE"
    assert "see whether the parameters are the right ones" in answer["error"]["message"]


@pytest.fixture(scope="module")
def zoo(oarlock_cli: Run, tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Path:
    """A bundle whose source is a model of the zoo, with random weights."""
    bundle = tmp_path_factory.mktemp("zoo") / "lite0.oar"
    options = ["--weights", "random", "--seed", "7", "--target", "x86", "--no-golden"]
    oarlock_cli("opt", "EfficientNetLite0", "-o", bundle, *options)
    return bundle


class TestBundles:
    def test_of_the_zoo(self, oarlock_cli: Run, zoo: Path, pictures: list[Path]) -> None:
        commands = (("--engine", "paddle"), ())
        theirs, ours = (
            _answers(oarlock_cli("predict", zoo, pictures[0], "--json", *options))[0] for options in commands
        )
        assert (theirs["variant"], ours["variant"]) == ("paddle-fp32", "x86-fp32")
        assert [each["label"] for each in theirs["top"]] == [each["label"] for each in ours["top"]]
        np.testing.assert_allclose(
            [each["score"] for each in theirs["top"]], [each["score"] for each in ours["top"]], rtol=1e-4
        )

    def test_of_the_zoo_with_other_parameters(
        self, oarlock_cli: Run, zoo: Path, pictures: list[Path], tmp_path: Path
    ) -> None:
        copy = tmp_path / "lite0.oar"
        shutil.copytree(zoo, copy)
        data = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
        data["source"]["zoo"]["seed"] = 8
        (copy / "bundle.json").write_text(json.dumps(data), encoding="utf-8")
        done = oarlock_cli("predict", copy, pictures[0], "--engine", "paddle", status=1)
        assert "exported here it has other parameters than those that were recorded" in done.stderr

    def test_of_a_file(
        self, oarlock_cli: Run, digits: Path, pictures: list[Path], tmp_path: Path, engine: Path
    ) -> None:
        bundle = tmp_path / "digits.oar"
        oarlock_cli("opt", digits, "-o", bundle, "--target", "x86", "--no-golden")
        done = oarlock_cli("predict", bundle, pictures[0], "--engine", "paddle", status=1)
        assert "a bundle does not hold the model it was made from" in done.stderr
        assert "(inference.pdmodel, inference.pdiparams)" in done.stderr
        assert "give that model in the place of the bundle" in done.stderr

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--engine", "paddle", "--variant", "x86-fp32"], "--variant is for --engine lite"),
            (["--device", "cpu"], "--device is for --engine paddle"),
            (["--engine", "paddle", "--labels", "x"], "--labels is for .nb files and source models"),
        ],
    )
    def test_usage(self, oarlock_cli: Run, zoo: Path, pictures: list[Path], options: list[str], said: str) -> None:
        assert said in oarlock_cli("predict", zoo, pictures[0], *options, status=2).stderr
