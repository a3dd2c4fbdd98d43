"""Products of matrices whose weights a weight-only quantised model may leave in 8 or 16 bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oarlock_opt.importer.graph import Graph
    from oarlock_opt.lite.worker import Optimized

__all__ = ["remarks"]

_PRODUCTS = ("matmul_v2", "matmul", "mul")


def remarks(graph: Graph, optimized: Iterable[Optimized]) -> Iterator[str]:
    """A sentence for each weight-only quantised model that is not sure to be right.

    The optimiser stores the weights of every product of matrices in few bits. The engine turns them back in fully
    connected layers, which most become; in a product that stays one it does not on x86, and nobody has seen it do so on
    ARM. Products of two computed matrices have no weights.
    """
    computed = sum(
        node.type in _PRODUCTS and not any(value in graph.parameters for value in node.all_inputs())
        for node in graph.nodes
    )
    for each in optimized:
        ops = each.description["ops"]
        left = sum(ops.get(name, 0) for name in _PRODUCTS) - computed
        if each.variant.recipe.weight_bits and left > 0:
            bits = each.variant.recipe.weight_bits
            what = "1 product of matrices" if left == 1 else f"{left} products of matrices"
            yield (
                f"{each.variant.id}: {what} did not become part of a fully connected layer. Paddle Lite may not turn "
                f"weights of {bits} bits back there, without an error: compare the answers on the device before you "
                "rely on them, or use fp32 or fp16."
            )
