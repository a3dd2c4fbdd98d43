"""matmul_v2 for Paddle Lite 2.10 and 2.11, which have it on ARM only."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr
from oarlock_opt.importer.passes._old_products import use_old_products
from tests.opt.importer.running import lite_answers, relative_error


def _graph(
    x_shape: tuple[int, ...], y_shape: tuple[int, ...], out_shape: tuple[int, ...], **attrs: bool
) -> tuple[Graph, np.ndarray]:
    x, out = Value("x", "float32", x_shape), Value("out", "float32", out_shape)
    graph = Graph([x], [out], {}, [])
    weights = np.random.default_rng(0).standard_normal(y_shape).astype(np.float32)
    y = graph.add_parameter("w", ArrayTensor(weights))
    transposed = {name: attr(attrs.get(name, False)) for name in ("trans_x", "trans_y")}
    graph.nodes.append(Node("matmul_v2", {"X": [x], "Y": [y]}, {"Out": [out]}, transposed, "here"))
    return graph, weights


@pytest.mark.parametrize(
    ("x_shape", "y_shape", "transposed", "replaced_by"),
    [
        ((3, 4), (4, 5), {}, "mul"),
        ((2, 3, 4), (4, 5), {}, "mul"),
        ((3, 4), (5, 4), {"trans_y": True}, "matmul"),
        ((4, 3), (4, 5), {"trans_x": True}, "matmul"),
        ((2, 3, 4), (2, 4, 5), {}, "matmul"),
        ((2, 3, 4), (2, 5, 4), {"trans_y": True}, "matmul"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_the_older_operators_give_the_same(
    x_shape: tuple[int, ...], y_shape: tuple[int, ...], transposed: dict[str, bool], replaced_by: str
) -> None:
    x = np.random.default_rng(1).standard_normal(x_shape).astype(np.float32)
    left = np.swapaxes(x, -1, -2) if transposed.get("trans_x") else x
    shape = (*left.shape[:-1], 5)
    graph, weights = _graph(x_shape, y_shape, shape, **transposed)
    right = np.swapaxes(weights, -1, -2) if transposed.get("trans_y") else weights
    assert use_old_products(graph) == 1
    assert [node.type for node in graph.nodes] == [replaced_by]
    assert graph.nodes[0].origin == "here"
    assert use_old_products(graph) == 0
    (answer,) = lite_answers(graph, [{"x": x}])
    (found,) = answer.values()
    assert relative_error(found, left @ right) < 1e-6


def test_only_for_the_versions_that_need_it() -> None:
    (wanted,) = (each for each in passes.PASSES if each.name == "old-products")
    assert wanted.versions == ("2.10", "2.11")
