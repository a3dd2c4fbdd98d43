"""PaddlePaddle as the judge, in a child process: right answers, and a sentence for every failure."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock_opt import reference
from oarlock_opt.errors import ReferenceFailedError, ReferenceTimeoutError, ReferenceUnavailableError
from oarlock_opt.source import SourceFiles, find_files


def _weight(files: SourceFiles) -> NDArray[np.float32]:
    """The last parameter of the two-tensors model, a (6, 4) matrix."""
    assert files.params is not None
    return np.frombuffer(files.params.read_bytes()[-6 * 4 * 4 :], np.float32).reshape(6, 4)


def test_answers_as_arithmetic_does(models: Path, tmp_path: Path) -> None:
    files = find_files(models / "two-tensors")
    weight = _weight(files)
    left = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    right = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    result = reference.run(
        files, [{"left": left, "right": right}, {"left": left[:1], "right": right[:1]}], folder=tmp_path
    )
    joined, rectified = result.outputs[0].values()
    np.testing.assert_allclose(joined, left @ weight + right, atol=1e-6)  # the bias is zero at the start
    np.testing.assert_array_equal(rectified, np.maximum(joined, 0))
    assert [it.shape for it in result.outputs[1].values()] == [(1, 4), (1, 4)]
    assert (result.version, result.device) == ("3.3.1", "cpu")
    assert "one thread" in result.engine


@pytest.mark.parametrize("name", ["digits", "two-tensors"])
def test_a_pir_program_answers_as_the_legacy_one(models: Path, pir_models: Path, name: str) -> None:
    random = np.random.default_rng(0)
    feeds = {
        "digits": {"x": random.normal(size=(2, 3, 32, 32)).astype(np.float32)},
        "two-tensors": {side: random.normal(size=(3, n)).astype(np.float32) for side, n in (("left", 6), ("right", 4))},
    }
    legacy, pir = (
        reference.run(find_files(folder / name), [feeds[name]]).outputs[0] for folder in (models, pir_models)
    )
    assert [*pir] == [f"fetch_name_{number}" for number in range(len(legacy))]
    for found, expected in zip(pir.values(), legacy.values(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("folder", ["models", "pir_models"])
def test_runs_models_without_parameters(folder: str, request: pytest.FixtureRequest) -> None:
    models = request.getfixturevalue(folder)
    result = reference.run(find_files(models / "no-parameters"), [{"x": np.array([[-1, 0, 1, 2]], np.float32)}])
    (found,) = result.outputs[0].values()
    assert found.tolist() == [[0, 0, 1, 2]]


def test_the_caller_does_not_import_paddlepaddle(models: Path) -> None:
    program = (
        "import sys, numpy, pathlib\n"
        "from oarlock_opt import reference\n"
        "from oarlock_opt.source import find_files\n"
        f"files = find_files(pathlib.Path({str(models / 'no-parameters')!r}))\n"
        "reference.run(files, [{'x': numpy.zeros((1, 4), 'float32')}])\n"
        "assert 'paddle' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"x": np.zeros((1, 4, 32, 32), np.float32)}, "channels should be equal to filter's channels"),
        ({"y": np.zeros((1, 3, 32, 32), np.float32)}, "variable named y is not found"),
    ],
)
def test_a_failure_is_told_in_a_sentence(models: Path, feed: dict[str, Any], said: str) -> None:
    with pytest.raises(ReferenceFailedError) as caught:
        reference.run(find_files(models / "digits"), [feed])
    assert said in caught.value.message
    assert "--no-golden" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.code == "OAR-REFERENCE"


def test_the_time_limit(models: Path) -> None:
    with pytest.raises(ReferenceTimeoutError, match=r"was stopped after 0\.05 s"):
        reference.run(find_files(models / "digits"), [], timeout=0.05)


def test_a_death_by_signal(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with pytest.raises(ReferenceFailedError, match="it died of SIGSEGV"):
        reference.run(find_files(models / "digits"), [])


def test_without_paddlepaddle(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "paddle" else find_spec(name, *rest)
    )
    with pytest.raises(ReferenceUnavailableError) as caught:
        reference.run(find_files(models / "digits"), [])
    assert "pip install 'oarlock-opt[reference]'" in caught.value.message
    assert "--no-golden" in caught.value.message


def test_with_a_broken_paddlepaddle(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "paddle.py").write_text("raise ImportError('libgomp.so.1 is missing')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ReferenceUnavailableError, match=r"cannot be imported: ImportError: libgomp\.so\.1 is missing"):
        reference.run(find_files(models / "digits"), [])
