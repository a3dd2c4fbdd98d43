"""Numbers of a program as elements of tensors."""

from __future__ import annotations

import math

from oarlock_opt.importer.pir._call import Call

__all__ = ["element", "elements"]


def element(call: Call, value: bool | int | float, dtype: str) -> bool | int | float:
    """A number as an element of a type."""
    if dtype == "bool":
        return bool(value)
    if not dtype.startswith(("int", "uint")):
        return float(value)
    if not math.isfinite(value):
        call.bad(f"its value is {value!r}, expected a number that fits {dtype}")
    return int(value)


def elements(call: Call, dtype: str) -> tuple[bool | int | float, ...]:
    """The attribute ``values`` as elements of a type."""
    values = call.attribute("values")
    numbers = values if isinstance(values, tuple) else (values,)
    found = tuple(element(call, each, dtype) for each in numbers if isinstance(each, int | float))
    if len(found) != len(numbers):
        call.bad("its values are not all numbers")
    return found
