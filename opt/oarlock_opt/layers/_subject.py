"""A .nb file, the source that it was made from, and how the variables of the one are the values of the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from oarlock import nb, store
from oarlock_opt.imported import Imported
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.layers._alignment import align
from oarlock_opt.layers._changes import changed_attributes, changed_parameters
from oarlock_opt.layers._mapping import correspond
from oarlock_opt.layers._nb_file import NbFile, attributes
from oarlock_opt.layers._nb_program import NbProgram, Op
from oarlock_opt.lite import weights, worker
from oarlock_opt.lite.targets import Variant

__all__ = ["LayerSubject"]

# Of Paddle Lite's passes the one that gives several results one name, on ARM and OpenCL.
_SHARING = "memory_optimize_pass"


class LayerSubject:
    """The source is optimised once more, with results that keep their names: the twin, whose operators are the file's.

    ``values`` has the graph's value for each variable of ``program`` where that is certain; in a program with several
    blocks it never is.
    """

    def __init__(self, path: Path, model: Imported, variant: Variant, folder: Path, timeout: float) -> None:
        """``folder`` is an empty one for the twin. Raises ModelError, OptimizerError and OSError."""
        if variant.recipe.weight_bits:
            model = weights.restored(model, folder / "restored-products")
        self.file = NbFile.read(path)
        self.program = NbProgram(self.file)
        self.graph: Graph = legacy.read(model.program)
        self.values: dict[str, Value] = {}
        self.changes: dict[Op, tuple[str, ...]] = {}
        self._origins: dict[Node, str] = {
            node: original.origin for node, original in zip(self.graph.nodes, model.graph.nodes, strict=True)
        }
        self._nodes: dict[Op, tuple[Node, ...]] = {}
        self._givers = {name: op for op in self.program.ops for name in op.results}
        blocks = len(self.file.program["blocks"])
        self.remark = "which of the source's values it gives cannot be told for certain"
        """Why an operator is not compared."""
        if blocks == 1:
            self._match(_twin(path, model, variant, folder, timeout, discard=self.program.shared))
        else:
            self.remark = f"the program has {blocks} blocks, and only programs of one can be followed"

    def _match(self, twin_file: NbFile) -> None:
        twin = NbProgram(twin_file)
        known = correspond(twin, self.graph)
        self.values.update({name: known.values[name] for name in self.program.inputs if name in known.values})
        changed = changed_parameters(self.file, twin_file)
        for op, other in align(self.program, twin).items():
            self.changes[op] = (*changed_attributes(op, other), *self._changed(op, changed))
            if other not in known.nodes:
                continue
            self._nodes[op] = known.nodes[other]
            for slot, names in op.gives.items():
                for name, its in zip(names, other.gives[slot], strict=True):
                    if its in known.values:
                        self.values[name] = known.values[its]

    def _changed(self, op: Op, changed: Mapping[str, str]) -> Iterator[str]:
        for names in self.program.parameters_of(op).values():
            yield from (changed[name] for name in names if name in changed)

    def expected(self, op: Op) -> dict[str, Value]:
        """The graph's values for the results of an operator."""
        return {name: self.values[name] for name in op.results if name in self.values}

    def read(self, op: Op) -> dict[str, Value] | None:
        """The graph's values for all that an operator reads; None unless all are known."""
        names = self.program.variables_of(op)
        if not names or any(name not in self.values for name in names):
            return None
        return {name: self.values[name] for name in names}

    def scale(self, name: str) -> float | None:
        """What one step of a variable stands for where it holds 8-bit numbers; None where that is not known."""
        op = self._givers.get(name)
        if op is None:
            return None
        known = attributes(op.record)
        found = known.get("scale") if op.type == "calib" else known.get("Output0_scale")
        first = found[0] if isinstance(found, list) and found else found
        return float(first) if isinstance(first, float) else None

    def origin(self, op: Op) -> str:
        """What of the source an operator stands for: "conv2d_5, operators 16 to 18"; "" where it is not known."""
        nodes = self._nodes.get(op, ())
        places = list(dict.fromkeys(self._origins[node] for node in nodes if self._origins[node]))
        layer = _layer(nodes, self.graph)
        if len(places) > 1:
            places = [f"{places[0].replace('operator ', 'operators ')} to {places[-1].removeprefix('operator ')}"]
        return ", ".join([*filter(None, [layer]), *places])


def _layer(nodes: tuple[Node, ...], graph: Graph) -> str:
    """The name that PaddlePaddle gave a layer, by its largest parameter: "conv2d_5" of "conv2d_5.w_0"."""
    parameters = [value for node in nodes for value in node.all_inputs() if value in graph.parameters]
    largest = max(parameters, key=lambda value: math.prod(value.shape), default=None)
    return "" if largest is None else largest.name.rpartition(".")[0]


def _twin(path: Path, model: Imported, variant: Variant, folder: Path, timeout: float, *, discard: bool) -> NbFile:
    engine = store.find("x86", str(nb.describe(path)["version"]))
    assert model.program.params is not None  # legacy.write makes an empty file where there are none
    [made] = worker.optimize(
        model.program.program,
        model.program.params,
        [variant],
        engine=engine,
        folder=folder,
        timeout=timeout,
        discard=(_SHARING,) if discard else (),
    )
    return NbFile.read(made.path)
