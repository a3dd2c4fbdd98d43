"""What rewriting passes share: a builder of the nodes that take one node's place, and small questions about graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import ArrayTensor, Attr, AttrKind, Graph, Node, Value, attr

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "DTYPE_NUMBERS",
    "MOST_MADE",
    "REST",
    "Attributes",
    "Builder",
    "Rule",
    "floats",
    "integers",
    "ints",
    "rewrite",
    "static",
]

Attributes: TypeAlias = Mapping[str, Any]
"""Attributes by name: each an Attr, or a value of Python for ``attr``."""
Rule: TypeAlias = Callable[["Builder", Node], bool]

DTYPE_NUMBERS = {
    "bool": 0, "int16": 1, "int32": 2, "int64": 3, "float16": 4, "float32": 5, "float64": 6, "uint8": 20, "int8": 21,
    "bfloat16": 22,
}  # fmt: skip
"""The numbers of the format for types of elements, as attributes such as cast's ``out_dtype`` have them."""


MOST_MADE = 1 << 24
"""The most elements that a pass makes up in one parameter; a program that asks for more is damaged."""

REST = 2**31 - 1
"""The end of a slice that goes to the end of its axis."""


def ints(values: Iterable[int]) -> Attr:
    """An INTS attribute."""
    return Attr(AttrKind.INTS, tuple(int(value) for value in values))


def floats(values: Iterable[float]) -> Attr:
    """A FLOATS attribute."""
    return Attr(AttrKind.FLOATS, tuple(float(value) for value in values))


def integers(node: Node, name: str) -> tuple[int, ...]:
    """An attribute that is a list of integers, () where it is absent; a single integer counts as a list of one."""
    value = node.get(name, ())
    if isinstance(value, tuple):
        return tuple(int(each) for each in value)
    return (int(value),) if value is not None else ()


def static(shape: Sequence[int]) -> bool:
    """Whether every size is known."""
    return all(size >= 0 for size in shape)


class Builder:
    """Makes nodes. Every method appends one and returns its result, ``out`` where that is given, else a new value."""

    def __init__(self, graph: Graph, origin: str = "") -> None:
        self.graph = graph
        self.nodes: list[Node] = []
        self._origin = origin

    def op(
        self,
        type: str,
        inputs: Mapping[str, Value | Sequence[Value]],
        attrs: Attributes | None = None,
        *,
        shape: tuple[int, ...],
        dtype: str = "float32",
        out: Value | None = None,
        slot: str = "Out",
    ) -> Value:
        """A node with one output."""
        out = out or Value(type, dtype, shape)
        self.add(type, inputs, {slot: [out]}, attrs)
        return out

    def add(
        self,
        type: str,
        inputs: Mapping[str, Value | Sequence[Value]],
        outputs: Mapping[str, Sequence[Value]],
        attrs: Attributes | None = None,
    ) -> None:
        """A node with the outputs given."""
        node = Node(
            type,
            {name: [value] if isinstance(value, Value) else list(value) for name, value in inputs.items()},
            {name: list(values) for name, values in outputs.items()},
            {name: value if isinstance(value, Attr) else attr(value) for name, value in (attrs or {}).items()},
            self._origin,
        )
        self.nodes.append(node)

    def constant(self, name: str, values: NDArray[Any]) -> Value:
        """A new parameter; no node."""
        return self.graph.add_parameter(name, ArrayTensor(values))

    def scalar(self, like: Value, value: float, name: str = "constant") -> Value:
        """A parameter of one element of the type of ``like``; no node."""
        return self.constant(name, np.array([value], like.dtype))

    def unary(self, type: str, x: Value, attrs: Attributes | None = None, out: Value | None = None) -> Value:
        """An operator whose result has the shape and type of its only input."""
        return self.op(type, {"X": x}, attrs, shape=x.shape, dtype=x.dtype, out=out)

    def binary(self, type: str, x: Value, y: Value, axis: int = -1, out: Value | None = None) -> Value:
        """``elementwise_TYPE`` of two tensors; the result is declared with the shape that broadcasting gives."""
        shape = _broadcast(x.shape, y.shape) if axis == -1 else x.shape
        return self.op(f"elementwise_{type}", {"X": x, "Y": y}, {"axis": axis}, shape=shape, dtype=x.dtype, out=out)

    def scale(self, x: Value, scale: float = 1.0, bias: float = 0.0, out: Value | None = None) -> Value:
        """``x * scale + bias``."""
        return self.unary("scale", x, {"scale": float(scale), "bias": float(bias), "bias_after_scale": True}, out)

    def cast(self, x: Value, dtype: str, out: Value | None = None) -> Value:
        """The elements as another type."""
        attrs = {"in_dtype": DTYPE_NUMBERS[x.dtype], "out_dtype": DTYPE_NUMBERS[dtype]}
        return self.op("cast", {"X": x}, attrs, shape=x.shape, dtype=dtype, out=out)

    def reshape(self, x: Value, target: Sequence[int], out: Value | None = None) -> Value:
        """``reshape2``: -1 is what is left over, 0 the size that ``x`` has there."""
        shape = tuple(x.shape[axis] if size == 0 and axis < len(x.shape) else size for axis, size in enumerate(target))
        if shape.count(-1) == 1 and static(x.shape):
            rest = math.prod(size for size in shape if size != -1)
            if rest:
                shape = tuple(math.prod(x.shape) // rest if size == -1 else size for size in shape)
        return self.op("reshape2", {"X": x}, {"shape": ints(target)}, shape=shape, dtype=x.dtype, out=out)

    def transpose(self, x: Value, axes: Sequence[int], out: Value | None = None) -> Value:
        """``transpose2``."""
        shape = tuple(x.shape[axis] for axis in axes)
        return self.op("transpose2", {"X": x}, {"axis": ints(axes)}, shape=shape, dtype=x.dtype, out=out)

    def slice(self, x: Value, axis: int, start: int, end: int, out: Value | None = None) -> Value:
        """``x`` from ``start`` to ``end``, which lie within the axis, or ``end`` is 2**31 - 1 for all the rest."""
        size = x.shape[axis]
        length = end - start if end != REST else size - start if size >= 0 else -1
        shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
        attrs = {
            "axes": ints([axis]), "starts": ints([start]), "ends": ints([end]), "infer_flags": ints([1]),
            "decrease_axis": ints([]),
        }  # fmt: skip
        return self.op("slice", {"Input": x}, attrs, shape=shape, dtype=x.dtype, out=out)

    def concat(self, values: Sequence[Value], axis: int, out: Value | None = None) -> Value:
        """``concat`` along an axis counted from the front."""
        first = values[0].shape
        sizes = [value.shape[axis] for value in values]
        size = sum(sizes) if static(sizes) else -1
        shape = (*first[:axis], size, *first[axis + 1 :])
        return self.op("concat", {"X": values}, {"axis": axis}, shape=shape, dtype=values[0].dtype, out=out)


def rewrite(graph: Graph, rules: Mapping[str, Rule]) -> int:
    """Offer every node to the rule of its type; returns how many were replaced.

    A rule returns False to keep the node, or builds what takes its place and returns True.
    """

    def replace(node: Node) -> list[Node] | None:
        rule = rules.get(node.type)
        if rule is None:
            return None
        builder = Builder(graph, node.origin)
        return builder.nodes if rule(builder, node) else None

    return graph.rewrite(replace)


def _broadcast(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(left), len(right))
    shape = []
    for a, b in zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True):
        shape.append(b if a == 1 else a if b in (1, -1) else b)
    return tuple(shape)
