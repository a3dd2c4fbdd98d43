"""How much each operator harms the answers when it alone is quantised.

Programs that differ in one operator have everything before it in common. They are joined into programs with an output
for each, in which what is common is computed once, so that one run answers for many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from oarlock_opt.importer.graph import Graph, Node, TensorData, Value
from oarlock_opt.quantize.judge import Judge, compare
from oarlock_opt.quantize.program import Program, QuantizedOp

__all__ = ["joined", "sensitivities"]

_PICTURES = 12
_AT_ONCE = 6
"""Programs that are joined into one. PaddlePaddle keeps every tensor of a program in memory."""


def sensitivities(
    program: Program,
    thresholds: Mapping[str, float],
    ops: Sequence[QuantizedOp],
    judge: Judge,
    progress: Callable[[str], None] = lambda words: None,
) -> dict[int, float]:
    """For each operator, by its number, the squared relative error when it alone is quantised, over a few pictures.

    The errors of operators are nearly independent of one another, so that their squares add up. An operator that makes
    answers which are not finite has infinity. Raises ReferenceFailedError and OSError.
    """
    samples = judge.samples.some(_PICTURES)
    expected = judge.answers(program.original(), samples)
    found: dict[int, float] = {}
    for start in range(0, len(ops), _AT_ONCE):
        progress(f"sensitivity of {len(ops)} operators: {start} done")
        group = ops[start : start + _AT_ONCE]
        whole = joined([program.graph(thresholds, {op.number}) for op in group], judge.position)
        for op, answers in zip(group, judge.all_answers(whole, samples, batch=1), strict=True):
            found[op.number] = compare(expected, answers, judge.meaning, None).relative_error ** 2
    return found


def joined(graphs: Sequence[Graph], position: int) -> Graph:
    """One graph with an output for each of the ``graphs``, the one at ``position`` of theirs.

    They have the same inputs. Parameters that are equal and operators that do the same with the same are there once.
    """
    first = graphs[0]
    whole = Graph(first.inputs, [], {}, [])
    parameters: dict[tuple[str, bytes], Value] = {}
    nodes: dict[object, Node] = {}
    for number, graph in enumerate(graphs):
        known: dict[Value, Value] = dict(zip(graph.inputs, first.inputs, strict=True))
        for value, data in graph.parameters.items():
            key = (value.name, _digest(data))
            if key not in parameters:
                parameters[key] = whole.add_parameter(value.name, data)
            known[value] = parameters[key]
        for node in graph.nodes:
            inputs = {slot: [known[value] for value in values] for slot, values in node.inputs.items()}
            same = nodes.setdefault(_meaning(node, inputs), node)
            if same is node:
                node.inputs = inputs
                whole.nodes.append(node)
                known.update((value, value) for value in node.all_outputs())
            else:
                known.update(zip(node.all_outputs(), same.all_outputs(), strict=True))
        result = known[graph.outputs[position]]
        output = Value(f"mixture_{number}", result.dtype, result.shape)
        whole.nodes.append(Node("assign", {"X": [result]}, {"Out": [output]}))
        whole.outputs.append(output)
    whole.remove_dead()
    return whole


def _meaning(node: Node, inputs: Mapping[str, Sequence[Value]]) -> object:
    """What is equal for two operators that give the same."""
    read = tuple((slot, tuple(map(id, values))) for slot, values in sorted(inputs.items()))
    return node.type, read, tuple(sorted(node.attrs.items(), key=lambda item: item[0]))


def _digest(data: TensorData) -> bytes:
    return hashlib.blake2b(data.buffer()).digest()
