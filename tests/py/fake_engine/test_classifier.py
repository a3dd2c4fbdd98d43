"""Classifier: pictures in any form, labels and probabilities out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from oarlock import images
from oarlock.bundle import Bundle
from oarlock.classifier import Classifier, Prediction
from oarlock.errors import (
    BadBundleError,
    BadDtypeError,
    BadImageError,
    ClosedError,
    EngineFailedError,
    InvalidArgumentError,
    NotAClassifierError,
    NotFiniteError,
    NotFoundError,
)
from oarlock.frames import Frame
from oarlock.preprocess import Preprocessor, PreprocessSpec
from oarlock.scores import softmax

from ..helpers import CLASSES, SMALL, Build, fake_scores, make_bundle

_CAT: NDArray[np.uint8] = data.chelsea()
_CUP: NDArray[np.uint8] = data.coffee()


def _expected(image: NDArray[np.uint8], logits: bool = True) -> list[Prediction]:
    raw = fake_scores(Preprocessor(SMALL)(image)[None])[0]
    scores = softmax(raw) if logits else raw
    order = sorted(range(CLASSES), key=lambda it: (-scores[it], it))
    return [Prediction(it, f"class {it}, thing", float(scores[it])) for it in order]


@pytest.fixture
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier.open(bundle) as opened:
        yield opened


class TestClassify:
    def test_top(self, classifier: Classifier) -> None:
        [best] = classifier.classify(_CAT, top=3)
        assert best == _expected(_CAT)[:3]
        assert best[0].score > best[1].score > best[2].score
        assert len(classifier.classify(_CAT)[0]) == 5
        everything = classifier.classify(_CAT, top=999)[0]
        assert everything == _expected(_CAT)
        assert sum(it.score for it in everything) == pytest.approx(1)

    def test_every_kind_of_picture(self, classifier: Classifier, tmp_path: Path) -> None:
        path = tmp_path / "cat.png"
        Image.fromarray(_CAT).save(path)
        frame = Frame.from_arrays("BGR", np.rot90(_CAT)[:, :, ::-1], rotation=90)
        content = path.read_bytes()
        kinds: list[Any] = [str(path), path, content, Image.fromarray(_CAT), Image.open(path), _CAT, frame]
        assert classifier.classify(io.BytesIO(content)) == classifier.classify(_CAT)
        expected = classifier.classify(_CAT)
        for picture in kinds:
            assert classifier.classify(picture) == expected
        assert classifier.classify(kinds) == expected * len(kinds)
        assert classifier.classify(iter(kinds)) == expected * len(kinds)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation(self, classifier: Classifier, tmp_path: Path, orientation: int) -> None:
        """The core turns what it needs; the result is that of turning the whole picture."""
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(_CUP).save(tmp_path / "cup.png", exif=exif)
        expected = classifier.prepare(images.load(tmp_path / "cup.png"))
        np.testing.assert_array_equal(classifier.prepare(tmp_path / "cup.png"), expected)

    def test_exif_orientation(self, build: Build, tmp_path: Path) -> None:
        turned = Image.fromarray(np.rot90(_CAT).copy())
        turned.getexif()[0x0112] = 6
        turned.save(tmp_path / "turned.png", exif=turned.getexif())
        with Classifier.open(make_bundle(build, tmp_path / "a.oar")) as heeding:
            assert heeding.classify(tmp_path / "turned.png") == heeding.classify(_CAT)
            assert heeding.classify(turned) == heeding.classify(_CAT)
        spec = PreprocessSpec(**{**vars(SMALL), "exif_orientation": False})
        with Classifier.open(make_bundle(build, tmp_path / "b.oar", preprocess=spec.to_json())) as ignoring:
            assert ignoring.classify(tmp_path / "turned.png") == ignoring.classify(np.rot90(_CAT))

    @pytest.mark.parametrize("count", [0, 1, 9])
    def test_several_give_what_single_pictures_give(self, classifier: Classifier, count: int) -> None:
        pictures = [np.roll(_CAT, 20 * number, axis=1) for number in range(count)]
        assert classifier.classify(pictures) == [classifier.classify(it)[0] for it in pictures]

    def test_one_picture_a_run(self, classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []
        scores = classifier.scores

        def spy(batch: NDArray[np.float32]) -> NDArray[np.float32]:
            sizes.append(len(batch))
            return scores(batch)

        monkeypatch.setattr(classifier, "scores", spy)
        classifier.classify([_CAT] * 17)
        assert sizes == [1] * 17

    def test_model_that_takes_one_at_a_time(self, build: Build, tmp_path: Path) -> None:
        variants = {"x86-fp32": ("--input", "x:float32:1,3,8,8", "--output", "y:1,10")}
        with Classifier.open(make_bundle(build, tmp_path / "x.oar", variants=variants)) as classifier:
            assert classifier.classify([_CAT, _CUP], top=999) == [_expected(_CAT), _expected(_CUP)]

    def test_pictures_of_different_sizes_without_crop(self, build: Build, tmp_path: Path) -> None:
        spec = PreprocessSpec(resize=None, center_crop=None)
        variants = {"x86-fp32": ("--input", "x:float32:-1,3,-1,-1")}
        with Classifier.open(
            make_bundle(build, tmp_path / "x.oar", variants=variants, preprocess=spec.to_json())
        ) as classifier:
            pictures = [_CAT[:9, :9], _CAT[:9, :9], _CAT[:20, :9], _CAT[:9, :9]]
            results = classifier.classify(pictures)
            assert results == [classifier.classify(it)[0] for it in pictures]
            assert results[0] == results[1] == results[3] != results[2]

    def test_probabilities_are_not_softmaxed_again(self, build: Build, tmp_path: Path) -> None:
        outputs = [{"name": "y", "shape": [-1, 10], "dtype": "float32", "meaning": "probabilities"}]
        with Classifier.open(make_bundle(build, tmp_path / "x.oar", outputs=outputs)) as classifier:
            assert classifier.classify(_CAT, top=999) == [_expected(_CAT, logits=False)]

    def test_the_output_that_names_classes(self, build: Build, tmp_path: Path) -> None:
        variants = {"x86-fp32": ("--output", "features:-1,7", "--output", "y:-1,10")}
        shapes = {"features": ([-1, 7], "tensor"), "y": ([-1, 10], "logits")}
        outputs = [{"name": name, "shape": it[0], "dtype": "float32", "meaning": it[1]} for name, it in shapes.items()]
        with Classifier.open(make_bundle(build, tmp_path / "x.oar", variants=variants, outputs=outputs)) as classifier:
            assert classifier.classify(_CAT, top=999) == [_expected(_CAT)]

    def test_without_labels(self, build: Build, tmp_path: Path) -> None:
        with Classifier.open(make_bundle(build, tmp_path / "x.oar", labels=None)) as classifier:
            assert [it.label for it in classifier.classify(_CAT)[0]] == [None] * 5

    def test_steps(self, classifier: Classifier) -> None:
        tensor = classifier.prepare(_CAT)
        np.testing.assert_array_equal(tensor, Preprocessor(SMALL)(_CAT))
        [scores] = classifier.scores(tensor[None])
        assert classifier.best(scores, 2) == _expected(_CAT)[:2]
        assert classifier.last_run_seconds > 0
        assert classifier.variant is not None
        assert classifier.variant.id == classifier.variant_id == "x86-fp32"
        assert classifier.bundle is not None
        assert classifier.bundle.name == "small"


class TestRefused:
    def test_top(self, classifier: Classifier) -> None:
        with pytest.raises(InvalidArgumentError, match="top is 0, expected at least 1"):
            classifier.classify(_CAT, top=0)

    @pytest.mark.parametrize(
        ("picture", "error"),
        [
            ("/nowhere.png", NotFoundError),
            (_CAT.astype(np.float32), BadDtypeError),
            (np.zeros((2, 8, 8, 3), np.uint8), BadImageError),
            ([_CAT, "/nowhere.png"], NotFoundError),
            ([_CAT, 7], BadImageError),
        ],
    )
    def test_pictures(self, classifier: Classifier, picture: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            classifier.classify(picture)

    @pytest.mark.parametrize("meaning", ["logits", "probabilities"])
    def test_nan(self, build: Build, tmp_path: Path, meaning: str) -> None:
        outputs = [{"name": "y", "shape": [-1, 10], "dtype": "float32", "meaning": meaning}]
        variants = {"x86-fp32": ("--marker", "fake_nan")}
        bundle = make_bundle(build, tmp_path / "x.oar", variants=variants, outputs=outputs)
        with Classifier.open(bundle) as classifier:
            with pytest.raises(NotFiniteError, match="x86-fp32: 10 of 10 scores are NaN or infinite"):
                classifier.classify(_CAT)
            with pytest.raises(NotFiniteError):
                classifier.scores(classifier.prepare(_CAT)[None])

    def test_scores_that_are_all_equal(self, classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(classifier._model.session, "run", lambda feeds: {"y": np.zeros((1, 10), np.float32)})
        with pytest.raises(EngineFailedError, match="x86-fp32: all 10 scores of a picture are equal"):
            classifier.classify(_CAT)

    def test_no_classifier(self, build: Build, tmp_path: Path) -> None:
        outputs = [{"name": "y", "shape": [-1, 10], "dtype": "float32", "meaning": "tensor"}]
        without: list[dict[str, Any]] = [{"preprocess": None}, {"outputs": outputs}]
        for number, changes in enumerate(without):
            bundle = make_bundle(build, tmp_path / f"{number}.oar", **changes)
            with pytest.raises(NotAClassifierError, match=f"{bundle}: small does not take pictures and name classes"):
                Classifier.open(bundle)

    @pytest.mark.parametrize(
        "inputs", [["x:float32:4,3,8,8"], ["x:float32:-1,192"], ["x:float32:-1,3,8,8", "z:float32:-1,2"]]
    )
    def test_inputs_that_are_no_picture(self, build: Build, tmp_path: Path, inputs: list[str]) -> None:
        options = tuple(part for it in inputs for part in ("--input", it))
        bundle = make_bundle(build, tmp_path / "x.oar", variants={"x86-fp32": options})
        with pytest.raises(BadBundleError, match="expected one input of four dimensions whose first is 1 or -1"):
            Classifier.open(bundle)

    def test_closed(self, bundle: Path) -> None:
        classifier = Classifier.open(bundle)
        classifier.close()
        classifier.close()
        with pytest.raises(ClosedError):
            classifier.classify(_CAT)

    def test_variant_and_engine(self, bundle: Path, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="x86-int8"):
            Classifier.open(bundle, variant="x86-int8")
        with pytest.raises(NotFoundError, match=r"lite\.so"):
            Classifier.open(bundle, engine=tmp_path / "lite.so")
        assert Classifier.open(bundle, variant="x86-fp32", threads=2, power="low").variant in Bundle(bundle).variants
