"""Sessions and classifiers on Paddle Lite itself, with EfficientNet-Lite0 and its ImageNet weights."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from oarlock import Bundle, Classifier, Session
from oarlock.cli import main
from oarlock.commands import _pace
from oarlock.errors import BadImageError

from ..conftest import Run
from ..schemas import validate

_PHOTOGRAPHS = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")


@pytest.fixture(scope="module")
def images(lite0: Path, photographs: Path) -> NDArray[np.float32]:
    """Four photographs as the model takes them: (4, 3, 224, 224)."""
    with Classifier.open(lite0) as classifier:
        return np.stack([classifier.prepare(photographs / name) for name in _PHOTOGRAPHS])


def _run(session: Session, images: NDArray[np.float32]) -> NDArray[Any]:
    [output] = session.run({session.inputs[0].name: images}).values()
    return output


def test_any_batch(lite0: Path, images: NDArray[np.float32]) -> None:
    with Bundle.open(lite0).open_session() as session:
        assert session.inputs[0].shape == (-1, 3, 224, 224)
        together = _run(session, images)
        for number in (2, 0, 3):
            alone = _run(session, images[number : number + 1])
            np.testing.assert_allclose(alone[0], together[number], atol=1e-5 * np.abs(together).max(), rtol=0)
        np.testing.assert_array_equal(_run(session, images), together)


def test_memory_and_threads_of_the_engine(lite0: Path, images: NDArray[np.float32], engine: Path) -> None:
    bundle = Bundle.open(lite0)
    with bundle.open_session("x86-fp32") as session:
        expected = _run(session, images)
    data = bundle.file("x86-fp32.nb").read_bytes()
    with Session.from_bytes(data, engine=engine) as session:
        np.testing.assert_array_equal(_run(session, images), expected)
    with Session(bundle.file("x86-fp32.nb"), threads=2, power="high") as session:
        np.testing.assert_allclose(_run(session, images), expected, atol=1e-5 * np.abs(expected).max(), rtol=0)


def test_sessions_at_once_give_the_bytes_of_one(lite0: Path, images: NDArray[np.float32]) -> None:
    bundle = Bundle.open(lite0)
    with bundle.open_session() as session:
        expected = [_run(session, image[None]) for image in images]
    outputs: dict[tuple[int, int], NDArray[Any]] = {}

    def work(number: int) -> None:
        with bundle.open_session() as session:
            for turn in range(3):
                outputs[number, turn] = _run(session, images[number % len(images)][None])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outputs) == 3 * 8
    for (number, _), output in outputs.items():
        np.testing.assert_array_equal(output, expected[number % len(images)])


def test_one_session_shared_by_threads(lite0: Path, images: NDArray[np.float32]) -> None:
    with Bundle.open(lite0).open_session() as session:
        expected = [_run(session, image[None]) for image in images]
        right: list[bool] = []

        def work(number: int) -> None:
            for _ in range(3):
                right.append(np.array_equal(_run(session, images[number : number + 1]), expected[number]))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(images))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert right == [True] * 3 * len(images)


def test_program_and_library_agree(lite0: Path, photographs: Path, oarlock_cli: Run) -> None:
    files = [photographs / name for name in _PHOTOGRAPHS]
    lines = [
        json.loads(line) for line in oarlock_cli("predict", lite0, *files, "--json", "--top", "3").stdout.splitlines()
    ]
    for line in lines:
        validate(line, "predict")
    with Classifier.open(lite0) as classifier:
        results = [classifier.classify(file, top=3)[0] for file in files]
    assert [line["top"] for line in lines] == [[vars(prediction) for prediction in best] for best in results]
    assert [best[0].label for best in results[:2]] == ["tiger cat", "espresso"]


def test_stream_gives_what_classify_gives(lite0: Path, photographs: Path) -> None:
    files = [photographs / name for name in (*_PHOTOGRAPHS, "README.txt", *_PHOTOGRAPHS)]
    with Classifier.open(lite0) as classifier:
        answers = list(classifier.stream(files, workers=3))
        for file, answer in zip(files, answers, strict=True):
            if file.suffix == ".txt":
                assert isinstance(answer.error, BadImageError)
            else:
                assert [answer.best] == classifier.classify(file)


def test_bare_nb_file(lite0: Path, photographs: Path, tmp_path: Path, oarlock_cli: Run) -> None:
    """Given the bundle's preprocessing and labels, it answers as the bundle does."""
    bundle = Bundle.open(lite0)
    nb = bundle.file("x86-fp32.nb")
    (tmp_path / "preprocess.json").write_text(json.dumps(bundle.data["preprocess"]))
    files = [photographs / name for name in _PHOTOGRAPHS]
    options = ("--json", "--preprocess", tmp_path / "preprocess.json", "--labels", lite0 / "labels.txt")
    found = [json.loads(line) for line in oarlock_cli("predict", nb, *files, *options).stdout.splitlines()]
    expected = [json.loads(line) for line in oarlock_cli("predict", lite0, *files, "--json").stdout.splitlines()]
    for line in found:
        validate(line, "predict")
    assert [line["top"] for line in found] == [line["top"] for line in expected]
    assert {line["variant"] for line in found} == {"x86"}
    arm = oarlock_cli("predict", bundle.file("arm64-fp32.nb"), *files, *options, status=1)
    assert json.loads(arm.stdout)["error"]["code"] == "OAR-WRONG-TARGET"


def test_remark_on_the_x86_engine(lite0: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pace, "_AFTER_SECONDS", 0.2)
    files = [str(photographs / "coffee.png")] * 20
    result = CliRunner().invoke(main, ["predict", str(lite0), *files, "--top", "1"])
    assert result.exit_code == 0
    assert result.stderr.count("Note: Paddle Lite's x86 engine takes ") == 1
    assert len(result.stdout.splitlines()) == 40


def test_doctor(engine: Path, oarlock_cli: Run) -> None:
    diagnosis = json.loads(oarlock_cli("doctor", "--json").stdout)
    validate(diagnosis, "doctor")
    assert diagnosis["ok"]
    assert f"2.12, {engine}" in [check["found"] for check in diagnosis["checks"]]
    assert diagnosis["targets"]["x86"]["run"]


def test_inspect(lite0: Path, oarlock_cli: Run) -> None:
    description = json.loads(oarlock_cli("inspect", lite0, "--json").stdout)
    validate(description, "inspect")
    assert description["problems"] == []
    for variant in Bundle.open(lite0).variants:
        nb = json.loads(oarlock_cli("inspect", lite0 / variant.file, "--json").stdout)
        validate(nb, "inspect")
        assert nb["nb"]["size"] == variant.size
