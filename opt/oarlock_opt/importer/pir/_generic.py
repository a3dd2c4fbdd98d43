"""The conversion that fits most operators: one legacy operator, everything under the names of the table."""

from __future__ import annotations

from collections.abc import Mapping

from oarlock_opt.importer.graph import Attr, AttrKind, Node, Value
from oarlock_opt.importer.pir._call import MAX_AXES, Call
from oarlock_opt.importer.pir._signatures import LegacyOp, Operand, legacy_op
from oarlock_opt.importer.pir._values import NotConvertible

__all__ = ["generic"]


def generic(call: Call, *, type: str = "", attrs: Mapping[str, Attr] | None = None) -> Node:
    """Give the legacy operator of the table, or one of another type that has the same slots.

    ``attrs`` take the place of what operands and attributes say.
    """
    kind = type or call.signature.type
    legacy = legacy_op(kind)
    inputs: dict[str, list[Value]] = {}
    given: dict[str, Attr] = {}
    for operand in call.signature.operands:
        _operand(call, operand, legacy, inputs, given, frozenset(attrs or ()))
    for name, goal in call.signature.attributes.items():
        if goal and goal not in (attrs or {}) and name in call.operation.attributes:
            given[goal] = call.convert(call.attribute(name), legacy.kinds[goal], name)
    missing = [
        name for name in legacy.kinds if name not in given and name not in legacy.defaults and name not in (attrs or {})
    ]
    if missing:
        call.bad(f"it does not say its {missing[0]}")
    outputs = {
        slot: call.results(name)
        for name, slot in call.signature.results.items()
        if slot and (call.has(name) or (slot not in legacy.optional and call.given(name)))
    }
    return call.emit(kind, inputs, outputs, {**given, **(attrs or {})})


def _operand(
    call: Call,
    operand: Operand,
    legacy: LegacyOp,
    inputs: dict[str, list[Value]],
    given: dict[str, Attr],
    replaced: frozenset[str],
) -> None:
    item = call.item(operand.name)
    if item is None or (operand.attribute and operand.attribute in replaced):
        return
    if operand.slot:
        inputs[operand.slot] = call.tensors(operand.name)
        return
    if not operand.attribute:
        raise NotConvertible(f"the legacy operator {call.signature.type} has no {operand.name}")
    constant = call.constant(operand.name)
    elements = None if constant is None else constant.listed()
    if elements is not None:
        given[operand.attribute] = call.convert(elements, legacy.kinds[operand.attribute], operand.name)
        return
    if not operand.tensor_slots:
        raise NotConvertible(
            f"its {operand.name} is computed when the model runs, and the legacy operator {call.signature.type} "
            "takes it only where it is known before"
        )
    is_list = isinstance(item, tuple)
    slot = next((slot for slot in operand.tensor_slots if (slot in legacy.lists) is is_list), operand.tensor_slots[0])
    inputs[slot] = call.as_list(operand.name) if slot in legacy.lists else [call.tensor(operand.name)]
    kind = legacy.kinds[operand.attribute]
    if operand.attribute not in legacy.defaults:
        given[operand.attribute] = Attr(kind, _unknown(kind, inputs[slot]))


def _unknown(kind: AttrKind, values: list[Value]) -> int | tuple[int, ...]:
    """What stands in an attribute whose place a tensor takes."""
    if kind not in (AttrKind.INTS, AttrKind.LONGS):
        return -1
    shape = values[0].shape
    count = len(values) if len(values) > 1 or not shape else shape[0]
    return (-1,) * min(max(count, 0), MAX_AXES)
