"""What is said of weight-only quantised products of matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock import IsolatedSession, store
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr
from oarlock_opt.lite.targets import Recipe, Variant, select
from oarlock_opt.lite.weights import remarks, use_restored_products
from oarlock_opt.lite.worker import Optimized, optimize

_TRANS = {"trans_x": attr(False), "trans_y": attr(False)}


def _graph(*, bias: bool, computed: bool = False) -> Graph:
    """A product with weights, with a bias on request, and then multiplied with itself on request."""
    x, product = Value("x", "float32", (-1, 8)), Value("product", "float32", (-1, 8))
    graph = Graph([x], [product], {}, [])
    generator = np.random.default_rng(0)
    weights = graph.add_parameter("w", ArrayTensor(generator.standard_normal((8, 8)).astype(np.float32)))
    graph.nodes.append(Node("matmul_v2", {"X": [x], "Y": [weights]}, {"Out": [product]}, dict(_TRANS), "1"))
    if bias:
        added = Value("added", "float32", (-1, 8))
        values = graph.add_parameter("b", ArrayTensor(generator.standard_normal(8).astype(np.float32)))
        graph.nodes.append(
            Node("elementwise_add", {"X": [product], "Y": [values]}, {"Out": [added]}, {"axis": attr(1)}, "2")
        )
        graph.outputs[:] = [added]
    if computed:
        (last,) = graph.outputs
        squared = Value("squared", "float32", (-1, -1))
        transposed = {"trans_x": attr(False), "trans_y": attr(True)}
        graph.nodes.append(Node("matmul_v2", {"X": [last], "Y": [last]}, {"Out": [squared]}, transposed, "3"))
        graph.outputs[:] = [squared]
    return graph


def _made(graph: Graph, variant: Variant, folder: Path) -> Optimized:
    files = legacy.write(graph, folder)
    assert files.params is not None
    (made,) = optimize(files.program, files.params, [variant], engine=store.find("x86"), folder=folder)
    return made


@pytest.fixture
def int8w(engine: Path) -> Variant:
    (variant,) = select(["arm64"], ["int8w"])[0]
    return variant


@pytest.mark.parametrize("computed", [False, True])
def test_a_fully_connected_layer_is_safe(computed: bool, int8w: Variant, tmp_path: Path) -> None:
    graph = _graph(bias=True, computed=computed)
    made = _made(graph, int8w, tmp_path)
    assert made.description["ops"].get("fc") == 1
    assert made.description["ops"].get("matmul_v2", 0) == int(computed)
    assert list(remarks(graph, [made])) == []


@pytest.mark.parametrize("computed", [False, True])
def test_a_product_that_stays_one_is_not(computed: bool, int8w: Variant, tmp_path: Path) -> None:
    graph = _graph(bias=False, computed=computed)
    made = _made(graph, int8w, tmp_path)
    (sentence,) = remarks(graph, [made])
    assert sentence.startswith("arm64-int8w: 1 product of matrices did not become part of a fully connected layer.")


def test_of_the_exact_ones_nothing_is_said(engine: Path, tmp_path: Path) -> None:
    (fp32,) = select(["arm64"], ["fp32"])[0]
    graph = _graph(bias=False)
    assert list(remarks(graph, [_made(graph, fp32, tmp_path)])) == []


def _error_on_x86(graph: Graph, bits: int, folder: Path) -> float:
    """How far the answers with weights of so many bits are from those in fp32; inf for NaN."""
    (fp32,) = select(["x86"], ["fp32"])[0]
    quantised = Variant("x86", f"int{bits}w", Recipe(fp32.recipe.places, weight_bits=bits))
    x = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32)
    answers = []
    for variant in (fp32, quantised):
        made = folder / variant.precision
        made.mkdir()
        with IsolatedSession(_made(graph, variant, made).path) as session:
            answers += session.run({"x": x}).values()
    assert np.abs(answers[0]).max() > 1
    error = np.abs(answers[1] - answers[0]).max() / np.abs(answers[0]).max()
    return float(error) if np.isfinite(error) else np.inf


@pytest.mark.parametrize("bias", [False, True])
def test_on_x86_such_a_model_answers_nonsense(bias: bool, engine: Path, tmp_path: Path) -> None:
    """The reason why x86 has no weight-only variants; were it mended, they could be made."""
    assert _error_on_x86(_graph(bias=bias), 8, tmp_path) > 0.5, "it is not even near"


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("bits", "limit"), [(8, 0.02), (16, 1e-4)])
def test_with_mul_it_answers_right(bits: int, limit: float, bias: bool, engine: Path, tmp_path: Path) -> None:
    graph = _graph(bias=bias)
    assert use_restored_products(graph) == 1
    assert use_restored_products(graph) == 0
    assert _error_on_x86(graph, bits, tmp_path) < limit


def test_of_a_mul_nothing_is_said(int8w: Variant, tmp_path: Path) -> None:
    graph = _graph(bias=False)
    use_restored_products(graph)
    made = _made(graph, int8w, tmp_path)
    assert made.description["ops"].get("mul") == 1
    assert list(remarks(graph, [made])) == []


def test_products_without_weights_and_transposed_ones_stay(tmp_path: Path) -> None:
    graph = _graph(bias=True, computed=True)
    graph.nodes[0].set("trans_y", True)
    assert use_restored_products(graph) == 0
    assert [node.type for node in graph.nodes] == ["matmul_v2", "elementwise_add", "matmul_v2"]
