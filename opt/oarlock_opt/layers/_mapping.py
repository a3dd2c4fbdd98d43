"""Which values of the imported graph the variables of an optimised program are.

The optimiser fuses operators and keeps the name of the last one's result. That a variable is the value of its name is
not believed but proved: what the fused operator reads must be just what cuts that value off from the rest of the graph.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from oarlock_opt.importer.graph import Graph, Index, Node, Value
from oarlock_opt.layers._nb_program import NbProgram, Op

__all__ = ["Correspondence", "correspond"]

# What these give is what they read, elsewhere or otherwise stored.
_COPIES = frozenset(["calib", "calib_inplace", "calib_once", "io_copy", "io_copy_once", "layout", "layout_once"])


@dataclass(frozen=True)
class Correspondence:
    """``values`` are by variable; ``nodes`` are those for which an operator stands, none for one that only copies."""

    values: Mapping[str, Value]
    nodes: Mapping[Op, tuple[Node, ...]]


def correspond(program: NbProgram, graph: Graph) -> Correspondence:
    """Map the variables of a program whose names are those that the optimiser found in ``graph``'s.

    What cannot be proved is left out.
    """
    return _Mapper(program, graph).map()


class _Mapper:
    def __init__(self, program: NbProgram, graph: Graph) -> None:
        self._program = program
        self._graph = graph
        self._index = graph.index()
        self._named = {value.name: value for node in graph.nodes for value in node.all_outputs()}
        self._order = {node: number for number, node in enumerate(graph.nodes)}
        self._parameters = {value.name: value for value in graph.parameters}
        inputs = {value.name: value for value in graph.inputs}
        self._values = {name: inputs[name] for name in program.inputs if name in inputs}
        self._givers: dict[str, Op] = {}

    def map(self) -> Correspondence:
        nodes: dict[Op, tuple[Node, ...]] = {}
        for op in self._program.ops:
            for name in op.given_as:
                self._givers[name] = op
            found = () if op.type in _COPIES and self._copy(op) else self._prove(op)
            if found is not None:
                nodes[op] = found
        return Correspondence(self._values, nodes)

    def _copy(self, op: Op) -> bool:
        read = self._program.variables_of(op)
        if len(read) != 1 or len(op.results) != 1 or read[0] not in self._values:
            return False
        self._values[op.results[0]] = self._values[read[0]]
        return True

    def _prove(self, op: Op) -> tuple[Node, ...] | None:
        """The nodes that give an operator's results out of what it reads."""
        try:
            results = {name: self._named[op.given_as[name]] for name in op.results}
        except KeyError:
            return None
        read = [value for name in self._program.variables_of(op) for value in self._origins(name)]
        region = _Region(self._index, self._graph.parameters, set(results.values()), set(read))
        used = [
            self._parameters[name]
            for names in self._program.parameters_of(op).values()
            for name in names
            if name in self._parameters
        ]
        if not (region.is_cut and region.met.issuperset(read) and region.parameters.issuperset(used)):
            return None
        self._values.update(results)
        return tuple(sorted(region.nodes, key=self._order.__getitem__))

    def _origins(self, name: str) -> Iterator[Value]:
        """The value of a variable or, where that is not known, of what it is made of."""
        if name in self._values:
            yield self._values[name]
        elif name in self._givers:
            for each in self._program.variables_of(self._givers[name]):
                yield from self._origins(each)


class _Region:
    """What lies between values and a frontier before them.

    ``is_cut`` tells that no input of the graph is reached beside the frontier; ``met`` is what of that is reached.
    """

    def __init__(self, index: Index, parameters: Container[Value], results: set[Value], frontier: set[Value]) -> None:
        self.nodes: set[Node] = set()
        self.met: set[Value] = set()
        self.parameters: set[Value] = set()
        self.is_cut = True
        waiting = [*results]
        seen = {*results}
        while waiting:
            node = index.producer(waiting.pop())
            if node is None:
                self.is_cut = False
                return
            self.nodes.add(node)
            for value in node.all_inputs():
                if value in frontier:
                    self.met.add(value)
                elif value in parameters:
                    self.parameters.add(value)
                elif value not in seen:
                    seen.add(value)
                    waiting.append(value)
