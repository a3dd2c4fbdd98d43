"""Operators that move, select or replace elements."""

from __future__ import annotations

from oarlock_opt.importer.graph import Attr, AttrKind, Value
from oarlock_opt.importer.pir._call import Call
from oarlock_opt.importer.pir._constants import DTYPE_NUMBERS, typed_values
from oarlock_opt.importer.pir._generic import generic
from oarlock_opt.importer.pir.handlers._elements import elements
from oarlock_opt.importer.pir.handlers._registry import handler

__all__: list[str] = []

_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1


@handler("share_data", "memcpy", "memcpy_d2h", "memcpy_h2d")
def same(call: Call) -> None:
    """The same tensor, where memory does not matter."""
    item = call.item("x")
    if item is None:
        call.bad("its operand x is absent")
    call.gives(item)


@handler("shape64")
def shape64(call: Call) -> None:
    """The shape as int64; the legacy operator gives int32."""
    narrow = call.temporary("int32", call.result_type().shape)
    call.emit("shape", {"Input": call.tensor("input")}, {"Out": narrow})
    attrs = {
        "in_dtype": Attr(AttrKind.INT, DTYPE_NUMBERS["int32"]),
        "out_dtype": Attr(AttrKind.INT, DTYPE_NUMBERS["int64"]),
    }
    call.emit("cast", {"X": narrow}, {"Out": call.result()}, attrs)


@handler("split_with_num")
def split_with_num(call: Call) -> None:
    """Equal parts."""
    axis = call.constant("axis")
    inputs = {"X": call.tensor("x"), "AxisTensor": None if axis else call.tensor("axis")}
    attrs = {"num": call.attr("split", "num", call.integer("num"))}
    if axis is not None:
        attrs["axis"] = call.attr("split", "axis", call.whole("axis"))
    call.emit("split", inputs, {"Out": call.results()}, attrs)


@handler("slice")
def slice_(call: Call) -> None:
    """A range of each axis; "to the end" is 2**63 - 1 in PIR and 2**31 - 1 in the legacy format."""
    generic(call, attrs=_bounds(call, "starts", "ends"))


@handler("strided_slice")
def strided_slice(call: Call) -> None:
    """A range of each axis with a step. -1 among the flags says that a bound is a tensor."""
    bounds = _bounds(call, "starts", "ends")
    known = len(bounds) == 2 and call.constant("strides") is not None
    flags = tuple(1 if known else -1 for _ in call.sizes("axes"))
    generic(call, attrs={**bounds, "infer_flags": Attr(AttrKind.INTS, flags)})


def _bounds(call: Call, *operands: str) -> dict[str, Attr]:
    """The operands that are known, as INTS."""
    found = {}
    for operand in operands:
        if call.constant(operand) is not None:
            clamped = tuple(min(max(each, _INT32_MIN), _INT32_MAX) for each in call.integers(operand))
            found[operand] = Attr(AttrKind.INTS, clamped)
    return found


@handler("set_value")
def set_value(call: Call) -> None:
    """A copy in which a range of each axis has the values listed."""
    dtype = call.result_type().dtype
    name, typed = typed_values(dtype, elements(call, dtype))
    _set(call, {}, {name: typed, "shape": Attr(AttrKind.LONGS, call.sizes("shape"))})


@handler("set_value_with_tensor")
def set_value_with_tensor(call: Call) -> None:
    """A copy in which a range of each axis has the elements of another tensor."""
    _set(call, {"ValueTensor": call.tensor("values")}, {"shape": Attr(AttrKind.LONGS, ())})


def _set(call: Call, inputs: dict[str, Value], attrs: dict[str, Attr]) -> None:
    lists: dict[str, list[Value]] = {}
    for operand, slot in (("starts", "StartsTensorList"), ("ends", "EndsTensorList"), ("steps", "StepsTensorList")):
        if call.constant(operand) is None:
            lists[slot] = call.as_list(operand)
        else:
            attrs[operand] = Attr(AttrKind.LONGS, call.integers(operand))
    for name in ("axes", "decrease_axes", "none_axes"):
        attrs[name] = Attr(AttrKind.LONGS, call.sizes(name))
    out = call.result()
    attrs["dtype"] = Attr(AttrKind.INT, DTYPE_NUMBERS[out.dtype])
    node = call.emit("set_value", {"Input": call.tensor("x"), **inputs, **lists}, {"Out": out}, attrs)
    del node.attrs["values"]  # whose kind no engine reads
