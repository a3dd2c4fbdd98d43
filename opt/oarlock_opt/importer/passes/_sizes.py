"""Sizes of axes as far as they can be known before a model runs: whole numbers, or polynomials of unknown ones.

A size is an ``int`` or a ``Polynomial`` of atoms, which stand for sizes known at run time only. Equal sizes have equal
representations, so what compares equal is equal whatever the model is fed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Polynomial", "Size", "add", "atom", "divide", "multiply", "negate", "product", "quotient"]

Monomial: TypeAlias = "tuple[Hashable, ...]"


@dataclass(frozen=True)
class Polynomial:
    """A sum of products of atoms with whole coefficients; ``terms`` are sorted, and one at least has an atom."""

    terms: tuple[tuple[Monomial, int], ...]


Size: TypeAlias = "int | Polynomial"


def atom(name: Hashable) -> Size:
    """An unknown size; equal names stand for equal sizes."""
    return Polynomial((((name,), 1),))


def add(left: Size, right: Size) -> Size:
    """Their sum."""
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    terms = dict(_terms(left))
    for monomial, coefficient in _terms(right).items():
        terms[monomial] = terms.get(monomial, 0) + coefficient
    return _size(terms)


def negate(size: Size) -> Size:
    """Its negative."""
    return multiply(size, -1)


def multiply(left: Size, right: Size) -> Size:
    """Their product."""
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    terms: dict[Monomial, int] = {}
    for first, a in _terms(left).items():
        for second, b in _terms(right).items():
            monomial = tuple(sorted((*first, *second), key=repr))
            terms[monomial] = terms.get(monomial, 0) + a * b
    return _size(terms)


def product(sizes: Iterable[Size]) -> Size:
    """The product of all, 1 of none."""
    result: Size = 1
    for size in sizes:
        result = multiply(result, size)
    return result


def quotient(left: Size, right: Size) -> Size | None:
    """``left / right`` where that is whole whatever the atoms are (and ``right`` is not 0), else None."""
    divisor = _terms(right)
    if len(divisor) != 1:
        return 1 if left == right else None
    ((atoms, number),) = divisor.items()
    if number == 0:
        return None
    terms = {}
    for monomial, coefficient in _terms(left).items():
        rest = list(monomial)
        for each in atoms:
            if each not in rest:
                return None
            rest.remove(each)
        if coefficient % number:
            return None
        terms[tuple(rest)] = coefficient // number
    return _size(terms)


def divide(left: Size, right: Size) -> Size:
    """``left // right``: an atom of its own where the quotient is not whole for sure."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right if right else atom(("divide", left, right))
    exact = quotient(left, right)
    return atom(("divide", left, right)) if exact is None else exact


def _terms(size: Size) -> Mapping[Monomial, int]:
    if isinstance(size, int):
        return {(): size}
    return dict(size.terms)


def _size(terms: Mapping[Monomial, int]) -> Size:
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    if set(kept) == {()}:
        return kept[()]
    return Polynomial(tuple(sorted(kept.items(), key=repr)))
