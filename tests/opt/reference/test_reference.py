"""PaddlePaddle as the judge: right answers in any batch, feed after feed, and what goes with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock.errors import BadDtypeError, ClosedError, NotFoundError
from oarlock_opt import reference
from oarlock_opt.errors import ReferenceFailedError
from oarlock_opt.importer.graph import Graph
from oarlock_opt.interface import Interface
from oarlock_opt.reference import Facts, Options, Reference
from oarlock_opt.source import SourceFiles, find_files, open_source, read_graph
from tests.conftest import Figure
from tests.opt.reference.conftest import child_of


def _pictures(batch: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(batch, 3, 32, 32)).astype(np.float32)


def _weight(files: SourceFiles) -> NDArray[np.float32]:
    """The last parameter of the two-tensors model, a (6, 4) matrix."""
    assert files.params is not None
    return np.frombuffer(files.params.read_bytes()[-6 * 4 * 4 :], np.float32).reshape(6, 4)


@pytest.fixture(scope="module")
def digits(models: Path) -> Iterator[Reference]:
    with Reference.open(find_files(models / "digits")) as opened:
        yield opened


def test_answers_as_arithmetic_does(models: Path) -> None:
    files = find_files(models / "two-tensors")
    weight = _weight(files)
    left = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    right = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    result = reference.run(files, [{"left": left, "right": right}, {"left": left[:1], "right": right[:1]}])
    joined, rectified = result.outputs[0].values()
    np.testing.assert_allclose(joined, left @ weight + right, atol=1e-6)  # the bias is zero at the start
    np.testing.assert_array_equal(rectified, np.maximum(joined, 0))
    assert [it.shape for it in result.outputs[1].values()] == [(1, 4), (1, 4)]
    assert (result.version, result.device, result.threads) == ("3.3.1", "cpu", 1)
    assert "one thread" in result.engine


def test_inputs_in_any_memory_order(models: Path) -> None:
    files = find_files(models / "two-tensors")
    left = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32).T
    right = np.zeros((3, 8), np.float32)[:, ::2]
    assert not left.flags.c_contiguous
    assert not right.flags.c_contiguous
    joined, _ = reference.run(files, [{"right": right, "left": left}]).outputs[0].values()
    np.testing.assert_allclose(joined, left @ _weight(files), atol=1e-6)


@pytest.mark.parametrize("name", ["digits", "two-tensors"])
def test_a_pir_program_answers_as_the_legacy_one(models: Path, pir_models: Path, name: str) -> None:
    random = np.random.default_rng(0)
    feeds = {
        "digits": {"x": _pictures(2)},
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


def test_one_child_answers_all_feeds(digits: Reference) -> None:
    child = child_of(digits)
    pictures = _pictures(7)
    [whole] = digits.run({"x": pictures}).values()
    for batch in (1, 3, 2):
        [part] = digits.run({"x": pictures[:batch]}).values()
        np.testing.assert_allclose(part, whole[:batch], rtol=1e-6)
    [again] = digits.run({"x": pictures}).values()
    np.testing.assert_array_equal(again, whole)
    assert child_of(digits) == child
    assert 0 < digits.last_run_seconds < 10


def test_what_goes_with_the_answers(digits: Reference) -> None:
    engine = "PaddlePaddle inference (no graph optimisation, no oneDNN, one thread)"
    assert digits.facts == Facts(engine, "3.3.1", "cpu", threads=1, precision="fp32", tensorrt=False)
    assert digits.input_names == ("x",)
    assert len(digits.output_names) == 1


def test_threads_are_told_and_change_nothing_but_rounding(models: Path, digits: Reference) -> None:
    pictures = _pictures(4)
    with Reference.open(find_files(models / "digits"), Options(device="cpu", threads=2)) as other:
        assert other.facts.threads == 2
        assert "2 threads" in other.facts.engine
        [found] = other.run({"x": pictures}).values()
    [expected] = digits.run({"x": pictures}).values()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_exception_ends_one_answer_only(digits: Reference) -> None:
    pictures = _pictures(2)
    [expected] = digits.run({"x": pictures}).values()
    with pytest.raises(ReferenceFailedError) as caught:
        digits.run({"x": np.zeros((1, 4, 32, 32), np.float32)})
    assert "InvalidArgumentError: The number of input's channels should be equal to" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.op == "conv2d"
    assert caught.value.code == "OAR-REFERENCE"
    [found] = digits.run({"x": pictures}).values()
    np.testing.assert_array_equal(found, expected)


def test_feeds_that_are_none(digits: Reference) -> None:
    # PaddlePaddle would run with what an earlier feed left.
    digits.run({"x": _pictures(1)})
    with pytest.raises(NotFoundError, match="was given nothing, expected exactly the model's inputs: 'x'"):
        digits.run({})
    with pytest.raises(NotFoundError, match="was given 'x', 'y', expected"):
        digits.run({"x": _pictures(1), "y": _pictures(1)})
    with pytest.raises(BadDtypeError, match="complex64"):
        digits.run({"x": np.zeros((1, 3, 32, 32), np.complex64)})
    with pytest.raises(ReferenceFailedError, match=r"float64"):
        digits.run({"x": _pictures(1).astype(np.float64)})


def test_a_program_that_paddlepaddle_cannot_read(models: Path, pir_models: Path, tmp_path: Path) -> None:
    for folder, said in ((models, "Failed to parse program_desc"), (pir_models, "parse error at line 1")):
        files = find_files(folder / "digits")
        short = tmp_path / files.program.name
        short.write_bytes(files.program.read_bytes()[:100])
        with pytest.raises(ReferenceFailedError, match=said):
            Reference.open(SourceFiles(short, files.params))


def test_a_closed_reference(models: Path) -> None:
    opened = Reference.open(find_files(models / "no-parameters"))
    opened.close()
    opened.close()
    with pytest.raises(ClosedError, match="is closed"):
        opened.run({"x": np.zeros((1, 4), np.float32)})


def test_the_files_are_not_needed_afterwards(models: Path, tmp_path: Path, digits: Reference) -> None:
    files = find_files(models / "digits")
    assert files.params is not None
    copies = SourceFiles(tmp_path / files.program.name, tmp_path / files.params.name)
    for source, copy in zip(files.all, copies.all, strict=True):
        copy.write_bytes(source.read_bytes())
    with Reference.open(copies) as opened:
        for copy in copies.all:
            copy.unlink()
        [found] = opened.run({"x": _pictures(2)}).values()
    [expected] = digits.run({"x": _pictures(2)}).values()
    np.testing.assert_array_equal(found, expected)


def test_a_calibrated_program_runs_with_its_fake_quantize_operators(quantized: Path, digits: Reference) -> None:
    files = find_files(quantized)
    kinds = read_graph(files).op_histogram()
    assert kinds["fake_quantize_range_abs_max"] == 3
    assert kinds["fake_channel_wise_dequantize_max_abs"] == 3
    pictures = _pictures(16, seed=1)
    [found] = reference.run(files, [{"x": pictures}]).outputs[0].values()
    [exact] = digits.run({"x": pictures}).values()
    error = np.abs(found - exact).max()
    assert 1e-6 < error < 0.01, "rounded to 8 bits, and to no less"
    assert (found.argmax(1) == exact.argmax(1)).mean() > 0.9


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


def test_answers_in_the_names_of_the_program(models: Path, pir_models: Path) -> None:
    answers = {}
    for folder in (models, pir_models):
        model = open_source(folder / "two-tensors")
        feed = {"left": np.ones((1, 6), np.float32), "right": np.ones((1, 4), np.float32)}
        found = reference.named(reference.run(model.files, [feed]).outputs[0], Interface.of(model.graph))
        assert [*found] == _output_names(model.graph)
        answers[folder] = [*found.values()]
    np.testing.assert_allclose(answers[models], answers[pir_models], rtol=1e-6)


def _output_names(graph: Graph) -> list[str]:
    return [value.name for value in graph.outputs]


def test_answers_without_an_axis_get_one() -> None:
    interface = Interface.from_json(
        {"inputs": [], "outputs": [{"name": "sum", "shape": [1], "dtype": "float32"}], "probabilities": [False]}
    )
    named = reference.named({"fetch_name_0": np.array(3.0, np.float32)}, interface)
    assert named["sum"].tolist() == [3.0]


@pytest.mark.full
def test_memory_stays_flat_over_a_thousand_answers(digits: Reference, figure: Figure) -> None:
    def resident(process: str | int) -> float:
        fields = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * 4096 / 1e6

    for index in range(100):
        digits.run({"x": _pictures(1 + index % 4, index)})
    before = {process: resident(process) for process in ("self", child_of(digits))}
    for index in range(1000):
        digits.run({"x": _pictures(1 + index % 4, index)})
    for process, name in (("self", "owner"), (child_of(digits), "child")):
        grown = resident(process) - before[process]
        figure(f"reference: MB that the {name} grew over 1,000 answers", grown)
        assert grown < 8
