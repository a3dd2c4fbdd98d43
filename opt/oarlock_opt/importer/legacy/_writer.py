"""Writes a graph as a legacy program (.pdmodel) and its parameters (.pdiparams), as Paddle Lite's optimiser reads them.

Equal graphs give equal bytes: what is internal gets its name from its operator, lists have one order, and no version of
PaddlePaddle goes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value
from oarlock_opt.importer.legacy._attributes import FIELDS
from oarlock_opt.importer.legacy._dtypes import TYPE_NUMBERS
from oarlock_opt.importer.legacy._messages import DataType, ProgramDesc
from oarlock_opt.importer.legacy._params import write_params
from oarlock_opt.source import SourceFiles

__all__ = ["program_bytes", "write"]

_UNREADABLE = {AttrKind.SCALAR.value, AttrKind.SCALARS.value}
_FEED, _FETCH = "feed", "fetch"
# Outputs that PaddlePaddle insists on writing over the parameters they are new values of.
_IN_PLACE = {
    **{
        kind: {"MeanOut": "Mean", "VarianceOut": "Variance"}
        for kind in ("batch_norm", "sync_batch_norm", "inplace_abn")
    },
    "fake_quantize_range_abs_max": {"OutScale": "InScale"},
    "fake_quantize_moving_average_abs_max": {"OutScale": "InScale"},
    "fake_quantize_dequantize_moving_average_abs_max": {"OutScale": "InScale"},
}


def write(graph: Graph, folder: Path, original: Path | None = None) -> SourceFiles:
    """Write model.pdmodel and model.pdiparams into ``folder``.

    ``original`` is the parameter file that the graph was read from: when it holds just what would be written, it is
    named in the result and nothing is copied. Without parameters an empty file is written, since the optimiser insists
    on one. Parameters are streamed, so that mapped ones need no memory of their own.

    Raises UnsupportedOpError for an attribute that the format's readers do not know (SCALAR, SCALARS) or that does not
    fit its kind, and OSError.
    """
    program = folder / "model.pdmodel"
    program.write_bytes(program_bytes(graph))
    parameters = sorted(graph.parameters.items(), key=lambda item: item[0].name.encode())
    params = write_params([data for _, data in parameters], folder / "model.pdiparams", original)
    return SourceFiles(program, params)


def program_bytes(graph: Graph) -> bytes:
    """The program in the file format. Raises UnsupportedOpError."""
    desc = ProgramDesc()
    desc.version.version = 0
    block = desc.blocks.add(idx=0, parent_idx=-1)
    names = _names(graph)
    declared: set[str] = set()
    for value, name in names.items():
        if name in declared:
            continue  # a new value of a parameter, written in its place
        declared.add(name)
        variable = block.vars.add(name=name, persistable=value in graph.parameters)
        variable.type.type = DataType["DENSE_TENSOR"]
        tensor = variable.type.dense_tensor.tensor
        tensor.data_type = TYPE_NUMBERS[value.dtype]
        tensor.dims.extend(value.shape)
    for name, kind in ((_FEED, "FEED_MINIBATCH"), (_FETCH, "FETCH_LIST")):
        block.vars.add(name=name, persistable=True).type.type = DataType[kind]

    for column, value in enumerate(graph.inputs):
        _add_op(block, "feed", {"X": [_FEED]}, {"Out": [names[value]]}).attrs.add(name="col", type=0, i=column)
    for node in graph.nodes:
        op = _add_op(block, node.type, _slots(node.inputs, names), _slots(node.outputs, names))
        for name in sorted(node.attrs):
            _add_attr(op, node, name, node.attrs[name])
    for column, value in enumerate(graph.outputs):
        _add_op(block, "fetch", {"X": [names[value]]}, {"Out": [_FETCH]}).attrs.add(name="col", type=0, i=column)
    return bytes(desc.SerializeToString(deterministic=True))


def _names(graph: Graph) -> dict[Value, str]:
    """The name of every value: parameters first, in the order of the file."""
    kept = [*sorted(graph.parameters, key=lambda value: value.name.encode()), *graph.inputs]
    names = {value: value.name for value in (*kept, *graph.outputs)}
    taken = {*names.values(), _FEED, _FETCH}
    read = {value for node in graph.nodes for value in node.all_inputs()}
    for number, node in enumerate(graph.nodes):
        for value, slot, name in _internal(node, number):
            if value in names:
                continue
            over = node.inputs.get(_IN_PLACE.get(node.type, {}).get(slot, ""))
            if over and value not in read:
                names[value] = names[over[0]]
                continue
            while name in taken:
                name += "_"
            names[value] = name
            taken.add(name)
    return names


def _internal(node: Node, number: int) -> Iterator[tuple[Value, str, str]]:
    """What a node gives: the value, its slot, and the name for it."""
    for slot in sorted(node.outputs):
        values = node.outputs[slot]
        for position, value in enumerate(values):
            yield value, slot, f"{node.type}_{number}.{slot}" + (f".{position}" if len(values) > 1 else "")


def _slots(slots: dict[str, list[Value]], names: dict[Value, str]) -> dict[str, list[str]]:
    return {slot: [names[value] for value in slots[slot]] for slot in sorted(slots)}


def _add_op(block: Any, kind: str, inputs: dict[str, list[str]], outputs: dict[str, list[str]]) -> Any:
    op = block.ops.add(type=kind)
    for slot, arguments in inputs.items():
        op.inputs.add(parameter=slot, arguments=arguments)
    for slot, arguments in outputs.items():
        op.outputs.add(parameter=slot, arguments=arguments)
    return op


def _add_attr(op: Any, node: Node, name: str, attr: Attr) -> None:
    number = attr.kind.value
    if number in _UNREADABLE:
        raise UnsupportedOpError(
            f"the operator {node.type} ({node.origin}) has the attribute {name} of the kind {attr.kind.name}, which "
            "Paddle Lite cannot read and no pass of this version replaces. Build that layer from other operators and "
            "export the model again."
        )
    message = op.attrs.add(name=name, type=number)
    try:
        if isinstance(attr.value, tuple):
            getattr(message, FIELDS[number]).extend(attr.value)
        else:
            setattr(message, FIELDS[number], attr.value)
    except (TypeError, ValueError) as error:
        raise UnsupportedOpError(
            f"the operator {node.type} ({node.origin}) has the attribute {name} = {_short(attr.value)}, which is no "
            f"{attr.kind.name} of the legacy format: {error}"
        ) from None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
