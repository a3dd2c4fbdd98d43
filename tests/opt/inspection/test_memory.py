"""The memory of activations, counted by hand."""

from __future__ import annotations

import math
from pathlib import Path

from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.inspection.memory import memory_of
from oarlock_opt.inspection.nb_graph import read_nb
from oarlock_opt.inspection.shapes import shapes_at
from oarlock_opt.inspection.subject import results

from .conftest import subject_of, tensor


def test_a_value_is_freed_after_its_last_use() -> None:
    # 400 bytes each but "b": x -> a -> b (800) -> c -> y
    x, a, c, y = (tensor(name, -1, 100) for name in ("x", "a", "c", "y"))
    b = tensor("b", -1, 200)
    graph = Graph([x], [y], {}, [])
    graph.nodes = [
        Node("relu", {"X": [source]}, {"Out": [result]}) for source, result in ((x, a), (a, b), (b, c), (c, y))
    ]
    shapes = {value: (1, *value.shape[1:]) for value in (x, a, b, c, y)}
    memory = memory_of(subject_of(graph), shapes)
    assert memory is not None
    assert (memory.peak, memory.peak_node) == (1200, graph.nodes[1])
    assert (memory.largest, memory.largest_bytes) == (b, 800)
    assert memory.shared is None


def test_what_is_read_later_stays(residual: Graph) -> None:
    subject = subject_of(residual)
    one = memory_of(subject, shapes_at(subject, 1))
    assert one is not None
    # The input until it is added, what a node reads, and what it gives; of what only training needs, nothing.
    assert one.peak == 3 * 8 * 4 * 4 * 4 + 8 * 4
    assert one.peak_node is residual.nodes[5]
    ten = memory_of(subject, shapes_at(subject, 10))
    assert ten is not None
    assert ten.peak == 10 * 3 * 8 * 4 * 4 * 4 + 8 * 4


def test_outputs_stay_until_the_end_and_unread_results_do_not() -> None:
    x, early, unread, late = (tensor(name, 10, dtype="float16") for name in ("x", "early", "unread", "late"))
    graph = Graph([x], [early, late], {}, [])
    graph.nodes = [
        Node("split", {"X": [x]}, {"Out": [early, unread]}),
        Node("relu", {"X": [x]}, {"Out": [late]}),
    ]
    memory = memory_of(subject_of(graph), dict.fromkeys((x, early, unread, late), (10,)))
    assert memory is not None
    assert (memory.peak, memory.peak_node) == (60, graph.nodes[0])


def test_unknown_shapes() -> None:
    x, y = tensor("x", -1, 3), tensor("y", -1, -1)
    graph = Graph([x], [y], {}, [Node("of_its_own", {"X": [x]}, {"Out": [y]})])
    subject = subject_of(graph)
    assert memory_of(subject, shapes_at(subject, 1)) is None


def test_variables_that_values_share(bundle: Path) -> None:
    shared, apart = (read_nb(bundle / f"{variant}.nb") for variant in ("arm64-fp32", "x86-fp32"))
    for subject in (shared, apart):
        memory = memory_of(subject, shapes_at(subject, 1))
        assert memory is not None
        assert memory.shared is not None
        assert memory.peak <= memory.shared
        shapes = shapes_at(subject, 1)
        values = [*subject.graph.inputs, *(value for node in subject.graph.nodes for value in results(node))]
        total = sum(4 * math.prod(shapes[value]) for value in values)
        # Only ARM's file has one variable for several values.
        assert (memory.shared == total) == (subject is apart)
