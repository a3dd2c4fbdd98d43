"""ordered_map: order, room, errors, and threads that end."""

from __future__ import annotations

import concurrent.futures
import itertools
import random
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from oarlock import _pipeline
from oarlock._pipeline import ordered_map


def _workers() -> int:
    return sum(thread.name.startswith("oarlock-worker") for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def _all_threads_end() -> Iterator[None]:
    yield
    end = time.monotonic() + 5
    while _workers() and time.monotonic() < end:
        time.sleep(0.01)
    assert _workers() == 0


def _slow_square(number: int) -> int:
    time.sleep(random.random() * 0.003)
    return number * number


@pytest.mark.parametrize("workers", [1, 2, 9])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_order(workers: int, count: int) -> None:
    assert list(ordered_map(_slow_square, range(count), workers=workers)) == [it * it for it in range(count)]


def test_work_is_done_at_once() -> None:
    """Three items that wait for one another need three threads."""
    barrier = threading.Barrier(3, timeout=5)
    assert len(list(ordered_map(lambda _: barrier.wait(), range(3), workers=3))) == 3


def test_results_come_before_the_source_goes_on() -> None:
    """A source that waits, such as a pipe, does not hold up what it gave before."""
    asked = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        asked.wait(5)
        yield 2

    results = ordered_map(_slow_square, items(), workers=2)
    assert next(results) == 1
    asked.set()
    assert list(results) == [4]


@pytest.mark.parametrize("workers", [1, 4])
def test_room(workers: int) -> None:
    begun = 0
    lock = threading.Lock()

    def count(number: int) -> int:
        nonlocal begun
        with lock:
            begun += 1
        return number

    results = ordered_map(count, iter(int, 1), workers=workers)
    for taken in range(1, 30):
        next(results)
        time.sleep(0.002)
        assert begun <= taken + workers + 2
    results.close()


def test_errors_come_in_their_place() -> None:
    def fail(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    results = ordered_map(fail, range(9), workers=4)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert list(results) == []


def test_errors_of_the_source_come_in_their_place() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError("gone")

    results = ordered_map(_slow_square, items(), workers=4)
    assert [next(results), next(results)] == [1, 4]
    with pytest.raises(KeyError):
        next(results)


def test_forgotten_results_end_the_threads() -> None:
    results = ordered_map(_slow_square, iter(int, 1), workers=3)
    next(results)
    assert _workers() == 3
    del results


class TestCtrlC:
    def test_between_any_two_instructions(self) -> None:
        """Wherever the exception comes, the iterator ends, and so do its threads."""
        for number in itertools.count():
            interrupted = _Interrupted(number)
            interrupted.start()
            interrupted.join(10)
            assert not interrupted.is_alive(), f"it hangs, interrupted before instruction {number}"
            if not interrupted.reached:
                break
        assert number > 40


_TRACED = (_pipeline.__file__, threading.__file__, concurrent.futures._base.__file__)


class _Interrupted(threading.Thread):
    """Iterates over ordered_map; KeyboardInterrupt comes before the instruction of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(daemon=True)
        self.reached = False
        self._left = number

    def run(self) -> None:
        sys.settrace(self._trace)
        try:
            for _ in ordered_map(abs, range(3), workers=2):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in _TRACED or _starts_a_thread(frame):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if self._left == 0:
                self.reached = True
                raise KeyboardInterrupt
            self._left -= 1
        return self._trace


def _starts_a_thread(frame: FrameType | None) -> bool:
    """Whether the frame belongs to the start of a thread: once for each, in Python's own hands."""
    while frame is not None and frame.f_code.co_name not in ("run", "ordered_map"):
        if frame.f_code is threading.Thread.start.__code__ or frame.f_code is threading.Thread.__init__.__code__:
            return True
        frame = frame.f_back
    return False
