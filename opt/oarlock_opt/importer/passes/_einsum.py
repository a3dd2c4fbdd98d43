"""Sums over products by Einstein's convention, as transpositions around one product of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, ints, rewrite

__all__ = ["expand_einsum"]


def expand_einsum(graph: Graph) -> int:
    """Replace einsum of one or two tensors, without ellipses or repeated letters within one tensor."""
    return rewrite(graph, {"einsum": _einsum})


def _einsum(build: Builder, node: Node) -> bool:
    operands, out = node.inputs["Operands"], node.output("Out")
    equation = str(node.get("equation", "")).replace(" ", "")
    if "." in equation or len(operands) > 2 or out.shape.count(-1) > 1:
        return False
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if not arrow:
        letters = left.replace(",", "")
        result = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    if len(terms) != len(operands) or any(len(set(term)) != len(term) for term in terms):
        return False
    if any(len(term) != len(value.shape) for term, value in zip(terms, operands, strict=True)):
        return False
    sizes = dict(
        pair for term, value in zip(terms, operands, strict=True) for pair in zip(term, value.shape, strict=True)
    )
    summed = []
    for index, (term, value) in enumerate(zip(terms, operands, strict=True)):
        others = "".join(terms[:index] + terms[index + 1 :])
        summed.append(_sum_out(build, term, value, [each for each in term if each not in result + others]))
    if len(summed) == 1:
        letters, value = summed[0]
        _permuted(build, value, letters, result, out)
        return True
    return _product(build, summed, result, sizes, out)


def _sum_out(build: Builder, letters: str, value: Value, gone: Sequence[str]) -> tuple[str, Value]:
    if not gone:
        return letters, value
    axes = [letters.index(letter) for letter in gone]
    shape = tuple(size for axis, size in enumerate(value.shape) if axis not in axes) or (1,)
    attrs = {"dim": ints(sorted(axes)), "keep_dim": False, "reduce_all": False}
    total = build.op("reduce_sum", {"X": value}, attrs, shape=shape, dtype=value.dtype)
    return "".join(letter for letter in letters if letter not in gone), total


def _permuted(build: Builder, value: Value, letters: str, wanted: str, out: Value | None = None) -> Value:
    if letters == wanted:
        return value if out is None else build.unary("assign", value, out=out)
    return build.transpose(value, [letters.index(letter) for letter in wanted], out)


def _product(
    build: Builder, terms: Sequence[tuple[str, Value]], result: str, sizes: dict[str, int], out: Value
) -> bool:
    (first, x), (second, y) = terms
    batch = [letter for letter in result if letter in first and letter in second]
    inner = [letter for letter in first if letter in second and letter not in result]
    rows = [letter for letter in result if letter in first and letter not in second]
    columns = [letter for letter in result if letter in second and letter not in first]
    groups = [_merged(sizes, group) for group in (batch, rows, inner, columns)]
    if groups.count(-1) > 1:
        return False
    b, m, k, n = groups
    left = build.reshape(_permuted(build, x, first, "".join(batch + rows + inner)), (b, m, k))
    right = build.reshape(_permuted(build, y, second, "".join(batch + inner + columns)), (b, k, n))
    attrs = {"trans_x": False, "trans_y": False}
    flat = build.op("matmul_v2", {"X": left, "Y": right}, attrs, shape=(b, m, n), dtype=x.dtype)
    order = "".join(batch + rows + columns)
    shape = [sizes[letter] for letter in order] or [1]
    if order == result:
        build.reshape(flat, shape, out=out)
    else:
        _permuted(build, build.reshape(flat, shape), order, result, out)
    return True


def _merged(sizes: dict[str, int], letters: Sequence[str]) -> int:
    values = [sizes[letter] for letter in letters]
    return -1 if -1 in values else math.prod(values)
