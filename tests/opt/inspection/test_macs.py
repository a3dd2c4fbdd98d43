"""Multiply-accumulates: the zoo's own counts, and operators counted by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oarlock_opt import zoo
from oarlock_opt.importer.graph import Attr, Graph, Node, Value, attr
from oarlock_opt.inspection.analysis import analyse
from oarlock_opt.inspection.macs import macs_by_node
from oarlock_opt.inspection.shapes import shapes_at
from oarlock_opt.inspection.subject import open_subject

from .conftest import convolution, subject_of, tensor, weights

_EXPORTER = Path(__file__).with_name("export_counted.py")
_ZOO = ("DPN68", "EfficientNet-Lite0")
_OTHERS = ("mobilenet_v3_small", "shufflenet_v2_x0_25", "resnet18")


@pytest.mark.parametrize("form", [pytest.param("legacy", marks=pytest.mark.full), "pir"])
def test_counts_are_those_of_the_layers(form: str, tmp_path: Path) -> None:
    command = [sys.executable, str(_EXPORTER), form, str(tmp_path), *_ZOO, *_OTHERS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    counts = json.loads(done.stdout.splitlines()[-1])
    assert {name: counts[name] for name in _ZOO} == {name: zoo.get(name).macs for name in _ZOO}
    for name, count in counts.items():
        subject = open_subject(tmp_path / name)
        assert subject.files[0].suffix == {"legacy": ".pdmodel", "pir": ".json"}[form]
        analysis = analyse(subject, layers=True)
        assert analysis["macs"] == sum(layer["macs"] for layer in analysis["layers"]) == count
        assert analyse(subject, batch=3)["macs"] == 3 * count
        if name in _ZOO:
            assert sum(layer["params"]["elements"] for layer in analysis["layers"]) == zoo.get(name).params


def test_a_files_counts_lack_what_was_fused(bundle: Path, models: Path) -> None:
    source, optimized = (analyse(open_subject(path)) for path in (models / "digits", bundle / "x86-fp32.nb"))
    # The batch norm of the first convolution's 8 x 16 x 16 results.
    assert source["macs"] - optimized["macs"] == 2 * 8 * 16 * 16


def _count(node: Node, graph: Graph) -> int | None:
    graph.nodes.append(node)
    return macs_by_node(graph, shapes_at(subject_of(graph), 1))[node]


def _graph(*inputs: Value) -> Graph:
    return Graph(list(inputs), [], {}, [])


class TestByHand:
    def test_convolution(self) -> None:
        x, y = tensor("x", 1, 6, 10, 10), tensor("y", 1, 9, 10, 10)
        graph = _graph(x)
        node = convolution(graph, x, y, "conv", 9, 2, 3, 3)  # three groups
        assert _count(node, graph) == 9 * 10 * 10 * 2 * 9

    def test_convolution_with_a_bias(self) -> None:
        x, y = tensor("x", 1, 6, 10, 10), tensor("y", 1, 9, 10, 10)
        graph = _graph(x)
        node = convolution(graph, x, y, "conv", 9, 6, 1, 1)
        node.inputs["Bias"] = [weights(graph, "b", 9)]
        assert _count(node, graph) == 9 * 10 * 10 * (6 + 1)

    def test_a_bias_behind(self, residual: Graph) -> None:
        counts = list(macs_by_node(residual, shapes_at(subject_of(residual), 1)).values())
        elements = 8 * 4 * 4
        assert counts == [elements * 8 * 9, 2 * elements, 0, elements * 8, 0, elements, 0, 0]

    def test_transposed_convolution(self) -> None:
        x, y = tensor("x", 1, 6, 5, 5), tensor("y", 1, 4, 10, 10)
        graph = _graph(x)
        inputs = {"Input": [x], "Filter": [weights(graph, "w", 6, 4, 2, 2)]}
        assert _count(Node("conv2d_transpose", inputs, {"Output": [y]}), graph) == 6 * 5 * 5 * 4 * 4

    @pytest.mark.parametrize(
        ("attributes", "side", "expected"),
        [
            ({"pooling_type": "max", "global_pooling": True}, 1, 0),
            ({"pooling_type": "avg", "global_pooling": True}, 1, 7 * (64 + 1)),
            ({"pooling_type": "avg", "adaptive": True, "ksize": (2, 2)}, 2, 7 * 4 * (16 + 1)),
            ({"pooling_type": "avg", "ksize": (2, 2), "strides": (2, 2), "paddings": (0, 0)}, 4, 7 * 16),
        ],
    )
    def test_pooling(self, attributes: dict[str, str | bool | tuple[int, ...]], side: int, expected: int) -> None:
        x, y = tensor("x", 1, 7, 8, 8), tensor("y", 1, 7, side, side)
        attrs: dict[str, Attr] = {name: attr(value) for name, value in attributes.items()}
        assert _count(Node("pool2d", {"X": [x]}, {"Out": [y]}, attrs), _graph(x)) == expected

    def test_pooling_with_channels_last(self) -> None:
        x, y = tensor("x", 1, 8, 8, 7), tensor("y", 1, 2, 2, 7)
        attributes = {"pooling_type": "avg", "adaptive": True, "ksize": (2, 2), "data_format": "NHWC"}
        node = Node("pool2d", {"X": [x]}, {"Out": [y]}, {name: attr(value) for name, value in attributes.items()})
        assert _count(node, _graph(x)) == 7 * 4 * (16 + 1)

    def test_leaky_relu(self) -> None:
        x, y = tensor("x", 1, 7, 8, 8), tensor("y", 1, 7, 8, 8)
        assert _count(Node("leaky_relu", {"X": [x]}, {"Out": [y]}), _graph(x)) == 7 * 64

    def test_a_mean_over_the_picture_is_pooling(self) -> None:
        x, y = tensor("x", 1, 7, 8, 8), tensor("y", 1, 7)
        node = Node("reduce_mean", {"X": [x]}, {"Out": [y]}, {"dim": attr((2, -1))})
        assert _count(node, _graph(x)) == 7 * (64 + 1)

    def test_a_mean_over_channels_is_not(self) -> None:
        x, y = tensor("x", 1, 7, 8, 8), tensor("y", 1, 8, 8)
        assert _count(Node("reduce_mean", {"X": [x]}, {"Out": [y]}, {"dim": attr((1,))}), _graph(x)) == 0

    @pytest.mark.parametrize(("turned", "shape"), [(False, (2, 4, 5)), (True, (2, 5, 4))])
    def test_product_of_computed_matrices(self, turned: bool, shape: tuple[int, ...]) -> None:
        x, y, out = tensor("x", *shape), tensor("y", 2, 5, 3), tensor("out", 2, 4, 3)
        attrs = {"trans_x": attr(turned), "trans_y": attr(False)}
        assert _count(Node("matmul_v2", {"X": [x], "Y": [y]}, {"Out": [out]}, attrs), _graph(x, y)) == 2 * 4 * 3 * 5

    def test_mul_flattens(self) -> None:
        x, out = tensor("x", 3, 2, 5), tensor("out", 3, 4)
        graph = _graph(x)
        attrs = {"x_num_col_dims": attr(1), "y_num_col_dims": attr(1)}
        node = Node("mul", {"X": [x], "Y": [weights(graph, "w", 10, 4)]}, {"Out": [out]}, attrs)
        assert _count(node, graph) == 3 * 4 * 10

    def test_unknown(self) -> None:
        x, y = tensor("x", 1, 3, -1, -1), tensor("y", 1, 8, -1, -1)
        graph = _graph(x)
        node = convolution(graph, x, y, "conv", 8, 3, 3, 3)
        assert _count(node, graph) is None
        assert analyse(subject_of(graph))["macs"] is None
