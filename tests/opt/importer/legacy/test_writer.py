"""What is written: read back it is the same graph, PaddlePaddle and Paddle Lite take it, and equal graphs are equal."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Attr, AttrKind, Graph, Node, Value, attr
from oarlock_opt.source import find_files
from tests.opt.importer.running import accepted_by_lite, lite_answers, paddle_answers, relative_error

_MODELS = ("digits", "two-tensors", "no-parameters", "fixed-batch")


def _feed(graph: Graph) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    shapes = {value: [2 if size == -1 else size for size in value.shape] for value in graph.inputs}
    return {value.name: generator.normal(size=shape).astype(value.dtype) for value, shape in shapes.items()}


def _describe(graph: Graph) -> list[object]:
    """All of a graph but the names of what is internal."""
    numbers: dict[Value, object] = {value: value.name for value in (*graph.inputs, *graph.outputs, *graph.parameters)}
    for node in graph.nodes:
        for value in node.all_outputs():
            numbers.setdefault(value, len(numbers))
    return [
        (
            node.type,
            node.attrs,
            *(
                {slot: [numbers[it] for it in values] for slot, values in side.items()}
                for side in (node.inputs, node.outputs)
            ),
            [(value.dtype, value.shape) for value in node.all_outputs()],
        )
        for node in graph.nodes
    ]


@pytest.mark.parametrize("name", _MODELS)
def test_comes_back_as_it_was(models: Path, tmp_path: Path, name: str) -> None:
    files = find_files(models / name)
    graph = legacy.read(files)
    written = legacy.write(graph, tmp_path, files.params)
    again = legacy.read(written)
    assert _describe(again) == _describe(graph)
    assert [it.spec for it in again.inputs] == [it.spec for it in graph.inputs]
    assert [it.spec for it in again.outputs] == [it.spec for it in graph.outputs]
    assert [it.spec for it in again.parameters] == [it.spec for it in graph.parameters]
    assert legacy.program_bytes(again) == written.program.read_bytes()
    if files.params is not None:
        assert written.params == files.params, "unchanged parameters are not copied"


@pytest.mark.parametrize("name", _MODELS)
def test_answers_as_the_original(models: Path, name: str) -> None:
    files = find_files(models / name)
    graph = legacy.read(files)
    (expected,), (found,) = (paddle_answers(model, [_feed(graph)]) for model in (files, graph))
    assert list(found) == list(expected)
    for key in expected:
        assert relative_error(found[key], expected[key]) == 0


def test_paddle_lite_takes_it(models: Path, engine: Path) -> None:
    assert engine.is_file()
    files = find_files(models / "two-tensors")
    graph = legacy.read(files)
    (expected,), (found,) = paddle_answers(files, [_feed(graph)]), lite_answers(graph, [_feed(graph)])
    assert list(found) == list(expected)
    for key in expected:
        assert relative_error(found[key], expected[key]) < 1e-6
    assert accepted_by_lite(graph, "arm64")


def _small(*names: str) -> Graph:
    """relu(x + w) + b, with the names of the values between as given."""
    x, y = Value("x", "float32", (-1, 4)), Value("y", "float32", (-1, 4))
    inner = [Value(name, "float32", (-1, 4)) for name in names]
    graph = Graph([x], [y], {}, [])
    weight = graph.add_parameter("w", ArrayTensor(np.arange(4, dtype=np.float32)))
    bias = graph.add_parameter("b", ArrayTensor(np.ones(4, np.float32)))
    graph.nodes = [
        Node("elementwise_add", {"X": [x], "Y": [weight]}, {"Out": [inner[0]]}, {"axis": attr(-1)}),
        Node("relu", {"X": [inner[0]]}, {"Out": [inner[1]]}),
        Node("elementwise_add", {"X": [inner[1]], "Y": [bias]}, {"Out": [y]}, {"axis": attr(-1)}),
    ]
    return graph


def test_equal_graphs_give_equal_bytes(tmp_path: Path) -> None:
    first, second = _small("a", "b"), _small("same", "same")
    second.parameters = dict(reversed(second.parameters.items()))
    second.nodes[0].inputs = dict(reversed(second.nodes[0].inputs.items()))
    second.paddle_version = "3.0.0"
    folders = [tmp_path / "first", tmp_path / "second"]
    for graph, folder in zip((first, second), folders, strict=True):
        folder.mkdir()
        legacy.write(graph, folder)
    for name in ("model.pdmodel", "model.pdiparams"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    (found,) = paddle_answers(find_files(folders[1]), [{"x": np.array([[-9, 0, 1, 2]], np.float32)}])
    assert found["y"].tolist() == [[1, 2, 4, 6]]


def test_names_that_are_taken_are_not_given_again() -> None:
    graph = _small("a", "b")
    graph.outputs[0].name = "relu_1.Out"
    (found,) = paddle_answers(graph, [{"x": np.array([[-9, 0, 1, 2]], np.float32)}])
    assert found["relu_1.Out"].tolist() == [[1, 2, 4, 6]]


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        (Attr(AttrKind.SCALAR, 1), "attribute value of the kind SCALAR, which Paddle Lite cannot read"),
        (Attr(AttrKind.SCALARS, (1, 2)), "of the kind SCALARS"),
        (Attr(AttrKind.INT, 1 << 40), "value = 1099511627776, which is no INT of the legacy format"),
        (Attr(AttrKind.INTS, tuple(["x"] * 100)), "which is no INTS"),
    ],
)
def test_attributes_that_the_format_does_not_have_are_refused(tmp_path: Path, attribute: Attr, said: str) -> None:
    graph = _small("a", "b")
    graph.nodes[1].attrs["value"] = attribute
    graph.nodes[1].origin = "stem.act"
    with pytest.raises(UnsupportedOpError) as caught:
        legacy.write(graph, tmp_path)
    assert said in caught.value.message
    assert "the operator relu (stem.act)" in caught.value.message
    assert len(caught.value.message) < 400


_PEAK = """
import resource, sys
from pathlib import Path
from oarlock_opt.importer import legacy
from oarlock_opt.source import find_files

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
graph = legacy.read(find_files(Path(sys.argv[1])))
graph.add_parameter("another", next(iter(graph.parameters.values())))
legacy.write(graph, Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_stays_below_twice_the_parameter_file(models: Path, tmp_path: Path) -> None:
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    size = (models / "heavy" / "inference.pdiparams").stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(models / "heavy"), str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) * 1024 < 2 * size
    assert (tmp_path / "model.pdiparams").stat().st_size > size
