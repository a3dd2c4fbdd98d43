"""Products of matrices for the versions of Paddle Lite whose matmul_v2 has no kernel for x86."""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Node
from oarlock_opt.importer.passes._builder import Builder, rewrite

__all__ = ["use_old_products"]


def use_old_products(graph: Graph) -> int:
    """Replace matmul_v2 by mul, which the optimiser joins with an addition to fc, or else by matmul."""
    return rewrite(graph, {"matmul_v2": _matmul})


def _matmul(build: Builder, node: Node) -> bool:
    x, y, out = node.input("X"), node.input("Y"), node.output("Out")
    trans_x, trans_y = bool(node.get("trans_x", False)), bool(node.get("trans_y", False))
    if len(y.shape) == 2 and len(x.shape) >= 2 and not (trans_x or trans_y):
        attrs = {"x_num_col_dims": len(x.shape) - 1, "y_num_col_dims": 1}
        build.op("mul", {"X": x, "Y": y}, attrs, shape=out.shape, dtype=out.dtype, out=out)
    else:
        scaled = {"transpose_X": trans_x, "transpose_Y": trans_y, "alpha": 1.0}
        build.op("matmul", {"X": x, "Y": y}, scaled, shape=out.shape, dtype=out.dtype, out=out)
    return True
