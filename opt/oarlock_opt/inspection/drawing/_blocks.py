"""Nodes gathered into the boxes of a drawing, and the edges between those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from oarlock_opt.importer.graph import Graph, Index, Node, Value
from oarlock_opt.inspection.drawing._kinds import Kind, kind_of
from oarlock_opt.inspection.subject import results

__all__ = ["Block", "Edge", "blocks_of", "edges_of"]

_MAIN = frozenset([Kind.CONVOLUTION, Kind.PRODUCT])
# What a convolution may have before it in its box.
_BEFORE = frozenset([Kind.NORMALISATION, Kind.ACTIVATION])
# What begins a box that brings several values together.
_MEETINGS = frozenset([Kind.JOINT, Kind.ARITHMETIC])


@dataclass(eq=False)
class Block:
    """Nodes in the order in which they run, each but the first reading the one before and else only constants.

    ``constants`` are nodes that make something of parameters for this block alone, such as a bias in another shape.
    """

    nodes: list[Node]
    constants: list[Node] = field(default_factory=list)

    @property
    def main(self) -> Node:
        """The node that the box is named after: its convolution or product, else its first."""
        return next((node for node in self.nodes if kind_of(node.type) in _MAIN), self.nodes[0])

    @property
    def kind(self) -> Kind:
        """The kind of its main node."""
        return kind_of(self.main.type)


class Edge(NamedTuple):
    """A value on its way from the block that gives it to one that reads it."""

    source: Block
    value: Value
    target: Block


def blocks_of(graph: Graph, *, full: bool) -> list[Block]:
    """One block for each node where ``full``, else chains such as convolution, normalisation and activation in one."""
    return [Block([node]) for node in graph.nodes] if full else _Chains(graph).blocks


def edges_of(graph: Graph, blocks: list[Block]) -> list[Edge]:
    """The edges between blocks, each value once for each pair; those to and from the outside are not among them."""
    owner = {node: block for block in blocks for node in (*block.constants, *block.nodes)}
    giver = {value: owner[node] for node in graph.nodes for value in node.all_outputs()}
    edges: dict[Edge, None] = {}
    for node in graph.nodes:
        for value in node.all_inputs():
            source = giver.get(value)
            if source is not None and source is not owner[node]:
                edges[Edge(source, value, owner[node])] = None
    return list(edges)


class _Chains:
    def __init__(self, graph: Graph) -> None:
        self._index: Index = graph.index()
        self._outputs = set(graph.outputs)
        self._constants: set[Value] = set(graph.parameters)
        self._owner: dict[Node, Block] = {}
        self.blocks: list[Block] = []
        constant_nodes = []
        for node in graph.nodes:
            if all(value in self._constants for value in node.all_inputs()) and self._outputs.isdisjoint(
                node.all_outputs()
            ):
                self._constants.update(node.all_outputs())
                constant_nodes.append(node)
            else:
                self._place(node)
        for node in reversed(constant_nodes):
            self._place_constant(node)

    def _place(self, node: Node) -> None:
        before = self._only_source(node)
        block = None if before is None else self._owner[before]
        if (
            before is not None
            and block is not None
            and block.nodes[-1] is before
            and _fits(node, block)
            and self._is_read_once(before)
        ):
            block.nodes.append(node)
        else:
            block = Block([node])
            self.blocks.append(block)
        self._owner[node] = block

    def _place_constant(self, node: Node) -> None:
        """With the only block that uses it, in a block of its own where there are several or none."""
        users = {self._owner[use.node] for value in node.all_outputs() for use in self._index.users(value)}
        if len(users) == 1:
            (block,) = users
            block.constants.insert(0, node)
        else:
            block = Block([node])
            self.blocks.insert(0, block)
        self._owner[node] = block

    def _only_source(self, node: Node) -> Node | None:
        """The node that gives the only thing but constants that ``node`` reads."""
        read = {value for value in node.all_inputs() if value not in self._constants}
        return self._index.producer(read.pop()) if len(read) == 1 else None

    def _is_read_once(self, node: Node) -> bool:
        """Whether one reader alone sees what a node gives."""
        given = results(node)
        readers = {use.node for value in given for use in self._index.users(value)}
        return len(readers) == 1 and self._outputs.isdisjoint(given)


def _fits(node: Node, block: Block) -> bool:
    """Whether a node that alone reads the end of a block belongs to that block."""
    kind = kind_of(node.type)
    if kind in _MAIN:
        return all(kind_of(each.type) in _BEFORE for each in block.nodes)
    if block.kind in _MEETINGS:
        # The activation of a sum is the sum's; a normalisation belongs to the convolution behind it.
        return kind is Kind.ACTIVATION
    return kind in (Kind.NORMALISATION, Kind.ACTIVATION, Kind.SHAPE, Kind.ARITHMETIC)
