"""Arithmetic with sizes that are known when a model runs only."""

from __future__ import annotations

import random

import pytest

from oarlock_opt.importer.passes._sizes import Polynomial, Size, add, atom, divide, multiply, negate, product, quotient

N, H = atom("n"), atom("h")


def _value(size: Size, sizes: dict[str, int]) -> int:
    if isinstance(size, int):
        return size
    total = 0
    for atoms, coefficient in size.terms:
        for each in atoms:
            coefficient *= _atom(each, sizes)
        total += coefficient
    return total


def _atom(each: object, sizes: dict[str, int]) -> int:
    if isinstance(each, str):
        return sizes[each]
    assert isinstance(each, tuple)
    assert each[0] == "divide"
    return _value(each[1], sizes) // _value(each[2], sizes)


def test_equal_sizes_are_equal_however_they_were_computed() -> None:
    assert multiply(N, add(H, 1)) == add(multiply(H, N), N)
    assert add(N, negate(N)) == 0
    assert product([N, 3, H, 2]) == multiply(6, multiply(H, N))
    assert product([]) == 1


def test_numbers_stay_numbers() -> None:
    assert divide(7, 2) == 3
    assert add(multiply(N, 0), 4) == 4
    assert isinstance(add(N, 0), Polynomial)


def test_a_quotient_is_known_where_it_is_whole_for_sure() -> None:
    assert quotient(multiply(multiply(N, 49), 64), 64) == multiply(N, 49)
    assert quotient(multiply(N, H), N) == H
    assert quotient(add(multiply(N, 4), 8), 4) == add(N, 2)
    assert quotient(add(N, 1), add(N, 1)) == 1
    assert quotient(N, 2) is None
    assert quotient(multiply(N, 4), H) is None
    assert quotient(N, 0) is None


def test_another_quotient_is_an_unknown_of_its_own() -> None:
    assert divide(add(H, 1), 2) == divide(add(1, H), 2)
    assert divide(add(H, 1), 2) != divide(H, 2)


@pytest.mark.parametrize("seed", range(20))
def test_arithmetic_agrees_with_that_of_numbers(seed: int) -> None:
    choose = random.Random(seed)
    sizes = {"n": choose.randint(1, 9), "h": choose.randint(1, 99)}
    pairs: list[tuple[Size, int]] = [(N, sizes["n"]), (H, sizes["h"]), (2, 2), (-3, -3)]
    for _ in range(12):
        (left, a), (right, b) = choose.choices(pairs, k=2)
        pairs.append(choose.choice([(add(left, right), a + b), (multiply(left, right), a * b)]))
        divisor = choose.randint(1, 7)
        pairs.append((divide(left, divisor), a // divisor))
    for size, number in pairs:
        assert _value(size, sizes) == number
