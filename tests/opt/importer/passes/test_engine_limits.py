"""What Paddle Lite gets wrong, and that the passes mend it: the engine against PaddlePaddle, operator by operator."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock.errors import OarlockError
from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Graph
from tests.opt.importer.passes.cases import CASES, Case
from tests.opt.importer.passes.conftest import Answers, Array
from tests.opt.importer.running import accepted_by_lite, lite_answers

_TOLERANCE = 1e-5
_FINISHING = ("restored-attributes", "restored-outputs")
_LIMITED = [case for case in CASES.values() if case.limit]
_ONE_OF_EACH = list({case.limit: case for case in _LIMITED}.values())
# Rewritten with others of their kind, though the engine is right with these shapes.
_RIGHT_ANYWAY = ("sum of int32", "softmax, axis first")
_ALSO_WRONG = [case for case in _LIMITED if case not in _ONE_OF_EACH and case.name not in _RIGHT_ANYWAY]


def _difference(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest element; a single element may have an axis there."""
    assert found.shape == (expected.shape or (1,))
    numbers, wanted = found.astype(np.float64), expected.astype(np.float64).reshape(found.shape)
    return float(np.abs(numbers - wanted).max() / max(np.abs(wanted).max(), 1e-6))


def _all_in_one(
    answers: Answers, *, free: bool = False
) -> tuple[Graph, dict[str, Array], list[tuple[str, str, Array]]]:
    """Every case in one graph, its feeds, and (case, output, answer) of every output."""
    graph, feeds, expected = Graph([], [], {}, []), {}, []
    for number, (name, case) in enumerate(CASES.items()):
        prefix = f"{number}_"
        case.add_to(graph, answers[name], prefix, free=free)
        feeds.update(case.feeds(prefix))
        expected += [(name, f"{prefix}out_{index}", array) for index, array in enumerate(answers[name])]
    return graph, feeds, expected


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("free", [False, True], ids=["fixed", "free batch"])
def test_with_the_passes_every_answer_is_right(answers: Answers, free: bool) -> None:
    graph, feeds, expected = _all_in_one(answers, free=free)
    passes.run(graph)
    assert passes.run(graph) == (), "a second run changes nothing"
    (found,) = lite_answers(graph, [feeds])
    wrong = {
        name: error for name, output, array in expected if not (error := _difference(found[output], array)) < _TOLERANCE
    }
    assert not wrong


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("target", ["arm64", pytest.param("armv7", marks=pytest.mark.full)])
def test_with_the_passes_arm_takes_them_all(answers: Answers, target: str) -> None:
    graph, _, _ = _all_in_one(answers, free=True)
    passes.run(graph)
    assert accepted_by_lite(graph, target)


def _fails_alone(case: Case, answers: Answers) -> bool:
    """Whether the engine refuses the operator, dies of it, or answers wrong, without the pass that is for it."""
    graph = case.graph(answers[case.name])
    for each in passes.PASSES:
        if each.name in _FINISHING and each.name != case.limit:
            each.function(graph)
    try:
        (found,) = lite_answers(graph, [case.feeds()])
    except OarlockError:
        return True
    return any(
        array.shape != (expected.shape or (1,)) or not _difference(array, expected) < _TOLERANCE
        for array, expected in zip(found.values(), answers[case.name], strict=True)
    )


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("case", _ONE_OF_EACH, ids=lambda case: f"{case.limit}: {case.name}")
def test_without_its_pass_the_engine_fails(case: Case, answers: Answers) -> None:
    assert _fails_alone(case, answers)


@pytest.mark.full
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("case", _ALSO_WRONG, ids=lambda case: case.name)
def test_without_its_pass_the_engine_fails_everywhere(case: Case, answers: Answers) -> None:
    assert _fails_alone(case, answers)


@pytest.mark.parametrize("case", _LIMITED, ids=lambda case: case.name)
def test_the_pass_that_is_named_is_the_one_that_mends_it(case: Case, answers: Answers) -> None:
    assert case.limit in {each.name for each in passes.run(case.graph(answers[case.name]))}
