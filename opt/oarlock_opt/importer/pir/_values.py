"""The values of a program while it is converted: which tensor of the graph, constant or list each number stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from oarlock_opt.importer.graph import Node, Value
from oarlock_opt.importer.pir._constants import Constant, constant_node
from oarlock_opt.importer.pir._program import Result, TensorType, Type, VectorType

__all__ = ["DependsOnOther", "Item", "NotConvertible", "Values"]

Item: TypeAlias = "Value | Constant | tuple[Item, ...]"


class NotConvertible(Exception):  # noqa: N818
    """No legacy operator does what an operator does; the text says what, as a clause."""


class DependsOnOther(NotConvertible):
    """It reads what cannot be converted, so that nothing can be said about it."""


class Values:
    """What the numbers of a program stand for, and the nodes given so far.

    A constant becomes a node when a tensor is asked for, so that those that only say an attribute leave nothing behind.
    """

    def __init__(self, read: Iterable[int]) -> None:
        self.nodes: list[Node] = []
        self._read = frozenset(read)
        self._items: dict[int, Item] = {}
        self._given: dict[Constant, Value] = {}

    def is_read(self, number: int) -> bool:
        """Whether an operator reads the value."""
        return number in self._read

    def item(self, number: int) -> Item:
        """What a value is. Raises NotConvertible for one that could not be converted."""
        found = self._items.get(number)
        if found is None:
            raise DependsOnOther("it reads the result of an operator that cannot be converted")
        return found

    def set(self, number: int, item: Item) -> None:
        """Say what a value is."""
        self._items[number] = item

    def tensor(self, number: int) -> Value:
        """A value as a tensor of the graph."""
        item = self.item(number)
        if isinstance(item, tuple):
            raise NotConvertible("it reads a list of tensors where the legacy operator takes one")
        return self._tensor(item)

    def tensors(self, number: int) -> list[Value]:
        """A value as a list of tensors."""
        item = self.item(number)
        return [self._tensor(each) for each in item] if isinstance(item, tuple) else [self._tensor(item)]

    def _tensor(self, item: Item) -> Value:
        if isinstance(item, Value):
            return item
        if isinstance(item, tuple):
            raise NotConvertible("it reads a list of lists")
        value = self._given.get(item)
        if value is None:
            value = self._given[item] = Value("constant", item.dtype, item.shape)
            self.nodes.append(constant_node(item, value, "constant"))
        return value

    def constant(self, number: int) -> Constant | None:
        """A value whose elements are known, or a list of such values of one element each; None for others."""
        item = self.item(number)
        if isinstance(item, Constant):
            return item
        if isinstance(item, tuple):
            parts = [each.listed() if isinstance(each, Constant) else None for each in item]
            if all(part is not None and len(part) == 1 for part in parts):
                elements = tuple(part[0] for part in parts if part is not None)
                return Constant("int64", (len(elements),), elements)
        return None

    def give(self, result: Result, name: str) -> Value:
        """A new tensor for a result."""
        value = _value(result.type, name)
        self.set(result.id, value)
        return value

    def give_list(self, result: Result, name: str) -> list[Value]:
        """New tensors for a result that is a list."""
        if not isinstance(result.type, VectorType):
            return [self.give(result, name)]
        values = [_value(each, f"{name}.{position}") for position, each in enumerate(result.type.elements)]
        self.set(result.id, tuple(values))
        return values

    def stand_in(self, result: Result) -> None:
        """Have something in the place of what cannot be converted, so that what reads it can be looked at."""
        types = result.type.elements if isinstance(result.type, VectorType) else (result.type,)
        values = [Value("", each.dtype, each.shape) for each in types if isinstance(each, TensorType)]
        if len(values) == len(types):
            self.set(result.id, tuple(values) if isinstance(result.type, VectorType) else values[0])


def _value(type_: Type | None, name: str) -> Value:
    if isinstance(type_, TensorType):
        return Value(name, type_.dtype, type_.shape)
    found = "a list of lists" if isinstance(type_, VectorType) else f"a {type_.name}" if type_ else "nothing"
    raise NotConvertible(f"it gives {found}, which no engine of Paddle Lite computes with")
