"""Which operators of two programs that the optimiser made correspond."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TypeAlias

from oarlock_opt.layers._nb_program import NbProgram, Op

__all__ = ["align"]

_Place: TypeAlias = tuple[object, ...]

_NOTHING = "@EMPTY@"


def align(program: NbProgram, twin: NbProgram) -> dict[Op, Op]:
    """The operator of ``twin`` that corresponds to one of ``program``, where that is certain.

    The two have the same parameters in the same slots and the same slots altogether; and they read what corresponds,
    unless they have parameters, whose names tell as much. Attributes may differ and, between operators that correspond,
    so may types.
    """
    pairs: dict[Op, Op] = {}
    places = _Places(program), _Places(twin)
    mine, its = ([_signature(op, each) for op in each.ops] for each in (program, twin))
    for kind, start, end, twin_start, twin_end in SequenceMatcher(None, mine, its, autojunk=False).get_opcodes():
        if kind not in ("equal", "replace") or end - start != twin_end - twin_start:
            continue
        for number, other_number in zip(range(start, end), range(twin_start, twin_end), strict=True):
            op, other = program.ops[number], twin.ops[other_number]
            reads_the_same = places[0].of(op) == places[1].of(other)
            if mine[number][1:] == its[other_number][1:] and (
                reads_the_same or (op.type == other.type and program.parameters_of(op))
            ):
                pairs[op] = other
                places[0].add(op, len(pairs))
                places[1].add(other, len(pairs))
    return pairs


def _signature(op: Op, program: NbProgram) -> _Place:
    parameters = {slot: tuple(names) for slot, names in program.parameters_of(op).items()}
    slots = [(slot, len(names)) for slots in (op.reads, op.gives) for slot, names in sorted(slots.items())]
    return op.type, tuple(sorted(parameters.items())), tuple(slots)


class _Places:
    """Where the variables of a program come from, in terms that two programs share."""

    def __init__(self, program: NbProgram) -> None:
        self._program = program
        self._given: dict[str, _Place] = {name: ("input", name) for name in (*program.inputs, _NOTHING)}

    def add(self, op: Op, number: int) -> None:
        """An operator that has a counterpart, and the number of the pair."""
        for slot, names in op.gives.items():
            for position, name in enumerate(names):
                self._given[name] = (number, slot, position)

    def of(self, op: Op) -> list[_Place]:
        """Where what an operator reads comes from; what is not certain equals nothing."""
        names = [name for _, names in sorted(op.reads.items()) for name in names]
        return [
            ("parameter", name) if name in self._program.parameters else self._given.get(name, (object(),))
            for name in names
        ]
