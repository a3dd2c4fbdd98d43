"""Classifiers of bare .nb files, in the library and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from skimage import data

from oarlock.classifier import Classifier, Prediction
from oarlock.cli import main
from oarlock.errors import (
    BadModelError,
    LabelsError,
    NotAClassifierError,
    NotFoundError,
    OarlockError,
    PreprocessingError,
    VersionMismatchError,
    WrongTargetError,
)
from oarlock.preprocess import PreprocessSpec, ResizeShort
from oarlock.scores import softmax

from ...schemas import validate
from ..helpers import CLASSES, SMALL, Build, fake_scores

_CAT = data.chelsea()


def _run(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(_CAT).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


@pytest.fixture
def preprocess(tmp_path: Path) -> Path:
    (tmp_path / "preprocess.json").write_text(json.dumps(SMALL.to_json()))
    return tmp_path / "preprocess.json"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("".join(f"{number} class {number}\n" for number in range(CLASSES)))
    return tmp_path / "labels.txt"


class TestLibrary:
    def test_answers(self, model: Path) -> None:
        names = [f"class {number}" for number in range(CLASSES)]
        with Classifier.from_nb(model, preprocess=SMALL, labels=names) as classifier:
            assert (classifier.bundle, classifier.variant, classifier.variant_id) == (None, None, "x86")
            [best] = classifier.classify(_CAT, top=99)
            scores = softmax(fake_scores(classifier.prepare(_CAT)[None]))[0]
        order = np.argsort(-scores, kind="stable").tolist()
        assert best == [Prediction(it, names[it], float(scores[it])) for it in order]
        with Classifier.from_nb(model, preprocess=SMALL) as classifier:
            assert [it.label for it in classifier.classify(_CAT)[0]] == [None] * 5

    @pytest.mark.parametrize("inside", [False, True])
    def test_probabilities_are_left_as_they_are(
        self, build: Build, tmp_path: Path, inside: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the file holds a softmax; what does not sum to one goes through softmax all the same."""
        options = ("--marker", "softmax") if inside else ()
        with Classifier.from_nb(build.make_nb(tmp_path / "x.nb", *options), preprocess=SMALL) as classifier:
            batch = classifier.prepare(_CAT)[None]
            raw = fake_scores(batch)
            np.testing.assert_array_equal(classifier.scores(batch), softmax(raw))
            distribution = softmax(raw)
            monkeypatch.setattr(classifier._model.session, "run", lambda _: {"y": distribution})
            np.testing.assert_array_equal(classifier.scores(batch), distribution if inside else softmax(distribution))

    @pytest.mark.parametrize(
        ("options", "error", "sentence"),
        [
            (("--target", "arm"), WrongTargetError, "made for ARM"),
            (("--version", "v9.9"), VersionMismatchError, "9.9"),
            (("--input", "x:float32:-1,3,9,9"), PreprocessingError, r"gives float32 \[any, 3, 8, 8\], but .*3, 9, 9\]"),
            (("--input", "x:int32:-1,3,8,8"), PreprocessingError, "takes int32"),
            (("--input", "x:float32:-1,3,8,8", "--input", "z:float32:-1,2"), PreprocessingError, "the model takes 2"),
            (("--input", "x:float32:4,3,8,8"), NotAClassifierError, "takes 4 pictures at once"),
            (("--output", "y:-1,10,7,7"), NotAClassifierError, r"gives \[-1, 10, 7, 7\], expected a score"),
        ],
    )
    def test_refused(
        self, build: Build, tmp_path: Path, options: tuple[str, ...], error: type[OarlockError], sentence: str
    ) -> None:
        path = build.make_nb(tmp_path / "x.nb", *options)
        with pytest.raises(error, match=sentence):
            Classifier.from_nb(path, preprocess=SMALL)

    def test_files_that_are_none(self, model: Path, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            Classifier.from_nb(tmp_path / "nowhere.nb")
        cut = tmp_path / "cut.nb"
        cut.write_bytes(model.read_bytes()[:-20])
        with pytest.raises(BadModelError, match=r"cut\.nb"):
            Classifier.from_nb(cut, preprocess=SMALL)

    def test_labels_that_do_not_fit(self, model: Path) -> None:
        with pytest.raises(LabelsError, match="2 labels, but the output 'y' has 10 classes"):
            Classifier.from_nb(model, preprocess=SMALL, labels=["a", "b"])

    def test_the_output_that_names_classes(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "x.nb", "--output", "map:-1,10,7,7", "--output", "y:-1,10,1,1")
        with Classifier.from_nb(path, preprocess=SMALL) as classifier:
            batch = classifier.prepare(_CAT)[None]
            np.testing.assert_array_equal(classifier.scores(batch), softmax(fake_scores(batch)))

    def test_a_map_of_scores_that_the_file_did_not_announce(self, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with Classifier.from_nb(model, preprocess=SMALL) as classifier:
            monkeypatch.setattr(classifier._model.session, "run", lambda _: {"y": np.zeros((1, 10, 7, 7), np.float32)})
            with pytest.raises(NotAClassifierError, match=r"its output has shape \(1, 10, 7, 7\)"):
                classifier.classify(_CAT)


class TestCommand:
    def test_json(self, model: Path, picture: Path, preprocess: Path, labels: Path) -> None:
        result = _run(model, picture, "--json", "--preprocess", preprocess, "--labels", labels)
        line = json.loads(result.stdout)
        validate(line, "predict")
        assert line["variant"] == "x86"
        assert line["top"][0]["label"] == f"class {line['top'][0]['class_id']}"
        assert result.stderr == ""

    def test_what_is_assumed_is_said(self, build: Build, tmp_path: Path, picture: Path) -> None:
        model = build.make_nb(tmp_path / "x.nb", "--input", "x:float32:-1,3,224,224")
        assumed = _run(model, picture, "--top", "1")
        assert assumed.stderr.startswith(f"Note: {model} does not say how it wants pictures; PaddleClas' evaluation")
        confirmed = _run(model, picture, "--top", "1", "--preprocess", "imagenet")
        assert confirmed.stderr == ""
        assert confirmed.stdout.splitlines()[1:] == assumed.stdout.splitlines()[1:]

    @pytest.mark.parametrize(
        ("content", "code", "sentence"),
        [
            (None, "OAR-PREPROCESS", "no such file"),
            ("{", "OAR-PREPROCESS", "not JSON"),
            ('{"color": "RGB"}', "OAR-PREPROCESS", "preprocess lacks exif_orientation"),
            (json.dumps(PreprocessSpec(resize=ResizeShort(256)).to_json()), "OAR-PREPROCESS", "give another with"),
        ],
    )
    def test_preprocessing_that_cannot_be(
        self, model: Path, picture: Path, tmp_path: Path, content: str | None, code: str, sentence: str
    ) -> None:
        path = tmp_path / "p.json"
        if content is not None:
            path.write_text(content)
        failure: dict[str, Any] = json.loads(_run(model, picture, "--json", "--preprocess", path, status=1).stdout)
        validate(failure, "failure")
        assert failure["error"]["code"] == code
        assert sentence in failure["error"]["message"]

    def test_text_called_nb(self, tmp_path: Path, picture: Path) -> None:
        (tmp_path / "x.nb").write_text("Dear all,\n")
        assert "x.nb: is text, not a Paddle Lite model" in _run(tmp_path / "x.nb", picture, status=1).stderr

    def test_options_of_the_other_kind(self, model: Path, bundle: Path, picture: Path, labels: Path) -> None:
        assert "--variant is for bundles" in _run(model, picture, "--variant", "x86-fp32", status=2).stderr
        for options in (("--labels", labels), ("--preprocess", "imagenet")):
            assert "for .nb files" in _run(bundle, picture, *options, status=2).stderr
