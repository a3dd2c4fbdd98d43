"""The remark that the x86 engine is what makes predict slow, and the line of progress."""

from __future__ import annotations

import signal
import time

import pytest

from oarlock.commands import _pace
from oarlock.commands._interrupts import Interrupts
from oarlock.commands._pace import Pace
from oarlock.commands._progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test sets."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("variant", "seconds", "engine_seconds", "due"),
    [
        ("x86-fp32", 12, 9, True),
        ("x86", 12, 9, True),
        ("x86-fp32", 9, 9, False),  # it has not taken long
        ("x86-fp32", 12, 7, False),  # something else takes its time as well
        ("arm64-fp32", 12, 12, False),
        ("arm+opencl", 12, 12, False),
    ],
)
def test_remark(clock: list[float], variant: str, seconds: float, engine_seconds: float, due: bool) -> None:
    pace = Pace(variant)
    assert pace.remark(engine_seconds / 2) is None
    clock[0] += seconds
    sentence = pace.remark(engine_seconds / 2)
    assert (sentence is not None) == due
    if sentence is not None:
        assert "takes 4500 ms a picture" in sentence
        assert "to check models, not for speed" in sentence
    clock[0] += seconds
    assert not (due and pace.remark(99))


def test_remark_looks_at_all_of_the_time(clock: list[float]) -> None:
    pace = Pace("x86-fp32")
    clock[0] += _pace._AFTER_SECONDS * 10
    assert pace.remark(1) is None
    assert pace.remark(90) is not None


def test_no_progress_without_a_terminal(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with Progress("pictures") as progress:
        progress.start(3)
        for _ in range(3):
            clock[0] += 1
            progress.advance()
        assert not progress.shown
    assert capsys.readouterr() == ("", "")


class TestInterrupts:
    def test_held(self) -> None:
        finished = []

        def work(interrupts: Interrupts) -> None:
            with interrupts.watched():
                with interrupts.held():
                    _press_ctrl_c()
                    finished.append(1)
                finished.append(2)

        with pytest.raises(KeyboardInterrupt):
            work(Interrupts())
        assert finished == [1]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_at_once_elsewhere(self) -> None:
        def work() -> None:
            with Interrupts().watched():
                _press_ctrl_c()
                pytest.fail("it was put off")

        with pytest.raises(KeyboardInterrupt):
            work()

    def test_a_second_one_is_not_put_off(self) -> None:
        def work(interrupts: Interrupts) -> None:
            with interrupts.watched(), interrupts.held():
                _press_ctrl_c()
                _press_ctrl_c()
                pytest.fail("it was put off twice")

        with pytest.raises(KeyboardInterrupt):
            work(Interrupts())

    def test_whoever_ignores_it_is_left_alone(self) -> None:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with Interrupts().watched():
                assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
                _press_ctrl_c()
        finally:
            signal.signal(signal.SIGINT, before)


def _press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)
