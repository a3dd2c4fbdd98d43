"""Products of matrices in weight-only quantised models: written so that the engine turns their weights back.

The optimiser stores the weights of every product in few bits. The engine turns back those of mul, and of the fully
connected layer that the optimiser makes of a mul and an addition; those of matmul and matmul_v2 it takes for fp32.
docs/int8-on-x86.md has the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node
from oarlock_opt.lite.targets import Skipped, Variant

if TYPE_CHECKING:
    from oarlock_opt.imported import Imported

__all__ = ["refused", "restored", "unrestored", "use_restored_products"]

_TRANSPOSED = {"matmul_v2": {"X": "trans_x", "Y": "trans_y"}, "matmul": {"X": "transpose_X", "Y": "transpose_Y"}}
"""The products whose weights are not turned back, and which attribute of each tells that an operand is transposed."""


def use_restored_products(graph: Graph) -> int:
    """Replace products with weights by mul, in place, and return how many were.

    Weights that are read transposed are stored transposed. What ``unrestored`` names stays as it is.
    """
    count = 0
    for node in _products_with_weights(graph):
        if not _can_be_mul(node, graph):
            continue
        for slot, name in _TRANSPOSED[node.type].items():
            if node.get(name, False):
                weights = node.input(slot)
                array = graph.parameters[weights].array().T
                node.inputs[slot] = [graph.add_parameter(weights.name, ArrayTensor(array.copy()))]
        node.type = "mul"
        node.attrs.clear()
        node.set("x_num_col_dims", len(node.input("X").shape) - 1)
        node.set("y_num_col_dims", 1)
        count += 1
    if count:
        graph.remove_dead()  # the weights as they were
    return count


def unrestored(graph: Graph) -> list[Node]:
    """The products with weights that cannot be a mul: of batches of matrices, of a transposed input, or scaled."""
    return [node for node in _products_with_weights(graph) if not _can_be_mul(node, graph)]


def restored(model: Imported, folder: Path) -> Imported:
    """The model as weight-only variants are made of it; ``model`` itself where no product has weights to restore.

    What is written goes into ``folder``, which is made then. Raises OSError.
    """
    if not any(_can_be_mul(node, model.graph) for node in _products_with_weights(model.graph)):
        return model
    graph = model.read_graph()
    use_restored_products(graph)
    folder.mkdir()
    return replace(
        model,
        program=legacy.write(graph, folder, model.program.params),
        _origins=tuple(node.origin for node in graph.nodes),
        _graph=graph,
    )


def refused(graph: Graph, variants: Iterable[Variant]) -> list[Skipped]:
    """The weight-only ones of ``variants``, and why, where the answers would be wrong: of ``unrestored`` products."""
    weight_only = [variant for variant in variants if variant.recipe.weight_bits]
    left = unrestored(graph) if weight_only else []
    if not left:
        return []
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    reason = (
        f"Paddle Lite stores the weights of {left[0].type} ({left[0].origin}){more} in few bits and takes them for "
        "fp32 when it runs, which gives wrong answers without an error, and as mul the product cannot be written; "
        "make it in fp32."
    )
    return [Skipped(variant.id, reason) for variant in weight_only]


def _products_with_weights(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        if node.type in _TRANSPOSED and any(value in graph.parameters for value in node.all_inputs()):
            yield node


def _can_be_mul(node: Node, graph: Graph) -> bool:
    """Of rows with one matrix, unscaled, and transposed at most where that can be done to the weights beforehand."""
    x, y = node.input("X"), node.input("Y")
    weights = [value for value in (x, y) if value in graph.parameters]
    transposed = [node.input(slot) for slot, name in _TRANSPOSED[node.type].items() if node.get(name, False)]
    return (
        len(x.shape) >= 2
        and len(y.shape) == 2
        and all(len(value.shape) == 2 for value in weights)
        and all(value in weights for value in transposed)
        and node.get("alpha", 1.0) == 1.0
    )
