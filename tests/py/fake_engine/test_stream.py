"""Classifier.stream: any number of pictures, in order, whatever happens to one of them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from oarlock.classifier import MAX_WORKERS, Classifier, default_workers
from oarlock.errors import BadImageError, ClosedError, ImageTooLargeError, InvalidArgumentError, NotFiniteError

from ..helpers import Build, make_bundle


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Thirty different pictures, the eighth and the last of them broken."""
    paths = [tmp_path / f"{number}.png" for number in range(30)]
    for number, path in enumerate(paths):
        Image.fromarray(np.roll(data.chelsea(), 15 * number, axis=1)[:60, :80]).save(path)
    paths[7].write_bytes(b"")
    paths[29].write_bytes(paths[0].read_bytes()[:2000])
    return paths


@pytest.fixture
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier.open(bundle) as opened:
        yield opened


@pytest.mark.parametrize("workers", [None, 1, 2, 7])
def test_answers_in_order(classifier: Classifier, pictures: list[Path], workers: int | None) -> None:
    answers = list(classifier.stream(pictures, 3, workers=workers))
    assert [answer.item for answer in answers] == pictures
    for number, answer in enumerate(answers):
        if number in (7, 29):
            assert answer.best == []
            assert answer.seconds == 0
            assert str(pictures[number]) in str(answer.error)
        else:
            assert answer.error is None
            assert [answer.best] == classifier.classify(pictures[number], top=3)
            assert answer.seconds > 0


def test_classify_stops_at_the_first_error(classifier: Classifier, pictures: list[Path]) -> None:
    with pytest.raises(BadImageError, match=f"{pictures[7]}: is empty"):
        classifier.classify(pictures)


def test_items_are_read_in_threads(classifier: Classifier, pictures: list[Path]) -> None:
    threads: set[str] = set()

    def read(number: int) -> Path:
        threads.add(threading.current_thread().name)
        if number == 3:
            raise ImageTooLargeError("the third")
        return pictures[number]

    answers = list(classifier.stream(range(7), 1, workers=2, read=read))
    assert [answer.item for answer in answers] == list(range(7))
    assert [str(answer.error) for answer in answers if answer.error] == ["the third"]
    assert threads <= {"oarlock-worker-0", "oarlock-worker-1"}


def test_never_far_ahead(classifier: Classifier, pictures: list[Path]) -> None:
    taken = 0

    def items() -> Iterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            yield pictures[0]

    stream = classifier.stream(items(), workers=3)
    for number in range(1, 20):
        next(stream)
        time.sleep(0.01)
        assert taken <= number + 3 + 2 + 1  # and the one that is being taken
    stream.close()
    time.sleep(0.1)
    before = taken
    time.sleep(0.1)
    assert taken == before


def test_an_error_of_the_items_ends_the_answers(classifier: Classifier, pictures: list[Path]) -> None:
    def items() -> Iterator[Path]:
        yield pictures[0]
        yield pictures[7]
        raise OSError("the list is gone")

    stream = classifier.stream(items())
    assert [next(stream).error is None for _ in range(2)] == [True, False]
    with pytest.raises(OSError, match="the list is gone"):
        next(stream)


def test_errors_of_the_engine_are_answers(build: Build, tmp_path: Path, pictures: list[Path]) -> None:
    bundle = make_bundle(build, tmp_path / "x.oar", variants={"x86-fp32": ("--marker", "fake_nan")})
    with Classifier.open(bundle) as classifier:
        answers = list(classifier.stream(pictures[:3]))
    assert [type(answer.error) for answer in answers] == [NotFiniteError] * 3


def test_closed(bundle: Path, pictures: list[Path]) -> None:
    with Classifier.open(bundle) as classifier:
        stream = classifier.stream(pictures)
        next(stream)
    with pytest.raises(ClosedError):
        next(stream)


@pytest.mark.parametrize(
    ("top", "workers", "sentence"),
    [
        (0, 1, "top is 0, expected at least 1"),
        (1, 0, "workers is 0, expected 1 to 64"),
        (1, MAX_WORKERS + 1, "workers is 65, expected 1 to 64"),
    ],
)
def test_arguments(classifier: Classifier, top: int, workers: int, sentence: str) -> None:
    with pytest.raises(InvalidArgumentError, match=sentence):
        classifier.stream([], top, workers=workers)
    assert 1 <= default_workers() <= 4


def test_limit_of_pixels(bundle: Path, pictures: list[Path]) -> None:
    with Classifier.open(bundle, max_pixels=4799) as classifier:
        with pytest.raises(ImageTooLargeError, match="has 80 x 60 pixels, expected at most 4799"):
            classifier.classify(pictures[0])
        assert classifier.classify(data.chelsea())


def test_eight_threads_with_a_classifier_each(bundle: Path, pictures: list[Path]) -> None:
    def run() -> list[bytes]:
        with Classifier.open(bundle) as classifier:
            return [classifier.scores(classifier.prepare(path)[None]).tobytes() for path in pictures[:7]]

    expected = run()
    results: list[list[bytes]] = []
    threads = [threading.Thread(target=lambda: results.append(run())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


_MEMORY = """
import sys
from itertools import chain, repeat
from pathlib import Path
from oarlock.classifier import Classifier

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

bundle, *pictures = sys.argv[1:]
with Classifier.open(bundle) as classifier:
    for number, answer in enumerate(classifier.stream(chain.from_iterable(repeat(pictures, 1000 // len(pictures)))), 1):
        if number == 100:
            print(resident())
assert number == 1000
print(resident())
"""


def test_memory_stays_flat(bundle: Path, tmp_path: Path) -> None:
    """After 1,000 pictures within a tenth of what it was after 100; sizes and kinds vary, and some are broken."""
    pictures = []
    for number in range(20):
        suffix = ("jpg", "png", "tif", "webp", "gif")[number % 5]
        pictures.append(tmp_path / f"{number}.{suffix}")
        Image.fromarray(data.chelsea()).resize((300 + 40 * number, 700 - 20 * number)).save(pictures[-1])
    pictures[6].write_bytes(pictures[6].read_bytes()[:-500])
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, bundle, *pictures], capture_output=True, text=True, check=True, timeout=200
    )
    early, late = map(int, done.stdout.split())
    assert late <= 1.1 * early
