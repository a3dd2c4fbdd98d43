"""Values, nodes and the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from oarlock._specs import TensorSpec
from oarlock_opt.importer.graph._attributes import Attr, AttrKind, AttrValue, attr
from oarlock_opt.importer.graph._tensors import TensorData

__all__ = ["Graph", "Index", "Node", "Use", "Value"]


@dataclass(eq=False, slots=True)
class Value:
    """A tensor: an input of the model, a parameter, or what one node gives. Values are compared by identity.

    ``dtype`` is a key of DTYPE_SIZES. ``shape`` has -1 for sizes known at run time only, and is () for a single element
    without axes, which Paddle Lite does not have and a pass makes (1,).
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def spec(self) -> TensorSpec:
        """Name, shape and dtype, as the runtime has them."""
        return TensorSpec(self.name, self.shape, self.dtype)


@dataclass(eq=False, slots=True)
class Node:
    """An operator of the legacy vocabulary with what it reads and gives.

    ``inputs`` and ``outputs`` map a slot's name ("X", "Filter") to its values; a slot that is absent is no key.
    ``origin`` says where it came from, for messages: a layer's name, or the operator's number in the file.
    """

    type: str
    inputs: dict[str, list[Value]]
    outputs: dict[str, list[Value]]
    attrs: dict[str, Attr] = field(default_factory=dict)
    origin: str = ""

    def input(self, slot: str) -> Value:
        """The only value of an input slot. Raises KeyError where there is none."""
        (value,) = self.inputs[slot]
        return value

    def output(self, slot: str) -> Value:
        """The only value of an output slot. Raises KeyError where there is none."""
        (value,) = self.outputs[slot]
        return value

    def get(self, name: str, default: AttrValue | None = None) -> AttrValue | None:
        """The value of an attribute, ``default`` where it is absent."""
        found = self.attrs.get(name)
        return default if found is None else found.value

    def set(self, name: str, value: AttrValue, kind: AttrKind | None = None) -> None:
        """Set an attribute; without a kind, by ``attr``'s rules."""
        self.attrs[name] = attr(value) if kind is None else Attr(kind, value)

    def all_inputs(self) -> Iterator[Value]:
        """Every value that it reads, slot by slot."""
        for values in self.inputs.values():
            yield from values

    def all_outputs(self) -> Iterator[Value]:
        """Every value that it gives, slot by slot."""
        for values in self.outputs.values():
            yield from values


class Use(NamedTuple):
    """One place where a value is read: ``node.inputs[slot][position]``."""

    node: Node
    slot: str
    position: int


@dataclass(frozen=True)
class Index:
    """Who gives and who reads each value, as the graph was when ``Graph.index`` was called."""

    producers: Mapping[Value, Node]
    uses: Mapping[Value, list[Use]]

    def producer(self, value: Value) -> Node | None:
        """The node that gives a value; None for inputs and parameters."""
        return self.producers.get(value)

    def users(self, value: Value) -> list[Use]:
        """The places where it is read, in order; the model's outputs are not among them."""
        return self.uses.get(value, [])


@dataclass(eq=False)
class Graph:
    """A model.

    ``nodes`` are in an order in which they can run: each reads inputs, parameters and what earlier nodes give, and no
    value is given twice. ``parameters`` holds the data of each parameter. The values in ``outputs`` are given by nodes,
    each listed once. Names of inputs, outputs and parameters are unique and stay what they are; other names are for
    people, and the writer makes them unique. ``paddle_version`` is that of the PaddlePaddle that wrote the model, None
    where it is not known.
    """

    inputs: list[Value]
    outputs: list[Value]
    parameters: dict[Value, TensorData]
    nodes: list[Node]
    paddle_version: str | None = None

    def index(self) -> Index:
        """Who gives and who reads what, now; changes of the graph do not reach it."""
        producers: dict[Value, Node] = {}
        uses: dict[Value, list[Use]] = {}
        for node in self.nodes:
            for value in node.all_outputs():
                producers[value] = node
            for slot, values in node.inputs.items():
                for position, value in enumerate(values):
                    uses.setdefault(value, []).append(Use(node, slot, position))
        return Index(producers, uses)

    def add_parameter(self, name: str, data: TensorData) -> Value:
        """A new parameter, under ``name`` or, when that is taken, the name with a number."""
        taken = {value.name for value in (*self.inputs, *self.outputs, *self.parameters)}
        unique, number = name, 1
        while unique in taken:
            unique, number = f"{name}_{number}", number + 1
        value = Value(unique, data.dtype, data.shape)
        self.parameters[value] = data
        return value

    def rewrite(self, rule: Callable[[Node], Iterable[Node] | None]) -> int:
        """Put the nodes that ``rule`` returns in the place of each node; None keeps it. Returns how many were replaced.

        The new nodes give every value that is still read later.
        """
        nodes: list[Node] = []
        count = 0
        for node in self.nodes:
            new = rule(node)
            if new is None:
                nodes.append(node)
            else:
                nodes.extend(new)
                count += 1
        self.nodes = nodes
        return count

    def replace(self, values: Mapping[Value, Value]) -> None:
        """Have every node read ``values[v]`` instead of v, following chains. The model's outputs stay."""
        final = {}
        for old in values:
            new = values[old]
            while new in values:
                new = values[new]
            final[old] = new
        for node in self.nodes:
            for slot, read in node.inputs.items():
                if any(value in final for value in read):
                    node.inputs[slot] = [final.get(value, value) for value in read]

    def remove_dead(self) -> int:
        """Drop nodes and parameters of which nothing is read; returns how many nodes were dropped."""
        needed = set(self.outputs)
        kept = []
        for node in reversed(self.nodes):
            if any(value in needed for value in node.all_outputs()):
                needed.update(node.all_inputs())
                kept.append(node)
        dropped = len(self.nodes) - len(kept)
        self.nodes = kept[::-1]
        self.parameters = {value: data for value, data in self.parameters.items() if value in needed}
        return dropped

    def op_histogram(self) -> dict[str, int]:
        """How often each operator occurs, most frequent first."""
        counts = Counter(node.type for node in self.nodes)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
