"""Models for the tests of inspection: a small one as .nb files, and graphs made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr
from oarlock_opt.inspection.subject import Subject
from tests.conftest import Run


@pytest.fixture(scope="session")
def bundle(models: Path, oarlock_cli: Run, engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits of export_models.py for x86 and ARM, in fp32, fp16 and with 8-bit weights."""
    bundle = tmp_path_factory.mktemp("inspected") / "digits.oar"
    options = ("--target", "x86,arm64", "--precision", "fp32,fp16,int8w", "--no-golden", "--preprocess", "none")
    oarlock_cli("opt", models / "digits", "-o", bundle, *options)
    return bundle


def subject_of(graph: Graph) -> Subject:
    """A source model that was never in a file."""
    return Subject(Path("made by hand"), (), graph)


def tensor(name: str, *shape: int, dtype: str = "float32") -> Value:
    """A value."""
    return Value(name, dtype, shape)


def weights(graph: Graph, name: str, *shape: int) -> Value:
    """A new parameter of a graph, full of ones."""
    return graph.add_parameter(name, ArrayTensor(np.ones(shape, np.float32)))


def convolution(graph: Graph, source: Value, result: Value, name: str, *filters: int) -> Node:
    """A convolution with stride 1 that keeps the picture's size."""
    side = filters[2] // 2
    return Node(
        "conv2d",
        {"Input": [source], "Filter": [weights(graph, f"{name}.w_0", *filters)]},
        {"Output": [result]},
        {"strides": attr((1, 1)), "paddings": attr((side, side)), "dilations": attr((1, 1)), "groups": attr(1)},
    )


@pytest.fixture
def residual() -> Graph:
    """relu(conv(relu(norm(conv(x)))) + x), 8 channels of 4x4, with a bias that a reshape brings into form."""
    values = {name: tensor(name, -1, 8, 4, 4) for name in ("x", "a", "b", "c", "d", "e", "sum", "y")}
    graph = Graph([values["x"]], [values["y"]], {}, [])
    first = convolution(graph, values["x"], values["a"], "conv2d_0", 8, 8, 3, 3)
    statistics = {slot: [weights(graph, f"norm.{slot}", 8)] for slot in ("Scale", "Bias", "Mean", "Variance")}
    second = convolution(graph, values["c"], values["d"], "conv2d_1", 8, 8, 1, 1)
    shaped = tensor("shaped", 1, 8, 1, 1)
    graph.nodes = [
        first,
        Node("batch_norm", {"X": [values["a"]], **statistics}, {"Y": [values["b"]], "SavedMean": [tensor("saved", 8)]}),
        Node("relu", {"X": [values["b"]]}, {"Out": [values["c"]]}),
        second,
        Node("reshape2", {"X": [weights(graph, "bias", 8)]}, {"Out": [shaped]}, {"shape": attr((1, 8, 1, 1))}),
        Node("elementwise_add", {"X": [values["d"]], "Y": [shaped]}, {"Out": [values["e"]]}, {"axis": attr(-1)}),
        Node("elementwise_add", {"X": [values["e"]], "Y": [values["x"]]}, {"Out": [values["sum"]]}, {"axis": attr(-1)}),
        Node("relu", {"X": [values["sum"]]}, {"Out": [values["y"]]}),
    ]
    return graph
