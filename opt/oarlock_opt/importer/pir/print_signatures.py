"""Prints signatures.json from the installed PaddlePaddle: ``python -m oarlock_opt.importer.pir.print_signatures``.

The names of operands, attributes and results come from PIR's operators, which PaddlePaddle makes of an empty mention
in a program; types, slots, attributes and defaults from the prototypes of the legacy operators. Which of one answers to
which of the other is in legacy_names.json as far as the names do not say so themselves: equal but for capitals and
underscores. A name there that PaddlePaddle does not have is an error. Its ``also`` lists legacy operators that handlers
use and no operator of PIR answers to.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from oarlock_opt.importer.graph import AttrKind

__all__ = ["signatures"]

_NAMES = Path(__file__).with_name("legacy_names.json")

# What PaddlePaddle gives every operator, and what only its kernels for some processors read.
_BOOKKEEPING = {"op_role", "op_role_var", "op_namescope", "op_callstack", "op_device", "with_quant_attr"}
_GRADIENTS = ("_grad", "_grad_")


def signatures() -> dict[str, Any]:
    """The table: ``ops`` by PIR's names without the dialect, ``legacy`` by the types they name."""
    import paddle

    names = json.loads(_NAMES.read_text(encoding="utf-8"))
    prototypes = _prototypes()
    ops = {}
    for name, parts in _pir_ops():
        kind = _legacy_type(name, names["types"], prototypes)
        ops[name] = _Row(name, kind, prototypes[kind] if kind else None, names).make(*parts)
    # An operator that writes over its input is the same as the one that does not, unless their operands differ.
    ops = {name: row for name, row in ops.items() if not (name.endswith("_") and ops.get(name[:-1]) == row)}
    used = sorted({row["type"] for row in ops.values() if row["type"]} | set(names["also"]))
    legacy = {kind: _legacy(kind, prototypes[kind]) for kind in used}
    return {"paddle": paddle.__version__, "ops": ops, "legacy": legacy}


def _pir_ops() -> Iterator[tuple[str, tuple[list[str], list[str], list[str]]]]:
    """PIR's operators that are no gradients: name, and the names of operands, attributes and results."""
    import paddle
    from paddle.base import core

    callable_names = {name for name in dir(core.pir.ops) if not name.startswith("_")}
    candidates = sorted({variant for name in callable_names for variant in (name, f"{name}_")})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.json"
        for name in candidates:
            if name.endswith(_GRADIENTS):
                continue
            op = {"#": f"1.{name}", "A": [], "I": [], "O": [], "OA": []}
            block = {"#": "block_0", "args": [], "ops": [op]}
            region = {"#": "region_0", "blocks": [block]}
            head = {"magic": "pir", "trainable": True, "version": 4}
            path.write_text(json.dumps({"base_code": head, "program": {"regions": [region]}}), encoding="utf-8")
            program = paddle.static.Program()
            try:
                core.deserialize_pir_program(str(path), program)
                made = program.global_block().ops[0]
                parts = (made.get_input_names(), made.get_attr_names(), made.get_output_names())
            except (RuntimeError, ValueError, IndexError):  # no such operator, or one without a description
                continue
            yield name, parts


def _prototypes() -> dict[str, Any]:
    from paddle.base.framework import OpProtoHolder

    return dict(OpProtoHolder.instance().op_proto_map)


def _legacy_type(name: str, types: Mapping[str, str], prototypes: Mapping[str, Any]) -> str | None:
    """The type of the legacy operator, None where there is none; ``relu_`` is relu."""
    taken = set(types.values())
    for candidate in (name, name.removesuffix("_")):
        if candidate in types:
            return types[candidate]
        if candidate in prototypes and candidate not in taken:
            return candidate
    return None


class _Row:
    """One operator's row of the table."""

    def __init__(self, name: str, kind: str | None, prototype: Any, names: Mapping[str, Any]) -> None:
        self._name = name
        self._kind = kind
        self._inputs = [slot.name for slot in prototype.inputs] if kind else []
        self._attributes = [attr.name for attr in prototype.attrs] if kind else []
        self._outputs = [slot.name for slot in prototype.outputs] if kind else []
        self._arguments = names["arguments"].get(kind, {})
        self._tensors = names["tensors"].get(kind, {})
        known = {*self._inputs, *self._attributes, *self._outputs}
        if wrong := sorted({*self._arguments.values()} - known):
            sys.exit(f"legacy_names.json: {kind} has no {', '.join(wrong)}")

    def make(self, operands: list[str], attributes: list[str], results: list[str]) -> dict[str, Any]:
        return {
            "type": self._kind,
            "operands": " ".join(f"{name}={self._operand(name)}" for name in operands),
            "attributes": " ".join(f"{name}={self._find(name, self._attributes)}" for name in attributes),
            "results": " ".join(f"{name}={self._find(name, self._outputs)}" for name in results),
        }

    def _operand(self, name: str) -> str:
        """A slot; or an attribute between bars, and the slots of tensors that may take its place; or nothing."""
        slot = self._find(name, self._inputs)
        attribute = self._find(name, self._attributes)
        if attribute and (not slot or name in self._tensors):
            return f"|{attribute}|{','.join(self._tensors.get(name, []))}"
        return slot

    def _find(self, name: str, names: list[str]) -> str:
        exact = self._arguments.get(name)
        if exact is not None:
            return exact if exact in names else ""
        return next((each for each in names if _plain(each) == _plain(name)), "")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _legacy(kind: str, prototype: Any) -> dict[str, Any]:
    """Attributes with kinds and, where there are, defaults; slots that take lists; results that may be absent."""
    from paddle.base import core

    extra = core.get_op_extra_attrs(kind)
    defaults = core.get_op_attrs_default_value(kind.encode())
    attributes: dict[str, list[Any]] = {}
    for attr in prototype.attrs:
        if attr.name in _BOOKKEEPING or attr.name in extra:
            continue
        try:
            entry: list[Any] = [AttrKind(attr.type).name]
        except ValueError:  # a block
            continue
        if attr.name in defaults:
            entry.append(defaults[attr.name])
        attributes[attr.name] = entry
    return {
        "attributes": attributes,
        "lists": [slot.name for slot in prototype.inputs if slot.duplicable],
        "optional": [slot.name for slot in prototype.outputs if slot.dispensable],
    }


def text(table: Mapping[str, Any]) -> str:
    """The table as the file has it, an operator a line."""
    lines = [f'{{"paddle": {json.dumps(table["paddle"])},']
    for section, end in (("ops", "},"), ("legacy", "}}")):
        lines.append(f'"{section}": {{')
        rows = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(table[section].items())]
        lines.append(",\n".join(rows))
        lines.append(end)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(signatures()))
