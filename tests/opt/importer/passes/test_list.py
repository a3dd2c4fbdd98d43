"""The passes as a whole: names, reasons, versions, and that each is idempotent and repeatable."""

from __future__ import annotations

import pytest

from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.legacy import program_bytes
from oarlock_opt.importer.passes import LITE_VERSIONS, PASSES
from oarlock_opt.importer.repair import AppliedRepair
from tests.opt.importer.passes.cases import CASES
from tests.opt.importer.passes.conftest import Answers


def _everything(answers: Answers) -> Graph:
    graph = Graph([], [], {}, [])
    for number, (name, case) in enumerate(CASES.items()):
        case.add_to(graph, answers[name], f"{number}_", free=True)
    return graph


def test_each_has_a_name_of_its_own_a_reason_and_versions() -> None:
    names: dict[str, object] = {}
    for each in PASSES:
        assert names.setdefault(each.name, each) is each, "a name belongs to one pass, which may run more than once"
        assert each.name == each.name.lower().replace("_", "-").replace(" ", "-")
        assert each.reason.endswith(".")
        assert set(each.versions) <= set(LITE_VERSIONS)


@pytest.mark.parametrize("each", dict.fromkeys(PASSES), ids=lambda each: each.name)
def test_run_twice_a_pass_changes_nothing_more(each: passes.Pass, answers: Answers) -> None:
    graph = _everything(answers)
    each.function(graph)
    nodes = [(node.type, dict(node.attrs)) for node in graph.nodes]
    assert each.function(graph) == 0
    assert [(node.type, dict(node.attrs)) for node in graph.nodes] == nodes


def test_equal_graphs_give_equal_bytes(answers: Answers) -> None:
    first, second = _everything(answers), _everything(answers)
    assert passes.run(first) == passes.run(second)
    assert program_bytes(first) == program_bytes(second)


def test_inputs_and_outputs_stay(answers: Answers) -> None:
    graph = _everything(answers)
    inputs, outputs = list(graph.inputs), list(graph.outputs)
    passes.run(graph)
    assert graph.inputs == inputs
    assert graph.outputs == outputs


def test_a_pass_runs_for_the_versions_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []

    def function(graph: Graph) -> int:
        called.append(graph)
        return 2

    only = passes.Pass("only", "A reason.", function, ("2.11",))
    monkeypatch.setattr(passes, "PASSES", (only, only))
    graph = Graph([], [], {}, [])
    assert passes.run(graph, "2.12") == ()
    assert passes.run(graph, "2.11") == (AppliedRepair("only", 4, "A reason."),)
    assert called == [graph, graph]


def test_a_graph_that_needs_nothing_is_untouched() -> None:
    x, out = Value("x", "float32", (-1, 3)), Value("out", "float32", (-1, 3))
    graph = Graph([x], [out], {}, [Node("relu", {"X": [x]}, {"Out": [out]})])
    before = program_bytes(graph)
    assert passes.run(graph) == ()
    assert program_bytes(graph) == before


def test_as_json_it_is_what_the_schema_says() -> None:
    assert AppliedRepair("silu", 3, "A reason.").to_json() == {"name": "silu", "count": 3, "reason": "A reason."}
