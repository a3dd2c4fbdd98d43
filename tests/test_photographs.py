"""The demo's promise: a trained classifier's .nb names real photographs as PaddlePaddle does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import oarlock
from oarlock import images
from oarlock_opt import reference
from oarlock_opt.source import find_files
from tests.conftest import Figure, Run
from tests.schemas import validate

_EXPECTED = {
    "chelsea.png": {"tabby", "tiger cat", "Egyptian cat"},
    "coffee.png": {"espresso", "cup", "coffee mug"},
    "rocket.jpg": {"missile", "projectile", "space shuttle"},
    "camera.png": {"tripod"},
}


def test_names_what_they_show(lite0: Path, photographs: Path, oarlock_cli: Run) -> None:
    files = [str(photographs / name) for name in _EXPECTED]
    lines = oarlock_cli("predict", lite0, *files, "--top", "3", "--json").stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["file"] for answer in answers] == files
    for answer, labels in zip(answers, _EXPECTED.values(), strict=True):
        validate(answer, "predict")
        assert answer["top"][0]["label"] in labels


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.full), 2])
def test_answers_as_paddlepaddle(
    lite0: Path, lite0_source: Path, photographs: Path, figure: Figure, threads: int
) -> None:
    files = sorted(path for path in photographs.iterdir() if path.suffix in (".png", ".jpg"))
    with oarlock.Classifier.open(lite0) as classifier:
        tensors = [classifier.prepare(file)[np.newaxis] for file in files]
        first_places = [best[0].class_id for best in classifier.classify(files, top=1)]
    with oarlock.Bundle.open(lite0).open_session(threads=threads) as session:
        found = [next(iter(session.run({session.inputs[0].name: tensor}).values())) for tensor in tensors]
    expected = [
        next(iter(outputs.values()))
        for outputs in reference.run(find_files(lite0_source), [{"x": tensor} for tensor in tensors]).outputs
    ]
    errors = [np.abs(ours - theirs).max() / np.abs(theirs).max() for ours, theirs in zip(found, expected, strict=True)]
    figure(f"EfficientNet-Lite0, {len(files)} photographs, {threads} threads: largest relative error", max(errors))
    assert max(errors) <= 1e-5
    assert first_places == [int(theirs.argmax()) for theirs in expected]


def test_goldens_hold(lite0: Path) -> None:
    bundle = oarlock.Bundle.open(lite0)
    golden = bundle.data["golden"]
    preprocessor = oarlock.Preprocessor(bundle.preprocess)
    with bundle.open_session("x86-fp32") as session:
        for case in golden["cases"]:
            feeds = {it["name"]: np.load(bundle.file(it["file"])) for it in case["inputs"]}
            if case["image"] is not None:
                [tensor] = feeds.values()
                picture = images.load(bundle.file(case["image"]["file"]))
                np.testing.assert_array_equal(preprocessor(picture)[np.newaxis], tensor)
            found = session.run(feeds)
            for it in case["outputs"]:
                expected = np.load(bundle.file(it["file"]))
                ours = found[it["name"]]
                limit = golden["tolerances"]["fp32"]["max_relative_error"]
                assert np.abs(ours - expected).max() / np.abs(expected).max() <= limit
