"""Graphs in which operators are not what their types promise: something is said of them, and nothing breaks."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, attr
from oarlock_opt.inspection.analysis import analyse
from oarlock_opt.inspection.comparison import compare
from oarlock_opt.inspection.drawing import draw
from oarlock_opt.inspection.subject import open_subject

_VALUES = (0, -1, 2**40, 1.5, float("nan"), "x", True, (1,), (0, 0), (-5, 3), (1.5, 2.5), ("a", "b"), (True, False))
_ATTRIBUTES = (*map(attr, _VALUES), Attr(AttrKind.INTS, ()))
_SIZES = (-1, 0, 1, 2, 7, 2**40)


def _damage(graph: Graph, dice: random.Random) -> None:
    node = dice.choice(graph.nodes)
    side = node.inputs if dice.random() < 0.6 else node.outputs
    slot = dice.choice(list(side)) if side else None
    change = dice.randrange(8)
    if change == 0 and len(graph.nodes) > 1:
        graph.nodes.remove(node)
    elif change == 1:
        node.type = dice.choice(graph.nodes).type
    elif change == 2 and node.attrs:
        node.attrs[dice.choice(list(node.attrs))] = dice.choice(_ATTRIBUTES)
    elif change == 3 and node.attrs:
        del node.attrs[dice.choice(list(node.attrs))]
    elif slot is None:
        return
    elif change == 4:
        del side[slot]
    elif change == 5:
        side[slot] = []
    elif change == 6:
        side[slot] = side[slot] * 2
    elif side[slot]:
        side[slot][0].shape = tuple(dice.choice(_SIZES) for _ in range(dice.randrange(6)))


@pytest.mark.parametrize("name", ["digits", "two-tensors"])
def test_whatever_is_wrong(models: Path, tmp_path: Path, name: str) -> None:
    sound = open_subject(models / name)
    unknown = 0
    for seed in range(150):
        dice = random.Random(seed)
        subject = open_subject(models / name)
        for _ in range(dice.choice((1, 2, 5, 20))):
            _damage(subject.graph, dice)
        analysis = analyse(subject, layers=True)
        unknown += analysis["macs"] is None
        assert len(analysis["layers"]) == len(subject.graph.nodes)
        json.dumps(analysis, allow_nan=False)
        json.dumps(compare(sound, subject), allow_nan=False)
        draw(subject, tmp_path / "drawing.dot", full=seed % 2 == 0)
    assert 0 < unknown < 150
