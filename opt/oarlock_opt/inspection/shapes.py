"""The shapes of every value when a model is fed a given batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from oarlock.errors import InvalidArgumentError
from oarlock_opt.importer.graph import Node, Value
from oarlock_opt.importer.passes._sizes import Size
from oarlock_opt.importer.passes.shapes import elements_of, shapes_of
from oarlock_opt.inspection.subject import Subject

__all__ = ["MALFORMED", "Shapes", "shapes_at", "takes_any_batch"]

Shapes: TypeAlias = Mapping[Value, tuple[int, ...]]
"""The shapes that are known, every size a number; others are no keys."""

MALFORMED = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, MemoryError)
"""What looking at an operator raises that lacks what its type promises, or has something else there."""

# Tensors with more elements are no shapes.
_MOST_ELEMENTS = 64

# Operators that only Paddle Lite has, most of them fused ones, and the operator whose result has the same shape.
_LIKE = {
    "fusion_elementwise_add_activation": "elementwise_add",
    "fusion_elementwise_sub_activation": "elementwise_sub",
    "fusion_elementwise_mul_activation": "elementwise_mul",
    "fusion_elementwise_div_activation": "elementwise_div",
    "fusion_elementwise_max_activation": "elementwise_max",
    "fusion_elementwise_min_activation": "elementwise_min",
}
# Operators of Paddle Lite that move or convert a tensor.
_SAME = frozenset(["calib", "calib_once", "io_copy", "io_copy_once", "layout", "layout_once"])
_COPIED_SLOTS = ("Input", "X")


def takes_any_batch(subject: Subject) -> bool:
    """Whether the size of the first axis of some input is open."""
    return any(value.shape[:1] == (-1,) for value in subject.graph.inputs)


def shapes_at(subject: Subject, batch: int) -> Shapes:
    """The shapes for a batch: the first axis of every input where that is open.

    A value whose shape neither an operator's rule nor the file tells is left out. Raises InvalidArgumentError when the
    batch is not 1 and the model has its own.
    """
    if batch != 1 and not takes_any_batch(subject):
        sizes = ", ".join(f"{value.name} {list(value.shape)}" for value in subject.graph.inputs)
        raise InvalidArgumentError(
            f"{subject.path}: takes no batch of {batch}: its inputs have fixed sizes ({sizes}); leave --batch out"
        )
    return _Inference(subject, batch).shapes


class _Inference:
    def __init__(self, subject: Subject, batch: int) -> None:
        self._batch = batch
        self._undeclared = subject.undeclared
        self.shapes: dict[Value, tuple[int, ...]] = {}
        self._elements: dict[Value, tuple[Size, ...]] = {}
        for value in subject.graph.inputs:
            self._note(value, self._declared(value))
        for value, data in subject.graph.parameters.items():
            self.shapes[value] = value.shape
            if value.dtype in ("int32", "int64", "bool") and math.prod(value.shape) <= _MOST_ELEMENTS:
                self._elements[value] = tuple(int(each) for each in data.array().reshape(-1))
        for node in subject.graph.nodes:
            self._infer(node)

    def _infer(self, node: Node) -> None:
        told = self._told(node) if all(value in self.shapes for value in node.all_inputs()) else {}
        for slot, values in node.outputs.items():
            for value, shape in zip(values, [*told.get(slot, ()), *[None] * len(values)], strict=False):
                numbers = _numbers(shape)
                self._note(value, self._declared(value) if numbers is None else numbers)

    def _told(self, node: Node) -> Mapping[str, Sequence[tuple[Size, ...]]]:
        """The shapes of the outputs by the operator's rule."""
        known = Node(_LIKE[node.type], node.inputs, node.outputs, node.attrs) if node.type in _LIKE else node
        try:
            if node.type in _SAME:
                source = next((node.inputs[slot] for slot in _COPIED_SLOTS if slot in node.inputs), [])
                return {"Out": [self.shapes[value] for value in source]}
            if node.type == "fc":
                rows = self.shapes[node.input("Input")][: int(str(node.get("in_num_col_dims", 1)))]
                return {"Out": [(*rows, self.shapes[node.input("W")][1])]}
            elements = elements_of(known, self.shapes.__getitem__, self._elements)
            shapes = shapes_of(known, self.shapes.__getitem__, self._elements)
        except MALFORMED:
            return {}
        if elements is not None and len(elements) <= _MOST_ELEMENTS:
            for value in (*node.outputs.get("Out", ()), *node.outputs.get("Y", ())):
                self._elements[value] = elements
        return shapes

    def _declared(self, value: Value) -> tuple[int, ...] | None:
        """The shape as the file has it, with the batch where the first axis alone is open."""
        if value in self._undeclared:
            return None
        shape = value.shape
        if shape[:1] == (-1,):
            shape = (self._batch, *shape[1:])
        return None if -1 in shape else shape

    def _note(self, value: Value, shape: tuple[int, ...] | None) -> None:
        if shape is not None:
            self.shapes[value] = shape


def _numbers(shape: Sequence[Size] | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    sizes = tuple(size for size in shape if isinstance(size, int) and size >= 0)
    return sizes if len(sizes) == len(shape) else None
