"""Operators that make tensors of numbers and shapes."""

from __future__ import annotations

import math

from oarlock_opt.importer.graph import Attr, AttrKind, Value
from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._constants import DTYPE_NUMBERS, Constant, constant_attributes
from oarlock_opt.importer.pir.handlers._elements import element, elements
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []


@handler("full")
def full(call: Call) -> None:
    """One number everywhere."""
    value = call.attribute("value")
    if not isinstance(value, int | float):
        call.bad(f"its value is {value!r}, expected a number")
    call.gives(_filled(call, call.sizes("shape"), value))


@handler("full_int_array")
def full_int_array(call: Call) -> None:
    """A list of integers."""
    values = call.sizes("value")
    call.gives(Constant(call.result_type().dtype, (len(values),), values))


@handler("assign_value")
def assign_value(call: Call) -> None:
    """The elements listed."""
    dtype = call.result_type().dtype
    shape = call.sizes("shape")
    values = elements(call, dtype)
    if any(size < 0 for size in shape) or math.prod(shape) != len(values):
        call.bad(f"its values do not fill the shape {list(shape)}")
    call.gives(Constant(dtype, shape, values))


@handler("full_with_tensor")
def full_with_tensor(call: Call) -> None:
    """One number everywhere, in a shape that may be computed."""
    shape, value = call.constant("shape"), call.constant("value")
    numbers = None if value is None else value.listed()
    if shape is not None and numbers is not None and len(numbers) == 1:
        call.gives(_filled(call, call.integers("shape"), numbers[0]))
        return
    type_ = call.result_type()
    inputs: dict[str, Value | list[Value]] = {}
    known = () if shape is None else call.integers("shape")
    if shape is None:
        is_list = isinstance(call.item("shape"), tuple)
        inputs["ShapeTensorList" if is_list else "ShapeTensor"] = call.tensors("shape")
    if numbers is None or len(numbers) != 1:
        inputs["ValueTensor"] = call.tensor("value")
        numbers = (0.0,)
    attrs = constant_attributes(Constant(type_.dtype, known, (element(call, numbers[0], type_.dtype),)))
    call.emit("fill_constant", inputs, {"Out": call.result()}, attrs)


@handler("arange")
def arange(call: Call) -> None:
    """The numbers from start to end; PIR's are of any type, the legacy operator's of the result's."""
    dtype = call.result_type().dtype
    inputs = {slot: _typed(call, operand, dtype) for operand, slot in _RANGE.items()}
    call.emit("range", inputs, {"Out": call.result()})


_RANGE = {"start": "Start", "end": "End", "step": "Step"}


@handler("one_hot")
def one_hot(call: Call) -> None:
    """A 1 among zeros; the number of classes is an attribute, or a tensor."""
    depth = call.constant("num_classes")
    inputs = {"X": call.tensor("x"), "depth_tensor": None if depth else call.tensor("num_classes")}
    attrs = {
        "depth": call.attr("one_hot_v2", "depth", call.whole("num_classes") if depth else -1),
        "dtype": Attr(AttrKind.INT, DTYPE_NUMBERS[call.result_type().dtype]),
    }
    call.emit("one_hot_v2", inputs, {"Out": call.result()}, attrs)


@handler("tril", "triu")
def tril_triu(call: Call) -> None:
    """What is below, or above, a diagonal."""
    lower = call.operation.short_name.startswith("tril")
    attrs = {
        "diagonal": call.attr("tril_triu", "diagonal", call.integer("diagonal")),
        "lower": Attr(AttrKind.BOOLEAN, lower),
    }
    call.emit("tril_triu", {"X": call.tensor("x")}, {"Out": call.result()}, attrs)


@handler("cast")
def cast(call: Call) -> None:
    """The elements as another type."""
    x, out = call.tensor("x"), call.result()
    call.emit("cast", {"X": x}, {"Out": out}, _cast_attributes(x.dtype, out.dtype))


def _typed(call: Call, operand: str, dtype: str) -> Value:
    """An operand of one element as a tensor of a type."""
    constant = call.constant(operand)
    value = call.temporary(dtype, ())
    if constant is not None:
        known = Constant(dtype, (1,), (element(call, call.scalar(operand), dtype),))
        value = call.temporary(dtype, (1,))
        call.emit("fill_constant", {}, {"Out": value}, constant_attributes(known))
        return value
    found = call.tensor(operand)
    if found.dtype == dtype:
        return found
    value = call.temporary(dtype, found.shape)
    call.emit("cast", {"X": found}, {"Out": value}, _cast_attributes(found.dtype, dtype))
    return value


def _cast_attributes(before: str, after: str) -> dict[str, Attr]:
    return {
        "in_dtype": Attr(AttrKind.INT, DTYPE_NUMBERS[before]),
        "out_dtype": Attr(AttrKind.INT, DTYPE_NUMBERS[after]),
    }


def _filled(call: Call, shape: tuple[int, ...], value: bool | int | float) -> Constant:
    if any(size < 0 for size in shape):
        call.bad(f"its shape is {list(shape)}, expected sizes of 0 or more")
    dtype = call.result_type().dtype
    return Constant(dtype, shape, (element(call, value, dtype),))
