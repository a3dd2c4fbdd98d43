"""Runs a file and the reference side by side, some operators at a time, and measures every result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from oarlock.errors import EngineCrashedError
from oarlock_opt.importer.graph import DTYPE_SIZES, Value
from oarlock_opt.layers._measure import Measure, measure
from oarlock_opt.layers._nb_program import Op, Setting, input_for
from oarlock_opt.layers._reference import Answer, Arrays, reference_values
from oarlock_opt.layers._subject import LayerSubject
from oarlock_opt.source import SourceFiles

__all__ = ["Arrived", "Open", "Run", "Seen", "Walk"]

Run: TypeAlias = Callable[[Arrays], Mapping[str, NDArray[Any]]]
Open: TypeAlias = "Callable[[Path], AbstractContextManager[Run]]"
"""Loads a .nb file somewhere, and gives what runs it: from an array for each input to one for each output, by name."""

_LARGEST = 127  # of the 8-bit numbers that activations are rounded to
_GROUP = 256 << 20
"""Bytes of results that are looked at together. Of each there are up to four copies."""


@dataclass
class Seen:
    """What was measured: ``found`` by variable when the file runs, ``own`` by the same when operators are forced.

    ``worst`` is the largest error of an operator, and the number of the feed with which it was made.
    """

    found: dict[str, Measure] = field(default_factory=dict)
    own: dict[str, Measure] = field(default_factory=dict)
    worst: dict[Op, tuple[float, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrived:
    """The arrays of one feed, by variable: what the reference has, and what came of the run of the whole file.

    ``given`` and ``own`` are what operators were forced to read, and what they then gave; empty where they could not
    be. 8-bit numbers are as the engine has them.
    """

    expected: dict[str, NDArray[Any]]
    found: Mapping[str, NDArray[Any]]
    given: Mapping[str, NDArray[Any]]
    own: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Walk:
    """``program`` is what ``subject.graph`` was read from, ``folder`` an existing one for files that ``open_`` runs."""

    subject: LayerSubject
    program: SourceFiles
    open_: Open
    folder: Path
    timeout: float

    def measure(self, feeds: Sequence[Arrays]) -> Seen:
        """Measure every operator with every feed. Raises what the engine's run and the reference's raise."""
        seen = Seen()
        for ops in self._groups(feeds):
            for number, arrived in enumerate(self.arrays(ops, feeds)):
                self._note(seen, ops, number, arrived)
        return seen

    def arrays(self, ops: Sequence[Op], feeds: Sequence[Arrays]) -> Iterator[Arrived]:
        """For each feed what some operators read and give."""
        subject = self.subject
        known = {name: value for op in ops for name, value in subject.expected(op).items()}
        read = {name: value for op in ops for name, value in (subject.read(op) or {}).items()}
        inputs = {name: value for name, value in read.items() if name in subject.program.inputs}
        shown = [name for name in {**read, **known} if name not in inputs]
        if not shown:
            return
        file = subject.program.showing(shown).write(self.folder / "shown.nb")
        values = {**read, **known}
        with (
            reference_values(self.program, [value.name for value in values.values()], self.timeout) as answer,
            self.open_(file) as run,
            ExitStack() as stack,
        ):
            forced = _Forced(self, ops, stack)
            for feed in feeds:
                expected = _expected(answer, feed, values)
                found = {**run(feed), **{name: feed[value.name] for name, value in inputs.items()}}
                yield Arrived(expected, found, *forced.run(expected, found))

    def _groups(self, feeds: Sequence[Arrays]) -> Iterator[list[Op]]:
        batch = max((array.shape[0] for feed in feeds for array in feed.values() if array.ndim), default=1)
        group: list[Op] = []
        size = 0
        for op in self.subject.program.ops:
            results = self.subject.expected(op)
            if not results:
                continue
            group.append(op)
            size += sum(_bytes(value, batch) for value in results.values())
            if size > _GROUP:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _note(self, seen: Seen, ops: Sequence[Op], number: int, arrived: Arrived) -> None:
        found, own = (dict(self._measures(arrays, arrived.expected)) for arrays in (arrived.found, arrived.own))
        for measures, new in ((seen.found, found), (seen.own, own)):
            for name, each in new.items():
                before = measures.get(name)
                measures[name] = each if before is None else before.worse(each)
        for op in ops:
            results = [(own if name in own else found).get(name) for name in op.results]
            error = max((each.badness for each in results if each is not None), default=0.0)
            if op not in seen.worst or error > seen.worst[op][0]:
                seen.worst[op] = error, number

    def _measures(self, arrays: Arrays, expected: Arrays) -> Iterator[tuple[str, Measure]]:
        for name, array in arrays.items():
            if not is_quantised(array, expected[name]):
                yield name, measure(array, expected[name])
            elif (scale := self.subject.scale(name)) is not None:
                yield name, measure(array * np.float32(scale), expected[name])


def is_quantised(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Whether an array holds 8-bit numbers that stand for others."""
    return found.dtype == np.int8 and expected.dtype.kind == "f"


class _Forced:
    """Operators that are given the reference's values to read. The program is made of the first feed's types."""

    def __init__(self, walk: Walk, ops: Sequence[Op], stack: ExitStack) -> None:
        self._walk = walk
        self._ops = ops
        self._stack = stack
        self._run: Run | None = None
        self._read: list[str] = []
        self._begun = False

    def run(self, expected: Arrays, found: Arrays) -> tuple[Arrays, Arrays]:
        """What those that can be forced are given, and what they give, by variable."""
        try:
            if not self._begun:
                self._begun = True
                self._begin(expected, found)
            if self._run is None:
                return {}, {}
            given = {name: self._like(name, expected[name], found[name]) for name in self._read}
            return given, self._run({input_for(name): array for name, array in given.items()})
        except EngineCrashedError:
            # Operators that get along in the whole program only are not measured by themselves.
            self._run = None
            return {}, {}

    def _like(self, name: str, expected: NDArray[Any], found: NDArray[Any]) -> NDArray[Any]:
        """The expected values in the type and shape that the engine has for them."""
        if is_quantised(found, expected) and (scale := self._walk.subject.scale(name)):
            expected = np.clip(np.rint(expected / np.float32(scale)), -_LARGEST, _LARGEST)
        return np.ascontiguousarray(expected.astype(found.dtype).reshape(found.shape))

    def _can_be_given(self, name: str, expected: NDArray[Any], found: NDArray[Any]) -> bool:
        if found.size != expected.size:
            return False
        if is_quantised(found, expected):
            return bool(self._walk.subject.scale(name))
        return found.dtype.kind == expected.dtype.kind

    def _begin(self, expected: Arrays, found: Arrays) -> None:
        subject = self._walk.subject
        ops = [
            op
            for op in self._ops
            if (read := subject.read(op))
            and all(self._can_be_given(name, expected[name], found[name]) for name in read)
        ]
        results = [name for op in ops for name in subject.expected(op)]
        if not results:
            return
        self._read = sorted({name for op in ops for name in subject.read(op) or ()})
        settings = {name: Setting(found[name].dtype.name, found[name].ndim) for name in self._read}
        file = subject.program.forced(ops, settings, results).write(self._walk.folder / "forced.nb")
        self._run = self._stack.enter_context(self._walk.open_(file))


def _expected(answer: Answer, feed: Arrays, values: Mapping[str, Value]) -> dict[str, NDArray[Any]]:
    arrays = answer(feed)
    return {name: arrays[value.name] for name, value in values.items()}


def _bytes(value: Value, batch: int) -> int:
    return math.prod(batch if size < 0 else size for size in value.shape) * DTYPE_SIZES[value.dtype]
