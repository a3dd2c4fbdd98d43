"""Every operator as PaddlePaddle defines it, as a graph of one node: for asking the optimiser what it takes.

``python operators.py NAME…`` prints the definitions as JSON. A child does it, since PaddlePaddle 3 gives them only when
the older format is chosen before it is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value

# The executor's own bookkeeping, and what belongs to training.
_NOT_THE_OPERATORS = {"op_callstack", "op_device", "op_namescope", "op_role", "op_role_var", "with_quant_attr"}
_VALUES: dict[AttrKind, Any] = {
    AttrKind.INT: 0,
    AttrKind.FLOAT: 0.0,
    AttrKind.STRING: "",
    AttrKind.INTS: (1, 1),
    AttrKind.FLOATS: (1.0, 1.0),
    AttrKind.STRINGS: (),
    AttrKind.BOOLEAN: False,
    AttrKind.BOOLEANS: (),
    AttrKind.LONG: 0,
    AttrKind.LONGS: (1, 1),
}


def definitions(operators: Iterable[str]) -> dict[str, Any]:
    """Of those operators that PaddlePaddle has: inputs that must be there, outputs, and attributes with defaults."""
    environment = {**os.environ, "FLAGS_enable_pir_api": "0"}
    done = subprocess.run(
        [sys.executable, __file__, *operators], capture_output=True, text=True, check=True, env=environment, timeout=120
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def graph_of(operator: str, definition: Any) -> Graph:
    """The operator between inputs of float32[1, 4, 8, 8] and its first output, with its default attributes.

    It need not make sense: the optimiser looks for kernels before it looks at most of that.
    """
    inputs = {slot: [Value(slot, "float32", (1, 4, 8, 8))] for slot in definition["inputs"]}
    outputs = {slot: [Value(f"{slot}_out", "float32", (1, 4, 8, 8))] for slot in definition["outputs"]}
    attrs = {}
    for name, (number, value) in definition["attrs"].items():
        kind = AttrKind(number)
        if kind in _VALUES:
            default = _VALUES[kind] if value is None else tuple(value) if isinstance(value, list) else value
            attrs[name] = Attr(kind, default)
    given = [value for values in inputs.values() for value in values]
    first = next(iter(outputs.values()))
    return Graph(given, first, {}, [Node(operator, inputs, outputs, attrs, "the operator")])


def _main(operators: list[str]) -> None:
    import paddle
    from paddle.base.framework import OpProtoHolder

    paddle.enable_static()
    known = OpProtoHolder.instance().op_proto_map
    kinds = {kind.value for kind in AttrKind}
    found = {}
    for operator in operators:
        if operator in known:
            proto = known[operator]
            values = _defaults(paddle, operator)
            found[operator] = {
                "inputs": [each.name for each in proto.inputs if not each.dispensable]
                or [each.name for each in proto.inputs[:1]],
                "outputs": [each.name for each in proto.outputs],
                "attrs": {
                    each.name: (int(each.type), values.get(each.name))
                    for each in proto.attrs
                    if each.name not in _NOT_THE_OPERATORS and int(each.type) in kinds
                },
            }
    print(json.dumps(found))


def _defaults(paddle: Any, operator: str) -> dict[str, Any]:
    desc = paddle.static.Program().desc.block(0).append_op()
    desc.set_type(operator)
    try:
        desc.check_attrs()  # fills in the defaults of what is missing
    except (RuntimeError, ValueError):
        return {}  # an attribute has none
    found = {}
    for name in desc.attr_names():
        try:
            value = desc.attr(name)
        except RuntimeError:  # some of the executor's are listed and not there
            continue
        if isinstance(value, (bool, int, float, str, list)):
            found[name] = value
    return found


if __name__ == "__main__":
    _main(sys.argv[1:])
