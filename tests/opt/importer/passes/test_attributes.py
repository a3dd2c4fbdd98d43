"""Attributes: what Paddle Lite insists on, and the kinds that it reads."""

from __future__ import annotations

import pytest

from oarlock_opt.errors import OptimizerError
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value
from oarlock_opt.importer.passes._attributes import REQUIRED, restore_attributes, type_attributes
from oarlock_opt.importer.passes._outputs import restore_outputs
from tests.opt.importer.passes.cases import CASES
from tests.opt.importer.passes.conftest import Answers
from tests.opt.importer.running import accepted_by_lite, lite_answers

# Those of which there is a case whose other attributes are complete.
_TRIED = [(case, name) for case in CASES.values() for name in REQUIRED.get(case.type, {})]
_FIRST = list({(case.type, name): (case, name) for case, name in reversed(_TRIED)}.values())[::-1]
_QUICK = [each for each in _FIRST if each[0].type in ("relu6", "swish", "hard_swish", "conv2d", "scale")]


def _complete(case_name: str, answers: Answers) -> Graph:
    graph = CASES[case_name].graph(answers[case_name])
    type_attributes(graph)
    restore_attributes(graph)
    restore_outputs(graph)
    return graph


def _insists(case_name: str, name: str, answers: Answers) -> bool:
    graph = _complete(case_name, answers)
    del graph.nodes[0].attrs[name]
    with pytest.raises(OptimizerError) as refused:
        lite_answers(graph, [CASES[case_name].feeds()])
    # Without is_test a batch_norm is taken for one in training, which lacks other things then.
    return name in refused.value.message or name == "is_test"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("case", "name"), _QUICK, ids=lambda each: getattr(each, "name", each))
def test_paddle_lite_insists_on_each(case: object, name: str, answers: Answers) -> None:
    assert _insists(case.name, name, answers)  # type: ignore[attr-defined]


@pytest.mark.full
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("case", "name"), [each for each in _FIRST if each not in _QUICK], ids=lambda each: getattr(each, "name", each)
)
def test_paddle_lite_insists_on_all_others(case: object, name: str, answers: Answers) -> None:
    assert _insists(case.name, name, answers)  # type: ignore[attr-defined]


def test_what_is_there_is_kept() -> None:
    graph = _one("swish", {"beta": Attr(AttrKind.FLOAT, 1.5)})
    assert restore_attributes(graph) == 0
    assert graph.nodes[0].get("beta") == 1.5
    del graph.nodes[0].attrs["beta"]
    assert restore_attributes(graph) == 1
    assert graph.nodes[0].get("beta") == 1.0
    assert restore_attributes(graph) == 0


def _one(type: str, attrs: dict[str, Attr]) -> Graph:
    x, out = Value("x", "float32", (2, 3)), Value("out", "float32", (2, 3))
    return Graph([x], [out], {}, [Node(type, {"X": [x]}, {"Out": [out]}, attrs)])


def test_scalars_become_typed_values() -> None:
    dtype = Attr(AttrKind.INT, 3)
    graph = _one("assign_value", {"values": Attr(AttrKind.SCALARS, (1, 2)), "dtype": dtype})
    assert type_attributes(graph) == 1
    assert graph.nodes[0].attrs == {"int64_values": Attr(AttrKind.LONGS, (1, 2)), "dtype": dtype}
    assert type_attributes(graph) == 0
    graph = _one("fill_any_like", {"value": Attr(AttrKind.SCALAR, 2)})
    assert type_attributes(graph) == 1
    assert graph.nodes[0].attrs["value"] == Attr(AttrKind.FLOAT, 2.0)


def test_kinds_are_those_that_are_read() -> None:
    attrs = {"starts": Attr(AttrKind.LONGS, (0, 2**63 - 1)), "k": Attr(AttrKind.LONG, 3)}
    graph = _one("slice", attrs)
    assert type_attributes(graph) == 2
    assert graph.nodes[0].attrs == {
        "starts": Attr(AttrKind.INTS, (0, 2**31 - 1)),
        "k": Attr(AttrKind.INT, 3),
    }
    graph = _one("roll", {"shifts": Attr(AttrKind.INTS, (1,)), "axis": Attr(AttrKind.LONGS, (0,))})
    assert type_attributes(graph) == 1
    assert graph.nodes[0].attrs["shifts"] == Attr(AttrKind.LONGS, (1,))


@pytest.mark.usefixtures("engine")
def test_paddle_lite_refuses_the_other_kind(answers: Answers) -> None:
    graph = _complete("roll of all", answers)
    assert accepted_by_lite(graph, "x86")
    graph.nodes[0].attrs["shifts"] = Attr(AttrKind.INTS, (1,))
    assert not accepted_by_lite(graph, "x86")
