"""What a case is, and how the others write theirs down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["CASES", "Case", "Function", "Input", "add", "pair", "picture", "tokens"]

Function: TypeAlias = "Callable[..., Any]"


@dataclass(frozen=True)
class Input:
    """An input: None in the shape is the batch; values are drawn from ``low`` to ``high``."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    low: float = -2.0
    high: float = 2.0


@dataclass(frozen=True)
class Case:
    """A program: its function, which is called with symbolic tensors, and its inputs by name."""

    function: Function
    inputs: dict[str, Input]


CASES: dict[str, Case] = {}
"""By name: the operator's, with a hyphen and a word where an operator has several cases."""


def add(name: str, function: Function, **inputs: Input) -> None:
    """A case with the inputs given."""
    assert name not in CASES, name
    CASES[name] = Case(function, inputs)


def picture(name: str, function: Function, **options: Any) -> None:
    """A case with one input of the shape (batch, 4, 8, 8)."""
    add(name, function, x=Input((None, 4, 8, 8), **options))


def tokens(name: str, function: Function, **options: Any) -> None:
    """A case with one input of the shape (batch, 6, 8)."""
    add(name, function, x=Input((None, 6, 8), **options))


def pair(name: str, function: Function, **options: Any) -> None:
    """A case with two inputs of the shape (batch, 4, 8, 8)."""
    add(name, function, x=Input((None, 4, 8, 8), **options), y=Input((None, 4, 8, 8), **options))
