"""Products of matrices in weight-only quantised models, whose weights the engine may leave in 8 or 16 bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oarlock_opt.importer.graph import Graph
    from oarlock_opt.lite.worker import Optimized

__all__ = ["remarks", "use_restored_products"]

_PRODUCTS = ("matmul_v2", "matmul")
"""The optimiser stores the weights of these in few bits, and no engine turns them back; those of mul it does."""


def use_restored_products(graph: Graph) -> int:
    """Replace products with weights by mul, in place, and return how many were.

    The engine turns back the weights of mul, and of the fully connected layer that the optimiser makes of a mul and an
    addition, on x86 too. Whatever else is a product keeps its operator: of transposed operands, or by a scaled matmul.
    """
    count = 0
    for node in graph.nodes:
        if node.type not in _PRODUCTS or node.input("Y") not in graph.parameters:
            continue
        x, y = node.input("X"), node.input("Y")
        transposed = any(node.get(name, False) for name in ("trans_x", "trans_y", "transpose_X", "transpose_Y"))
        if len(y.shape) == 2 and len(x.shape) >= 2 and not transposed and node.get("alpha", 1.0) == 1.0:
            node.type = "mul"
            node.attrs.clear()
            node.set("x_num_col_dims", len(x.shape) - 1)
            node.set("y_num_col_dims", 1)
            count += 1
    return count


def remarks(graph: Graph, optimized: Iterable[Optimized]) -> Iterator[str]:
    """A sentence for each weight-only quantised model that is not sure to be right.

    The optimiser stores the weights of every product of matrices in few bits. The engine turns them back in fully
    connected layers, which most become, and in mul; in another product that stays one it does not on x86, and has no
    code to do so on ARM. Products of two computed matrices have no weights.
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
