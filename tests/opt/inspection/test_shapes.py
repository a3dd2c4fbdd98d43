"""Shapes for a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock.errors import InvalidArgumentError
from oarlock_opt.importer.graph import Graph, Node, attr
from oarlock_opt.inspection.shapes import shapes_at, takes_any_batch
from oarlock_opt.inspection.subject import open_subject

from .conftest import subject_of, tensor, weights


def test_the_batch_is_put_in(residual: Graph) -> None:
    shapes = shapes_at(subject_of(residual), 5)
    assert {shapes[value] for node in residual.nodes for value in node.all_outputs()} == {
        (5, 8, 4, 4),
        (1, 8, 1, 1),
        (8,),
    }


def test_a_model_with_a_batch_of_its_own(models: Path) -> None:
    subject = open_subject(models / "fixed-batch")
    assert not takes_any_batch(subject)
    assert shapes_at(subject, 1)[subject.graph.outputs[0]] == (2, 10)
    with pytest.raises(InvalidArgumentError, match=r"takes no batch of 4: its inputs have fixed sizes \(x \[2, 3, "):
        shapes_at(subject, 4)


def test_the_batch_reaches_what_is_computed_from_it() -> None:
    x, merged, y = tensor("x", -1, 4, 6), tensor("merged", -1, 6), tensor("y", -1, 6)
    merging = Node("reshape2", {"X": [x]}, {"Out": [merged]}, {"shape": attr((-1, 6))})
    graph = Graph([x], [y], {}, [merging, Node("relu", {"X": [merged]}, {"Out": [y]})])
    assert shapes_at(subject_of(graph), 2)[y] == (8, 6)


def test_what_is_not_known_is_left_out() -> None:
    x, picture, y = tensor("x", -1, 3, -1, -1), tensor("picture", -1, 8, -1, -1), tensor("y", -1, 10)
    unknown = Node("of_its_own", {"X": [picture]}, {"Out": [y]})
    graph = Graph([x], [y], {}, [Node("relu", {"X": [x]}, {"Out": [picture]}), unknown])
    assert shapes_at(subject_of(graph), 2) == {y: (2, 10)}


def test_operators_that_only_paddle_lite_has() -> None:
    x, moved, summed, y = tensor("x", -1, 6), tensor("moved"), tensor("summed"), tensor("y")
    graph = Graph([x], [y], {}, [])
    graph.nodes = [
        Node("io_copy", {"Input": [x]}, {"Out": [moved]}),
        Node("fusion_elementwise_add_activation", {"X": [moved], "Y": [moved]}, {"Out": [summed]}, {"axis": attr(-1)}),
        Node("fc", {"Input": [summed], "W": [weights(graph, "w", 6, 10)]}, {"Out": [y]}, {"in_num_col_dims": attr(1)}),
    ]
    assert shapes_at(subject_of(graph), 3)[y] == (3, 10)


def test_an_operator_that_lacks_what_its_type_promises() -> None:
    x, y = tensor("x", 1, 3, 8, 8), tensor("y", -1, -1)
    graph = Graph([x], [y], {}, [Node("conv2d", {"X": [x]}, {"Output": [y]})])
    assert shapes_at(subject_of(graph), 1) == {x: (1, 3, 8, 8)}
