"""Reads a PIR model into a graph of legacy operators."""

from __future__ import annotations

from collections.abc import Callable

from oarlock_opt.errors import BadGraphError
from oarlock_opt.importer.graph import Graph, Node, TensorData, Value
from oarlock_opt.importer.legacy import read_params
from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._generic import generic
from oarlock_opt.importer.pir._parser import VERSIONS, parse
from oarlock_opt.importer.pir._program import Operation, Result, TensorType
from oarlock_opt.importer.pir._signatures import signature
from oarlock_opt.importer.pir._unsupported import Unsupported
from oarlock_opt.importer.pir._values import DependsOnOther, Item, NotConvertible, Values
from oarlock_opt.importer.pir.handlers import HANDLERS
from oarlock_opt.source import SourceFiles

__all__ = ["read"]


def read(files: SourceFiles) -> Graph:
    """Read a PIR model. Its parameters stay in their file, which is mapped.

    Raises UnsupportedSourceError for a version of the format that is not known, BadProgramError when the program is
    damaged or not that of an inference model, UnsupportedOpError, which names every operator that cannot be converted,
    SourceNotFoundError and BadParamsError for parameters that are missing or not the program's, and OSError.
    """
    return _Reader(files).graph()


class _Reader:
    def __init__(self, files: SourceFiles) -> None:
        self._files = files
        self._program = parse(files.program)
        operations = self._program.operations
        self._values = Values(operand for operation in operations for operand in operation.operands)
        self._unsupported = Unsupported(files.program)
        self._inputs: dict[str, Value] = {}
        self._fetched: dict[int, tuple[str, Value]] = {}

    def graph(self) -> Graph:
        parameters = self._parameters()
        for operation in self._program.operations:
            self._convert(operation)
        self._unsupported.raise_if_any()
        if not self._inputs:
            raise self._bad("it has no inputs (no data or feed operator), so it is no inference model")
        if not self._fetched:
            raise self._bad("it has no outputs (no fetch operator), so it is no inference model")
        inputs = list(self._inputs.values())
        if both := {value.name for value in parameters} & self._inputs.keys():
            raise self._bad(f"{min(both)!r} is an input and a parameter as well")
        outputs = self._outputs({*inputs, *parameters})
        return Graph(inputs, outputs, parameters, self._values.nodes, VERSIONS[self._program.version])

    def _parameters(self) -> dict[Value, TensorData]:
        """The parameters, in the order of their file: that of their names' bytes."""
        found: dict[str, Value] = {}
        for operation in self._program.operations:
            if operation.name != "builtin.parameter":
                continue
            name = str(operation.attributes["name"].value)
            type_ = self._tensor_type(operation, operation.results[0])
            if not name or name in found:
                raise self._bad(f"operator {operation.number}: the parameter {name!r} is there twice or has no name")
            found[name] = Value(name, type_.dtype, type_.shape)
            self._values.set(operation.results[0].id, found[name])
        values = [found[name] for name in sorted(found, key=str.encode)]
        return dict(zip(values, read_params(self._files, values), strict=True))

    def _convert(self, operation: Operation) -> None:
        structural = _STRUCTURAL.get(operation.name)
        try:
            if structural is not None:
                structural(self, operation)
            else:
                self._lower(operation)
        except DependsOnOther:
            if not self._unsupported:
                raise self._bad_op(operation, "it reads a result that its operator does not give") from None
            self._stand_in(operation)
        except NotConvertible as why:
            self._unsupported.add(operation, self._values, str(why))
            self._stand_in(operation)

    def _lower(self, operation: Operation) -> None:
        name = operation.short_name.removesuffix("_")
        if operation.has_regions:
            raise NotConvertible(
                "it has a block of its own, as loops and conditions that depend on data have; unroll the loop, or "
                "decide the condition before the model is exported"
            )
        found = signature(operation.short_name) if operation.name.startswith("pd_op.") else None
        if found is None:
            raise NotConvertible("Oarlock does not know it")
        call = Call(operation, found, self._values, self._files.program)
        if name in HANDLERS:
            HANDLERS[name](call)
        elif found.type:
            generic(call)
        else:
            raise NotConvertible("no operator of the legacy format, which Paddle Lite reads, does the same")

    def _stand_in(self, operation: Operation) -> None:
        for result in operation.results:
            self._values.stand_in(result)

    # Operators that are no computation

    def _skip(self, operation: Operation) -> None:
        """A parameter, which is known already, or one that a training program writes back."""

    def _input(self, operation: Operation) -> None:
        name = self._text(operation, "name")
        if len(operation.results) != 1:
            raise self._bad_op(operation, f"it has {len(operation.results)} results, expected one")
        type_ = self._tensor_type(operation, operation.results[0])
        if not name or name in self._inputs:
            raise self._bad_op(operation, f"the input {name!r} is there twice or has no name")
        self._inputs[name] = Value(name, type_.dtype, type_.shape)
        self._values.set(operation.results[0].id, self._inputs[name])

    def _output(self, operation: Operation) -> None:
        name = self._text(operation, "output_name" if operation.name == "builtin.shadow_output" else "name")
        column = len(self._fetched)
        if "col" in operation.attributes:
            found = operation.attributes["col"].value
            if isinstance(found, bool) or not isinstance(found, int) or found in self._fetched:
                raise self._bad_op(operation, f"its column is {found!r}, expected a number that no other has")
            column = found
        if len(operation.operands) != 1 or operation.operands[0] == 0:
            raise self._bad_op(operation, "it has no operand, expected one")
        self._fetched[column] = (name, self._values.tensor(operation.operands[0]))

    def _combine(self, operation: Operation) -> None:
        (result,) = self._one_result(operation)
        if 0 in operation.operands:
            raise self._bad_op(operation, "one of its operands is absent")
        self._values.set(result.id, tuple(self._values.item(operand) for operand in operation.operands))

    def _split(self, operation: Operation) -> None:
        items = self._list(operation)
        if len(items) != len(operation.results):
            raise self._bad_op(operation, f"it splits {len(items)} tensors into {len(operation.results)}")
        for item, result in zip(items, operation.results, strict=True):
            if result.id:
                self._values.set(result.id, item)

    def _slice(self, operation: Operation) -> None:
        items = self._list(operation)
        found = operation.attributes.get("index")
        index = found.value if found is not None else None
        if not isinstance(index, int) or not 0 <= index < len(items):
            raise self._bad_op(operation, f"it takes element {index!r} of {len(items)}")
        (result,) = self._one_result(operation)
        self._values.set(result.id, items[index])

    def _list(self, operation: Operation) -> tuple[Item, ...]:
        if len(operation.operands) != 1 or operation.operands[0] == 0:
            raise self._bad_op(operation, "it has no operand, expected one")
        item = self._values.item(operation.operands[0])
        if not isinstance(item, tuple):
            raise self._bad_op(operation, "its operand is no list")
        return item

    # Outputs

    def _outputs(self, given: set[Value]) -> list[Value]:
        """The model's outputs, under the names that PaddlePaddle gives them; one that no node gives is copied."""
        outputs: dict[Value, None] = {}
        taken = {value.name for value in given}
        numbers: dict[str, int] = {}
        for column in sorted(self._fetched):
            name, value = self._fetched[column]
            if value in given or value in outputs:
                copy = Value(name, value.dtype, value.shape)
                self._values.nodes.append(Node("assign", {"X": [value]}, {"Out": [copy]}, {}, f"output {name}"))
                value = copy
            unique = name
            while unique in taken:
                numbers[name] = numbers.get(name, 0) + 1
                unique = f"{name}_{numbers[name]}"
            value.name = unique
            taken.add(unique)
            outputs[value] = None
        return list(outputs)

    # Checks

    def _tensor_type(self, operation: Operation, result: Result) -> TensorType:
        if not isinstance(result.type, TensorType):
            raise self._bad_op(operation, "it is no tensor of numbers that graphs have")
        return result.type

    def _text(self, operation: Operation, name: str) -> str:
        found = operation.attributes.get(name)
        if found is None or not isinstance(found.value, str):
            raise self._bad_op(operation, f"it has no attribute {name} that is a string")
        return found.value

    def _one_result(self, operation: Operation) -> tuple[Result, ...]:
        if len(operation.results) != 1:
            raise self._bad_op(operation, f"it has {len(operation.results)} results, expected one")
        return operation.results

    def _bad_op(self, operation: Operation, what: str) -> BadGraphError:
        return self._bad(f"operator {operation.number} ({operation.name}): {what}")

    def _bad(self, what: str) -> BadGraphError:
        return BadGraphError(f"{self._files.program}: {what}")


_STRUCTURAL: dict[str, Callable[[_Reader, Operation], None]] = {
    "builtin.parameter": _Reader._skip,
    "builtin.set_parameter": _Reader._skip,
    "builtin.combine": _Reader._combine,
    "builtin.split": _Reader._split,
    "builtin.slice": _Reader._slice,
    "builtin.shadow_output": _Reader._output,
    "pd_op.data": _Reader._input,
    "pd_op.feed": _Reader._input,
    "pd_op.fetch": _Reader._output,
}
