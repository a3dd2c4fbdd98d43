"""Mixtures of int8 and fp32 from one calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer import legacy, passes
from oarlock_opt.importer.graph import Graph
from oarlock_opt.quantize.calibration import Calibration
from oarlock_opt.quantize.program import Program
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.quantize.sensitivity import joined
from oarlock_opt.reference import run


def _answers(graph: Graph, data: Samples, folder: Path) -> list[NDArray[Any]]:
    folder.mkdir()
    feeds = [batch.feed for batch in data.some(4).batches(4)]
    return list(run(legacy.write(graph, folder), feeds).outputs[0].values())


def test_the_operators_are_described(program: Program) -> None:
    assert [(op.number, op.type, op.size) for op in program.ops] == [
        (0, "conv2d", 8 * 3 * 9),
        (1, "conv2d", 16 * 8 * 9),
        (2, "matmul_v2", 160),
    ]
    assert program.ops[0].input == "x"


def test_with_nothing_quantised_it_answers_as_the_original_to_the_bit(
    program: Program, calibration: Calibration, data: Samples, tmp_path: Path
) -> None:
    thresholds = calibration.thresholds["hist"]
    none = program.graph(thresholds, ())
    assert not any(node.type.startswith("fake_") for node in none.nodes)
    assert len(none.parameters) == len(program.original().parameters)
    ours, theirs = (_answers(it, data, tmp_path / name) for it, name in ((none, "a"), (program.original(), "b")))
    np.testing.assert_array_equal(ours[0], theirs[0])


def test_with_all_quantised_it_answers_as_what_paddlepaddle_wrote(
    program: Program, calibration: Calibration, data: Samples, tmp_path: Path
) -> None:
    ours = _answers(program.graph(calibration.thresholds["hist"], range(3)), data, tmp_path / "ours")
    feeds = [batch.feed for batch in data.some(4).batches(4)]
    np.testing.assert_array_equal(ours[0], next(iter(run(calibration.program, feeds).outputs[0].values())))


def test_thresholds_of_another_method_change_the_answers(
    program: Program, calibration: Calibration, data: Samples, tmp_path: Path
) -> None:
    one, other = (
        _answers(program.graph(calibration.thresholds[method], range(3)), data, tmp_path / method)[0]
        for method in ("hist", "avg")
    )
    assert np.abs(one - other).max() > 0


def test_a_mixture_has_both(program: Program, calibration: Calibration) -> None:
    graph = program.graph(calibration.thresholds["hist"], {0})
    kinds = [node.type for node in graph.nodes if node.type.startswith("fake_")]
    assert kinds == ["fake_quantize_range_abs_max", "fake_channel_wise_dequantize_max_abs"]
    filters = [graph.parameters[node.input("Filter")].array() for node in graph.nodes if node.type == "conv2d"]
    assert (filters[0] == np.round(filters[0])).all()
    assert not (filters[1] == np.round(filters[1])).all()


def test_joined_programs_give_what_each_gives(
    program: Program, calibration: Calibration, data: Samples, tmp_path: Path
) -> None:
    thresholds = calibration.thresholds["hist"]
    mixtures = ({0}, {1}, {2}, {0, 1, 2})
    whole = joined([program.graph(thresholds, each) for each in mixtures], 0)
    separate = [program.graph(thresholds, each) for each in mixtures]
    assert len(whole.nodes) < sum(len(graph.nodes) for graph in separate)
    found = _answers(whole, data, tmp_path / "joined")
    for number, graph in enumerate(separate):
        np.testing.assert_array_equal(found[number], _answers(graph, data, tmp_path / str(number))[0])


def test_only_thresholds_that_are_numbers_above_0_are_of_use(program: Program) -> None:
    first, second, third = (op.input for op in program.ops)
    assert [op.number for op in program.usable({first: 0.0, second: 1.0, third: float("inf")})] == [1]


def test_a_quantised_program_can_be_a_source(calibration: Calibration, data: Samples, tmp_path: Path) -> None:
    graph = legacy.read(calibration.program)
    repairs = passes.run(graph)
    assert "scales" in [each.name for each in repairs]
    feeds = [batch.feed for batch in data.some(4).batches(4)]
    theirs = next(iter(run(calibration.program, feeds).outputs[0].values()))
    np.testing.assert_array_equal(_answers(graph, data, tmp_path / "read")[0], theirs)
