"""The search for operators that stay in fp32, and what is measured."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.errors import CalibrationLimitError
from oarlock_opt.quantize.calibration import Calibration
from oarlock_opt.quantize.gate import Limit, _fewest, open_gate, pass_gate
from oarlock_opt.quantize.judge import Judge, Measured, Output, compare
from oarlock_opt.quantize.program import Program
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.quantize.sensitivity import sensitivities


@pytest.fixture(scope="module")
def judge(program: Program, data: Samples, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    folder = tmp_path_factory.mktemp("judge")
    return Judge(data, Output(0, "probabilities"), program.original(), folder=folder, timeout=120)


@pytest.mark.parametrize("most", range(1, 12))
def test_the_fewest_are_found_in_few_tries(most: int) -> None:
    for wanted in range(1, most + 2):
        tried: list[int] = []

        def passes(count: int, wanted: int = wanted, tried: list[int] = tried) -> bool:
            tried.append(count)
            return count >= wanted

        assert _fewest(most, passes) == (wanted if wanted <= most else None)
        assert len(set(tried)) == len(tried) <= 2 * math.log2(most + 1) + 1
    assert _fewest(0, lambda count: True) is None


def test_measured_by_hand() -> None:
    expected = np.array([[9, 0, 0], [0, 9, 0], [0, 1, 1.1], [2, 1, 0]], np.float32)
    found = np.array([[9, 0, 0], [0, 9, 3], [0, 1.1, 1], [2, 1, 0]], np.float32)
    measured = compare(expected, found, "logits", [0, 1, 1, 2])
    assert measured.top1_agreement == 0.75
    assert (measured.sure, measured.sure_agreement) == (3, 1.0)
    assert (measured.accuracy, measured.fp32_accuracy) == (0.75, 0.5)
    assert measured.drop == -0.25
    assert compare(expected, found, "logits", None).drop == 0.25
    assert compare(expected, expected + 5, "logits", None).relative_error == pytest.approx(0, abs=1e-7)
    tensor = compare(expected, expected * np.float32(1.5), "tensor", None)
    assert tensor.relative_error == pytest.approx(0.5)
    assert tensor.max_relative_error == pytest.approx(0.5)
    assert tensor.drop == tensor.relative_error


@pytest.mark.parametrize("nonsense", [np.nan, np.inf])
def test_what_is_not_finite_is_no_score(nonsense: float) -> None:
    expected = np.ones((2, 3), np.float32)
    found = expected.copy()
    found[1, 2] = nonsense
    measured = compare(expected, found, "logits", None)
    assert measured.drop == math.inf
    assert not Limit(0.99).allows(measured)
    assert measured.to_json()["relative_error"] is None


def test_limits() -> None:
    def of(agreement: float, sure: float) -> Measured:
        return Measured(100, 0.1, 0.1, agreement, 50, sure)

    assert Limit(0.05).allows(of(0.95, 1.0))
    assert not Limit(0.05).allows(of(0.94, 1.0))
    assert not Limit(0.05).allows(of(0.99, 0.98))
    assert Limit(0.2).allows(of(0.9, 0.98))
    labelled = Measured(100, 0.1, 0.1, 0.5, 50, 0.5, accuracy=0.9, fp32_accuracy=0.9)
    assert Limit(0.0).allows(labelled)


@pytest.mark.full
def test_errors_of_single_operators_add_up(program: Program, calibration: Calibration, judge: Judge) -> None:
    thresholds = calibration.thresholds["abs_max"]
    errors = sensitivities(program, thresholds, program.ops, judge)
    assert list(errors) == [0, 1, 2]
    assert all(error > 0 for error in errors.values())
    whole = judge.measure(program.graph(thresholds, range(3))).relative_error ** 2
    assert sum(errors.values()) == pytest.approx(whole, rel=1.0)


def test_the_most_sensitive_operators_stay_in_fp32(program: Program, calibration: Calibration, judge: Judge) -> None:
    thresholds = dict(calibration.thresholds["abs_max"])
    thresholds[program.ops[1].input] /= 50  # nearly everything is cut off
    whole = open_gate(program, thresholds, judge)
    limit = Limit(0.05)
    assert not limit.allows(whole.measured)
    said: list[str] = []
    mixture = pass_gate(program, thresholds, judge, limit, whole, said.append)
    assert [kept.op.number for kept in mixture.kept] == [1]
    assert "of the squared error of all" in mixture.kept[0].why
    assert limit.allows(mixture.measured)
    assert said[0] == "sensitivity of 3 operators: 0 done"


@pytest.mark.full
def test_what_no_choice_brings_within_the_limit_is_refused(
    program: Program, calibration: Calibration, judge: Judge
) -> None:
    thresholds = {name: value / 1000 for name, value in calibration.thresholds["abs_max"].items()}
    whole = open_gate(program, thresholds, judge)
    with pytest.raises(CalibrationLimitError, match="with only 1 of 3 operators in int8 the drop is still"):
        pass_gate(program, thresholds, judge, Limit(0.01), whole)


def test_operators_whose_input_never_was_anything_but_0_stay_in_fp32(
    program: Program, calibration: Calibration, judge: Judge
) -> None:
    thresholds = dict(calibration.thresholds["abs_max"])
    thresholds[program.ops[2].input] = 0.0
    mixture = open_gate(program, thresholds, judge)
    assert mixture.quantized == {0, 1}
    assert [(kept.op.number, kept.why) for kept in mixture.kept] == [
        (2, "its input was 0 in all of the calibration data, so no scale is known")
    ]
    with pytest.raises(CalibrationLimitError, match="no operator can be quantised"):
        open_gate(program, dict.fromkeys(thresholds, 0.0), judge)


def test_answers_do_not_depend_on_how_many_share_the_work(
    program: Program, data: Samples, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = judge.answers(program.original(), data)
    monkeypatch.setattr("oarlock_opt.quantize.judge.available_processors", lambda: 1)
    np.testing.assert_array_equal(judge.answers(program.original(), data), together)
    assert together.shape == (40, 10)


def test_programs_do_not_pile_up(judge: Judge, program: Program, tmp_path: Path, data: Samples) -> None:
    mine = Judge(data.some(4), Output(0, "probabilities"), program.original(), folder=tmp_path, timeout=120)
    mine.measure(program.original())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
