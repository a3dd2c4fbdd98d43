"""Products of matrices as the kernels take them: equal batches, or one operand without any, and no vectors."""

from __future__ import annotations

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, ints, rewrite, static

__all__ = ["decompose_products", "normalise_matmul"]


def normalise_matmul(graph: Graph) -> int:
    """Rewrite matmul_v2 of vectors, and of batches that broadcast."""
    return rewrite(graph, {"matmul_v2": _matmul})


def decompose_products(graph: Graph) -> int:
    """Replace bmm, mv, dot and addmm, which have no kernel, by matmul_v2 and what it lacks."""
    return rewrite(graph, _PRODUCTS)


def _matmul(build: Builder, node: Node) -> bool:
    x, y, out = node.input("X"), node.input("Y"), node.output("Out")
    trans_x, trans_y = bool(node.get("trans_x", False)), bool(node.get("trans_y", False))
    if len(x.shape) == 1 or len(y.shape) == 1:
        return _with_vector(build, x, y, trans_x, trans_y, out)
    batch_x, batch_y = x.shape[:-2], y.shape[:-2]
    if not batch_x or not batch_y or not _broadcasts(batch_x, batch_y):
        return False
    if all(size == 1 for size in batch_y):
        # One matrix for all of the batch.
        y = build.reshape(y, y.shape[-2:] if static(y.shape[-2:]) else (-1, y.shape[-1]))
        if len(batch_y) > len(batch_x):
            x = _with_rank(build, x, len(batch_y))
    elif all(size == 1 for size in batch_x):
        x = build.reshape(x, x.shape[-2:] if static(x.shape[-2:]) else (-1, x.shape[-1]))
        if len(batch_x) > len(batch_y):
            y = _with_rank(build, y, len(batch_x))
    else:
        rank = max(len(batch_x), len(batch_y))
        x, y = _with_rank(build, x, rank), _with_rank(build, y, rank)
        x, y = _spread(build, x, y), _spread(build, y, x)
    _product(build, x, y, trans_x, trans_y, out)
    return True


def _broadcasts(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether batches must be spread out. Sizes known at run time only are taken as equal, which the kernels check."""
    return len(left) != len(right) or any(a != b and 1 in (a, b) for a, b in zip(left, right, strict=True))


def _with_rank(build: Builder, value: Value, batch_rank: int) -> Value:
    missing = batch_rank + 2 - len(value.shape)
    if not missing:
        return value
    attrs = {"axes": ints(range(missing))}
    return build.op("unsqueeze2", {"X": value}, attrs, shape=(1,) * missing + value.shape, dtype=value.dtype)


def _spread(build: Builder, value: Value, other: Value) -> Value:
    """``value`` with the batch of ``other`` wherever its own is 1."""
    wanted = [
        size if size != 1 else other_size for size, other_size in zip(value.shape[:-2], other.shape[:-2], strict=True)
    ]
    if tuple(wanted) == value.shape[:-2]:
        return value
    if value.shape[0] == 1 and wanted[0] == -1:
        # Zeros as many as the other's first size, which is known when the model runs.
        attrs = {
            "shape": ints([-1] + [1] * (len(value.shape) - 1)), "dtype": 5, "value": 0.0, "input_dim_idx": 0,
            "output_dim_idx": 0, "force_cpu": False,
        }  # fmt: skip
        shape = (-1,) + (1,) * (len(value.shape) - 1)
        zeros = build.op("fill_constant_batch_size_like", {"Input": other}, attrs, shape=shape)
        value = build.binary("add", value, zeros)
    wanted = [-1 if size == own else size for size, own in zip(wanted, value.shape[:-2], strict=True)]
    if all(size == -1 for size in wanted):
        return value
    shape = tuple(own if size == -1 else size for size, own in zip([*wanted, -1, -1], value.shape, strict=True))
    return build.op("expand_v2", {"X": value}, {"shape": ints([*wanted, -1, -1])}, shape=shape, dtype=value.dtype)


def _product(build: Builder, x: Value, y: Value, trans_x: bool, trans_y: bool, out: Value | None) -> Value:
    rows = x.shape[-1 if trans_x else -2]
    columns = y.shape[-2 if trans_y else -1]
    batch = x.shape[:-2] if len(x.shape) >= len(y.shape) else y.shape[:-2]
    return build.op(
        "matmul_v2", {"X": x, "Y": y}, {"trans_x": trans_x, "trans_y": trans_y}, shape=(*batch, rows, columns), out=out
    )


def _with_vector(build: Builder, x: Value, y: Value, trans_x: bool, trans_y: bool, out: Value) -> bool:
    """A vector is a row on the left, a column on the right; its axis goes again afterwards."""
    target = [0 if size == -1 else size for size in out.shape] or [1]
    if len(x.shape) == 1:
        x, trans_x = build.reshape(x, (1, -1) if x.shape[0] == -1 else (1, x.shape[0])), False
        if target[-1] == 0:
            target[-1] = -1
    if len(y.shape) == 1:
        y, trans_y = build.reshape(y, (-1, 1) if y.shape[0] == -1 else (y.shape[0], 1)), False
    build.reshape(_product(build, x, y, trans_x, trans_y, None), target, out=out)
    return True


def _bmm(build: Builder, node: Node) -> bool:
    _product(build, node.input("X"), node.input("Y"), False, False, node.output("Out"))
    return True


def _mv(build: Builder, node: Node) -> bool:
    return _with_vector(build, node.input("X"), node.input("Vec"), False, False, node.output("Out"))


def _dot(build: Builder, node: Node) -> bool:
    out = node.output("Out")
    products = build.binary("mul", node.input("X"), node.input("Y"))
    keep = len(out.shape) == len(products.shape)
    attrs = {"dim": ints([len(products.shape) - 1]), "keep_dim": keep, "reduce_all": False}
    build.op("reduce_sum", {"X": products}, attrs, shape=out.shape, dtype=out.dtype, out=out)
    return True


def _addmm(build: Builder, node: Node) -> bool:
    alpha, beta = (float(node.get(name, 1.0)) for name in ("Alpha", "Beta"))  # type: ignore[arg-type]
    product = _product(build, node.input("X"), node.input("Y"), False, False, None)
    scaled = product if alpha == 1.0 else build.scale(product, alpha)
    added = node.input("Input") if beta == 1.0 else build.scale(node.input("Input"), beta)
    build.binary("add", scaled, added, out=node.output("Out"))
    return True


_PRODUCTS: dict[str, Rule] = {"bmm": _bmm, "mv": _mv, "dot": _dot, "addmm": _addmm}
