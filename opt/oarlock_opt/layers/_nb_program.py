"""The program of a .nb file with a variable for every result, and the programs that show and set these.

Paddle Lite lets variables share memory by giving several results one name. Here each result of an operator has a name
of its own, and later readers follow; kernels and attributes stay, so that what runs is what the file would run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from oarlock_opt.inspection.nb_graph import KERNEL, kernel_place
from oarlock_opt.inspection.subject import UNUSED_SLOTS
from oarlock_opt.layers._nb_file import Arguments, NbFile, attributes, inputs, outputs, set_arguments
from oarlock_opt.layers._tables import Record

__all__ = ["NbProgram", "Op", "Setting", "input_for"]

_FEED, _FETCH = "feed", "fetch"
_DENSE = 7
_DTYPES = {"bool": 0, "int16": 1, "int32": 2, "int64": 3, "float16": 4, "float32": 5, "uint8": 20, "int8": 21}


@dataclass(frozen=True, eq=False)
class Op:
    """An operator. ``reads`` and ``gives`` are its variables, each slot's by their new names.

    ``number`` is its place in the file. ``given_as`` has the file's own names of what it gives.
    """

    number: int
    record: Record
    reads: Arguments
    gives: Arguments
    given_as: Mapping[str, str]

    @property
    def type(self) -> str:
        """The operator's type: "conv2d"."""
        return str(self.record["type"])

    @property
    def kernel(self) -> str:
        """Target, precision and layout: "x86/float/nchw"."""
        return kernel_place(str(attributes(self.record)[KERNEL]))

    @property
    def results(self) -> list[str]:
        """The variables of what it computes in inference."""
        return [name for slot, names in self.gives.items() if slot not in UNUSED_SLOTS for name in names]


@dataclass(frozen=True)
class Setting:
    """What a variable is to be set to: its dtype and its number of dimensions."""

    dtype: str
    rank: int


class NbProgram:
    """The main block of a file; it must be the only one."""

    def __init__(self, file: NbFile) -> None:
        self._file = file
        self.parameters = {
            variable["name"]
            for variable in file.block["vars"]
            if variable.get("persistable") and variable["name"] not in (_FEED, _FETCH)
        }
        """The names of the parameters; they are never renamed."""
        self.inputs: list[str] = []
        """The names of the inputs, which are not renamed either."""
        self.ops: list[Op] = []
        """The operators but those that feed and fetch, in the order in which they run."""
        self.shared = False
        """Whether a name of the file stands for several results."""
        self._declared = {variable["name"]: variable for variable in file.block["vars"]}
        self._feeds: list[Record] = []
        self._fetch: Record = {}
        self._assign()

    def _assign(self) -> None:
        current: dict[str, str] = {}
        for number, record in enumerate(self._file.block["ops"]):
            if record["type"] == _FEED:
                self._feeds.append(record)
                self.inputs += outputs(record)["Out"]
            elif record["type"] == _FETCH:
                self._fetch = record
            else:
                self.ops.append(self._op(number, record, current))

    def _op(self, number: int, record: Record, current: dict[str, str]) -> Op:
        reads = {slot: [current.get(name, name) for name in names] for slot, names in inputs(record).items()}
        gives: Arguments = {}
        given_as = {}
        for slot, names in outputs(record).items():
            gives[slot] = []
            for position, name in enumerate(names):
                if name in self.parameters or name not in self._declared:
                    gives[slot].append(name)
                    continue
                self.shared |= name in current
                current[name] = new = f"{number}/{slot}/{position}"
                self._declared[new] = {**self._declared[name], "name": new}
                given_as[new] = name
                gives[slot].append(new)
        return Op(number, set_arguments(record, reads, gives), reads, gives, given_as)

    def variables_of(self, op: Op) -> list[str]:
        """What an operator reads that is no parameter."""
        return [
            name
            for names in op.reads.values()
            for name in names
            if name not in self.parameters and self._is_tensor(name)
        ]

    def parameters_of(self, op: Op) -> dict[str, list[str]]:
        """The parameters that an operator reads, by slot."""
        found = {slot: [name for name in names if name in self.parameters] for slot, names in op.reads.items()}
        return {slot: names for slot, names in found.items() if names}

    def _is_tensor(self, name: str) -> bool:
        declared = self._declared.get(name)
        return declared is not None and declared["type"].get("type", 0) == _DENSE

    def showing(self, variables: Sequence[str]) -> NbFile:
        """The same program, whose outputs are these variables, in this order and by these names."""
        ops = [*self._feeds, *(op.record for op in self.ops), *map(self._fetched, range(len(variables)), variables)]
        return self._with(ops, ())

    def forced(self, ops: Sequence[Op], settings: Mapping[str, Setting], results: Sequence[str]) -> NbFile:
        """Some operators, each of which reads values that are given to it, not what an operator before gave.

        Inputs are the variables of ``settings``, all that the operators read, by the names of ``input_for``; outputs
        are ``results``, by their own.
        """
        renamed = {name: input_for(name) for name in settings}
        feeds = [self._fed(column, name) for column, name in enumerate(renamed.values())]
        forced = [
            set_arguments(
                op.record,
                {slot: [renamed.get(name, name) for name in names] for slot, names in op.reads.items()},
                op.gives,
            )
            for op in ops
        ]
        inputs_ = [_tensor(renamed[name], it) for name, it in settings.items()]
        return self._with([*feeds, *forced, *map(self._fetched, range(len(results)), results)], inputs_)

    def _with(self, ops: list[Record], own: Collection[Record]) -> NbFile:
        """The file with these operators and the variables that they have; ``own`` stand in for those of their names."""
        declared = {**self._declared, **{variable["name"]: variable for variable in own}}
        used = {name for op in ops for names in (*inputs(op).values(), *outputs(op).values()) for name in names}
        return self._file.with_block([declared[name] for name in sorted(used) if name in declared], ops)

    def _fed(self, column: int, name: str) -> Record:
        return _in_column(set_arguments(self._feeds[0], {"X": [_FEED]}, {"Out": [name]}), column)

    def _fetched(self, column: int, name: str) -> Record:
        return _in_column(set_arguments(self._fetch, {"X": [name]}, {"Out": [_FETCH]}), column)


def input_for(variable: str) -> str:
    """The name of the input that sets a variable in a forced program, where an operator may give it as well."""
    return f"{variable}="


def _tensor(name: str, setting: Setting) -> Record:
    tensor = {"data_type": _DTYPES[setting.dtype], "dims": [-1] * setting.rank}
    return {"name": name, "type": {"type": _DENSE, "lod_tensor": {"tensor": tensor}}}


def _in_column(op: Record, column: int) -> Record:
    return {**op, "attrs": [{**each, "i": column} if each["name"] == "col" else each for each in op["attrs"]]}
