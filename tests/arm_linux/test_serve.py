"""oarlock-classify --serve: the model and its preprocessing for a program at the other end of two pipes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ..py.helpers import Build, make_bundle
from .conftest import Program
from .serving import Served


@pytest.fixture
def served(program: Program, bundle: Path) -> Iterator[Served]:
    command = [program.path, "--serve", bundle, "--variant", "x86-fp32", "--threads", "2"]
    with Served(command, env=program.environment) as served:
        yield served


def _tensor(batch: int = 1) -> np.ndarray:
    return np.random.default_rng(batch).normal(size=(batch, 3, 8, 8)).astype(np.float32)


def test_says_what_it_serves(served: Served) -> None:
    greeting = served.greeting
    assert greeting["inputs"] == [{"name": "x", "dtype": "float32", "shape": [-1, 3, 8, 8]}]
    assert greeting["outputs"] == ["y"]
    environment = greeting["environment"]
    assert {"processor", "machine", "system", "libc", "oarlock", "engine", "threads"} == set(environment)
    assert environment["threads"] == "2"
    assert environment["engine"] == "2.12"
    assert served.end() == 0


def test_runs_the_model_again_and_again(served: Served) -> None:
    first = None
    for batch in (1, 2, 1):
        message, [scores] = served.ask({"do": "run", "names": ["x"]}, [_tensor(batch)])
        assert message["names"] == ["y"]
        assert message["seconds"] >= 0
        assert scores.shape == (batch, 10)
        if batch == 1:
            assert first is None or np.array_equal(first, scores)
            first = scores
    assert served.end() == 0


def test_preprocesses_in_two_steps(served: Served) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    _, [crop] = served.ask({"do": "crop"}, [picture])
    assert (crop.dtype, crop.shape) == (np.uint8, (8, 8, 3))
    _, [tensor] = served.ask({"do": "tensor"}, [picture])
    assert (tensor.dtype, tensor.shape) == (np.float32, (3, 8, 8))
    # The one follows from the other: a straight line over bytes, a channel at a time.
    for channel in range(3):
        line = np.polyfit(crop[:, :, channel].ravel(), tensor[channel].ravel(), 1)
        assert np.allclose(np.polyval(line, crop[:, :, channel]), tensor[channel], atol=1e-4)


@pytest.mark.parametrize(
    ("header", "array", "code"),
    [
        pytest.param({"do": "dance"}, None, "OAR-INVALID-ARGUMENT", id="unknown"),
        pytest.param({}, None, "OAR-INVALID-ARGUMENT", id="nothing"),
        pytest.param(
            {"do": "run", "names": []}, np.zeros((1, 3, 8, 8), np.float32), "OAR-INVALID-ARGUMENT", id="names"
        ),
        pytest.param({"do": "run", "names": ["z"]}, np.zeros((1, 3, 8, 8), np.float32), "OAR-NOT-FOUND", id="input"),
        pytest.param(
            {"do": "run", "names": [7]}, np.zeros((1, 3, 8, 8), np.float32), "OAR-INVALID-ARGUMENT", id="no text"
        ),
        pytest.param({"do": "run", "names": ["x"]}, np.zeros((1, 3, 8, 9), np.float32), "OAR-BAD-SHAPE", id="shape"),
        pytest.param({"do": "run", "names": ["x"]}, np.zeros((1, 3, 8, 8), np.int64), "OAR-BAD-DTYPE", id="dtype"),
        pytest.param({"do": "run", "names": ["x"]}, np.float32(1), "OAR-BAD-SHAPE", id="scalar"),
        pytest.param({"do": "crop"}, np.zeros((8, 8), np.uint8), "OAR-BAD-IMAGE", id="rank"),
        pytest.param({"do": "tensor"}, np.zeros((8, 8, 3), np.float32), "OAR-BAD-IMAGE", id="real pixels"),
        pytest.param({"do": "tensor"}, np.zeros((0, 8, 3), np.uint8), "OAR-BAD-IMAGE", id="no pixels"),
    ],
)
def test_a_wrong_request_is_answered_and_forgotten(
    served: Served, header: dict[str, object], array: np.ndarray | None, code: str
) -> None:
    message, arrays = served.ask(header, [] if array is None else [np.asarray(array)])
    assert message["code"] == code
    assert message["error"]
    assert arrays == []
    _, [scores] = served.ask({"do": "run", "names": ["x"]}, [_tensor()])
    assert scores.shape == (1, 10)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(struct.pack("<I", 1 << 21), id="a header that is too long"),
        pytest.param(struct.pack("<I", 4) + b"what", id="no JSON"),
        pytest.param(struct.pack("<I", 2) + b"{}", id="no tensors"),
        pytest.param(None, id="an endless array"),
        pytest.param(b'{"tensors": [["complex64", [1]]]}', id="unknown dtype"),
        pytest.param(b'{"tensors": [["uint8", [-1]]]}', id="negative side"),
        pytest.param(b'{"tensors": [["uint8", [1.5]]]}', id="broken side"),
        pytest.param(b'{"tensors": [["uint8", [1,1,1,1,1,1,1,1,1]]]}', id="rank"),
    ],
)
def test_what_is_no_message_ends_it(served: Served, content: bytes | None) -> None:
    content = json.dumps({"tensors": [["float64", [1 << 40]]]}).encode() if content is None else content
    if content.startswith(b"{"):
        content = struct.pack("<I", len(content)) + content
    served.send(content)
    message, _ = served.receive()
    assert message["code"] == "OAR-INVALID-ARGUMENT"
    assert served.end() == 1


def test_half_a_message_is_an_end(served: Served) -> None:
    served.send(struct.pack("<I", 100) + b"{")
    assert served.end() == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.oar"], "OAR-NOT-FOUND"),
        (["{bundle}", "--variant", "arm64-fp32"], "OAR-WRONG-TARGET"),
        (["{bundle}", "--engine", "nowhere.so"], "OAR-NOT-FOUND"),
    ],
)
def test_a_failure_at_the_start_is_a_message(program: Program, bundle: Path, arguments: list[str], code: str) -> None:
    command = [program.path, "--serve", *(it.format(bundle=bundle) for it in arguments)]
    with Served(command, env=program.environment) as served:
        assert served.greeting["code"] == code
        assert served.end() == 1


def test_a_model_of_tensors_is_served(program: Program, build: Build, tmp_path: Path) -> None:
    bundle = make_bundle(build, tmp_path / "tensors.oar", preprocess=None, labels=None)
    with Served([program.path, "--serve", bundle], env=program.environment) as served:
        _, [scores] = served.ask({"do": "run", "names": ["x"]}, [_tensor()])
        assert scores.shape == (1, 10)
        message, _ = served.ask({"do": "crop"}, [np.zeros((8, 8, 3), np.uint8)])
        assert message["code"] == "OAR-NOT-A-CLASSIFIER"
