"""One operator as its handler sees it: operands, attributes and results by name, and ways to give nodes for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

from oarlock_opt.errors import BadGraphError
from oarlock_opt.importer.graph import Attr, AttrKind, Node, Value
from oarlock_opt.importer.pir._constants import Constant
from oarlock_opt.importer.pir._conversion import converted
from oarlock_opt.importer.pir._program import AttributeValue, Operation, Result, TensorType, VectorType
from oarlock_opt.importer.pir._signatures import Signature, legacy_op
from oarlock_opt.importer.pir._values import Item, NotConvertible, Values

__all__ = ["MAX_AXES", "Call"]

MAX_AXES = 16
"""More than tensors have: the longest list of sizes or bounds that may be computed when the model runs."""

# What PaddlePaddle notes about operators, for messages, training and scheduling.
_NOTES = {
    "struct_name", "op_callstack", "op_device", "op_namescope", "op_role", "op_role_var", "chunk_id", "comp_op_name",
    "op_dist_attr", "stop_gradient", "persistable", "event_to_record", "events_to_wait", "execution_stream",
    "force_record_event", "scheduling_priority", "sym_shape_str",
}  # fmt: skip

Slots: TypeAlias = Mapping[str, "Value | Sequence[Value] | None"]


class Call:
    """An operator. Names of operands, attributes and results are PIR's; slots and types of nodes are legacy.

    Every method raises BadGraphError where the program is not what PaddlePaddle writes, and NotConvertible where it
    is and no legacy operator does that.
    """

    def __init__(self, operation: Operation, signature: Signature, values: Values, path: object) -> None:
        self.operation = operation
        self.signature = signature
        self._values = values
        self._path = path
        names = [operand.name for operand in signature.operands]
        if len(operation.operands) != len(names):
            self.bad(f"operands in the number of {len(operation.operands)}, expected {len(names)} ({', '.join(names)})")
        self._operands = dict(zip(names, operation.operands, strict=True))
        strange = sorted(operation.attributes.keys() - signature.attributes.keys() - _NOTES)
        if strange:
            raise NotConvertible(f"it has the attribute {strange[0]}, which PaddlePaddle 3.3 does not know")
        if len(operation.results) > len(signature.results):
            self.bad(f"it has {len(operation.results)} results, expected {', '.join(signature.results) or 'none'}")
        self._results = dict(zip(signature.results, operation.results, strict=False))

    # Operands

    def item(self, operand: str) -> Item | None:
        """What an operand is; None where it is absent."""
        number = self._operands[operand]
        return None if number == 0 else self._values.item(number)

    def tensor(self, operand: str) -> Value:
        """An operand as a tensor of the graph."""
        found = self.optional(operand)
        if found is None:
            self.bad(f"its operand {operand} is absent")
        return found

    def optional(self, operand: str) -> Value | None:
        """An operand as a tensor of the graph; None where it is absent."""
        number = self._operands[operand]
        return None if number == 0 else self._values.tensor(number)

    def tensors(self, operand: str) -> list[Value]:
        """An operand that is a list, or a tensor, which counts as a list of one."""
        number = self._operands[operand]
        return [] if number == 0 else self._values.tensors(number)

    def constant(self, operand: str) -> Constant | None:
        """An operand whose elements are known; None for others, and where it is absent.

        A list of constants of one element each counts as a constant.
        """
        number = self._operands[operand]
        return None if number == 0 else self._values.constant(number)

    def as_list(self, operand: str) -> list[Value]:
        """An operand as a list of tensors of one element; a tensor is split, which needs its length to be known."""
        item = self.item(operand)
        if isinstance(item, tuple):
            return self.tensors(operand)
        value = self.tensor(operand)
        (count,) = value.shape if len(value.shape) == 1 else (-1,)
        if not 0 <= count <= MAX_AXES:
            raise NotConvertible(f"its {operand} is computed when the model runs, and is not one number per axis")
        if count == 1:
            return [value]
        parts = [self.temporary(value.dtype, (1,)) for _ in range(count)]
        attrs = {"axis": Attr(AttrKind.INT, 0), "num": Attr(AttrKind.INT, count)}
        self.emit("split", {"X": value}, {"Out": parts}, attrs)
        return parts

    def known(self, operand: str) -> tuple[bool | int | float, ...]:
        """The elements of an operand that have to be known."""
        constant = self.constant(operand)
        elements = None if constant is None else constant.listed()
        if elements is None:
            raise NotConvertible(
                f"its {operand} is computed when the model runs, and has to be known when it is converted"
            )
        return elements

    def integers(self, operand: str) -> tuple[int, ...]:
        """The same, as integers."""
        elements = self.known(operand)
        integers = tuple(int(each) for each in elements if math.isfinite(each) and each == int(each))
        if len(integers) != len(elements):
            self.bad(f"its operand {operand} holds what is no integer")
        return integers

    def scalar(self, operand: str) -> bool | int | float:
        """The only element of an operand that has to be known."""
        elements = self.known(operand)
        if len(elements) != 1:
            self.bad(f"its operand {operand} has {len(elements)} elements, expected one")
        return elements[0]

    def whole(self, operand: str) -> int:
        """The same, as an integer."""
        element = self.scalar(operand)
        if not math.isfinite(element) or element != int(element):
            self.bad(f"its operand {operand} is {element!r}, expected an integer")
        return int(element)

    # Attributes

    def attribute(self, name: str) -> AttributeValue:
        """The value of an attribute."""
        found = self.operation.attributes.get(name)
        if found is None:
            self.bad(f"it has no attribute {name}")
        if found.value is None:
            self.bad(f"its attribute {name} is of the kind {found.kind}, which Oarlock does not read")
        return found.value

    def flag(self, name: str) -> bool:
        """An attribute that is true or false."""
        value = self.attribute(name)
        if not isinstance(value, bool):
            self.bad(f"its attribute {name} is {value!r}, expected true or false")
        return value

    def integer(self, name: str) -> int:
        """An attribute that is an integer."""
        value = self.attribute(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self.bad(f"its attribute {name} is {value!r}, expected an integer")
        return value

    def number(self, name: str) -> float:
        """An attribute that is a number."""
        value = self.attribute(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.bad(f"its attribute {name} is {value!r}, expected a number")
        return float(value)

    def text(self, name: str) -> str:
        """An attribute that is a string."""
        value = self.attribute(name)
        if not isinstance(value, str):
            self.bad(f"its attribute {name} is {value!r}, expected a string")
        return value

    def sizes(self, name: str) -> tuple[int, ...]:
        """An attribute that is a list of integers."""
        value = self.attribute(name)
        if not isinstance(value, tuple):
            self.bad(f"its attribute {name} is {value!r}, expected a list")
        integers = tuple(each for each in value if isinstance(each, int) and not isinstance(each, bool))
        if len(integers) != len(value):
            self.bad(f"its attribute {name} holds what is no integer")
        return integers

    # Results

    def result(self, name: str = "out") -> Value:
        """The tensor of the graph for a result, declared as the program has it."""
        return self._values.give(self._result(name), f"{self.operation.short_name}_{self.operation.number}.{name}")

    def results(self, name: str = "out") -> list[Value]:
        """The tensors of a result that is a list."""
        return self._values.give_list(self._result(name), f"{self.operation.short_name}_{self.operation.number}.{name}")

    def result_type(self, name: str = "out") -> TensorType:
        """The type of a result that is a tensor."""
        type_ = self._result(name).type
        if not isinstance(type_, TensorType):
            self.bad(f"its result {name} is no tensor")
        return type_

    def has(self, result: str) -> bool:
        """Whether something reads a result, or it is a list."""
        found = self._results.get(result)
        if found is None or found.type is None:
            return False
        return isinstance(found.type, VectorType) or self._values.is_read(found.id)

    def given(self, result: str) -> bool:
        """Whether the operator has a result, read or not."""
        found = self._results.get(result)
        return found is not None and found.type is not None

    def gives(self, item: Item, name: str = "out") -> None:
        """Have a result be something that there is already, or a constant."""
        self._values.set(self._result(name).id, item)

    def _result(self, name: str) -> Result:
        found = self._results.get(name)
        if found is None or found.type is None:
            self.bad(f"its result {name} is absent")
        return found

    # Nodes

    def emit(self, type: str, inputs: Slots, outputs: Slots, attrs: Mapping[str, Attr] | None = None) -> Node:
        """Append a node. Slots without a value are left out; attributes that are not given get their defaults."""
        defaults = legacy_op(type).defaults
        node = Node(type, _slots(inputs), _slots(outputs), {**defaults, **(attrs or {})}, self.operation.layer)
        self._values.nodes.append(node)
        return node

    def temporary(self, dtype: str, shape: tuple[int, ...]) -> Value:
        """A new tensor between two nodes."""
        return Value(self.operation.short_name, dtype, shape)

    def attr(self, type: str, name: str, value: AttributeValue) -> Attr:
        """A value as the attribute that a legacy operator has under this name."""
        kind = legacy_op(type).kinds[name]
        return self.convert(value, kind, name)

    def convert(self, value: AttributeValue, kind: AttrKind, name: str) -> Attr:
        """A value as an attribute of a kind."""
        try:
            return Attr(kind, converted(value, kind))
        except ValueError as error:
            self.bad(f"its {name} is {error}")

    def bad(self, what: str) -> NoReturn:
        """The program is damaged: what is wrong with this operator."""
        number, name = self.operation.number, self.operation.name
        raise BadGraphError(f"{self._path}: operator {number} ({name}): {what}", op=name)


def _slots(slots: Slots) -> dict[str, list[Value]]:
    lists = {slot: [found] if isinstance(found, Value) else list(found or ()) for slot, found in slots.items()}
    return {slot: found for slot, found in lists.items() if found}
