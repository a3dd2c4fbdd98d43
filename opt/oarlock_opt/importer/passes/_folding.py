"""Constant parts of a model, computed once and for all: masks, tables of positions, parameters in another layout."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from oarlock_opt.importer.graph import DTYPE_SIZES, ArrayTensor, Graph, Node, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fold_constants"]

_FREE_BYTES = 1 << 20
_FREE_FACTOR = 2
"""A result may have twice the bytes of the parameters that it is made of, and a megabyte."""
_MOST_BYTES = 64 << 20
"""The most that any result may have, and all of them together: for those that Paddle Lite cannot compute itself."""
_NOT_IN_LITE = frozenset(
    [
        "set_value",
        "eye",
        "take_along_axis",
        "index_sample",
        "expand_as_v2",
        "bicubic_interp_v2",
        "ceil",
        "log2",
        "log1p",
        "sign",
        "bitwise_not",
        "elementwise_mod",
    ]
)


def fold_constants(graph: Graph) -> int:
    """Make parameters of what depends on parameters only; returns how many operators that replaces.

    What would make the model much larger stays, unless Paddle Lite has no kernel for a part of it.
    """
    constants = _constant_nodes(graph)
    if not constants:
        return 0
    evaluator = _Evaluator(graph, constants)
    wanted = _wanted(graph, constants)
    replaced: dict[Value, Value] = {}
    budget = _MOST_BYTES
    for value in wanted:
        lasting, needed = evaluator.cost(value)
        allowed = _MOST_BYTES if needed else min(_FREE_BYTES + _FREE_FACTOR * lasting, _MOST_BYTES)
        if _bytes(value) > min(allowed, budget):
            continue
        array = evaluator.array(value)
        if array is None or array.size == 0 or array.nbytes > min(allowed, budget):
            continue
        budget -= array.nbytes
        replaced[value] = graph.add_parameter(value.name, ArrayTensor(array))
    if not replaced:
        return 0
    graph.replace(replaced)
    return graph.remove_dead()


def _constant_nodes(graph: Graph) -> dict[Value, Node]:
    """The nodes that depend on parameters only, by what they give."""
    constant = {value for value in graph.parameters if value.dtype not in ("float16", "bfloat16")}
    producers: dict[Value, Node] = {}
    for node in graph.nodes:
        if not all(value in constant for value in node.all_inputs()) or not _is_interpreted(node):
            continue
        results = node.outputs.get("Out") or node.outputs.get("Y") or []
        if any(value.dtype not in DTYPE_SIZES or value.dtype == "bfloat16" for value in results):
            continue
        for value in results:
            constant.add(value)
            producers[value] = node
    return producers


def _is_interpreted(node: Node) -> bool:
    # Here and below imported when needed, as numpy is with it: most models of convolutions have no constant part.
    from oarlock_opt.importer.passes.interpreter import INTERPRETED

    return node.type in INTERPRETED


def _wanted(graph: Graph, constants: dict[Value, Node]) -> list[Value]:
    """The constant results that something else than a constant reads, in order."""
    inner = {id(node) for node in constants.values()}
    outputs = set(graph.outputs)
    wanted: dict[Value, None] = {}
    for node in graph.nodes:
        if id(node) in inner and not any(value in outputs for value in node.all_outputs()):
            continue
        wanted.update((value, None) for value in node.all_inputs() if value in constants)
    return list(wanted)


def _bytes(value: Value) -> int:
    """-1 where a size is not known."""
    return -1 if -1 in value.shape else math.prod(value.shape) * DTYPE_SIZES[value.dtype]


class _Evaluator:
    """Computes constants, each once."""

    def __init__(self, graph: Graph, producers: dict[Value, Node]) -> None:
        self._graph = graph
        self._producers = producers
        self._arrays: dict[Value, NDArray[Any] | None] = {}

    def cost(self, value: Value) -> tuple[int, bool]:
        """Bytes of the parameters that a constant is made of, and whether Paddle Lite cannot make it."""
        parameters: set[Value] = set()
        needed = False
        seen: set[Value] = set()
        pending = [value]
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            node = self._producers.get(each)
            if node is None:
                parameters.add(each)
            else:
                needed = needed or node.type in _NOT_IN_LITE
                pending.extend(node.all_inputs())
        return sum(_bytes(each) for each in parameters), needed

    def array(self, value: Value) -> NDArray[Any] | None:
        """The elements; None where some operator on the way is not interpreted."""
        pending = [value]
        while pending:
            each = pending[-1]
            node = self._producers.get(each)
            if each in self._arrays:
                pending.pop()
            elif node is None:
                self._arrays[each] = self._graph.parameters[each].array()
                pending.pop()
            else:
                missing = [operand for operand in node.all_inputs() if operand not in self._arrays]
                if missing:
                    pending.extend(missing)
                else:
                    self._evaluate(node)
                    pending.pop()
        return self._arrays[value]

    def _evaluate(self, node: Node) -> None:
        results = node.outputs.get("Out") or node.outputs.get("Y") or []
        operands: dict[str, list[NDArray[Any]]] = {}
        for slot, values in node.inputs.items():
            arrays = [self._arrays[value] for value in values]
            operands[slot] = [array for array in arrays if array is not None]
            if len(operands[slot]) != len(values):
                self._arrays.update(dict.fromkeys(results))
                return
        from oarlock_opt.importer.passes.interpreter import NotInterpretedError, interpret

        try:
            computed = interpret(node, operands)
        except NotInterpretedError:
            self._arrays.update(dict.fromkeys(results))
            return
        self._arrays.update(zip(results, computed, strict=True))
