"""PaddlePaddle's answers to the cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock_opt.importer.graph import Graph
from tests.opt.importer.passes.cases import CASES
from tests.opt.importer.running import paddle_answers

Array = NDArray[Any]
Answers = dict[str, list[Array]]


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What PaddlePaddle answers to each case, output by output; what is written down where it cannot."""
    graph = Graph([], [], {}, [])
    feeds: dict[str, NDArray[Any]] = {}
    for number, case in enumerate(CASES.values()):
        if not case.expected:
            case.add_to(graph, prefix=f"{number}_")
            feeds.update(case.feeds(f"{number}_"))
    (found,) = paddle_answers(graph, [feeds])
    result: Answers = {}
    for number, (name, case) in enumerate(CASES.items()):
        given = [found[output] for output in (f"{number}_out_{i}" for i in range(9)) if output in found]
        result[name] = list(case.expected) or given
        assert all(np.isfinite(array).all() for array in result[name]), name
    return result
