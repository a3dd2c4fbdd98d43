"""What rules for shapes share: the types of their arguments, broadcasting, operands that hold sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from oarlock_opt.importer.graph import Node, Value
from oarlock_opt.importer.passes._builder import REST, integers
from oarlock_opt.importer.passes._sizes import Size, add, atom, negate, product, quotient

__all__ = [
    "Elements",
    "Shape",
    "ShapeOf",
    "ShapeRule",
    "axis_of",
    "bounds_of",
    "broadcast",
    "reshaped",
    "slice_length",
    "target_of",
]

Shape: TypeAlias = "tuple[Size, ...]"
ShapeOf: TypeAlias = Callable[[Value], Shape]
Elements: TypeAlias = Mapping[Value, Shape]
ShapeRule: TypeAlias = "Callable[[Node, ShapeOf, Elements], Mapping[str, Sequence[Shape]] | None]"


def axis_of(node: Node, name: str, rank: int, default: int = 0) -> int:
    """An attribute that names an axis, counted from the front."""
    return (integers(node, name) or (default,))[0] % max(rank, 1)


def broadcast(left: Shape, right: Shape) -> Shape:
    """The shape that broadcasting two gives, aligned at their last axes."""
    rank = max(len(left), len(right))
    padded = ((1,) * (rank - len(shape)) + shape for shape in (left, right))
    return tuple(_broadcast_size(a, b) for a, b in zip(*padded, strict=True))


def _broadcast_size(left: Size, right: Size) -> Size:
    if left == right or right == 1:
        return left
    if left == 1:
        return right
    # Where one is unknown and the other a number beyond 1, the result is that number.
    known = next((size for size in (left, right) if isinstance(size, int)), None)
    return atom(("broadcast", left, right)) if known is None else known


def reshaped(shape: Shape, target: Sequence[Size]) -> Shape | None:
    """The result of reshape2: 0 is the size that is there, -1 what is left over; None where that cannot be told."""
    sizes = [shape[axis] if size == 0 and axis < len(shape) else size for axis, size in enumerate(target)]
    if -1 in sizes:
        index = sizes.index(-1)
        left = quotient(product(shape), product(sizes[:index] + sizes[index + 1 :]))
        if left is None:
            return None
        sizes[index] = left
    return tuple(sizes)


def slice_length(size: Size, start: Size, end: Size) -> Size | None:
    """How many elements a slice with stride 1 has; None where that depends on what is not known."""
    if isinstance(size, int) and isinstance(start, int) and isinstance(end, int):
        begin, finish = (min(max(each + size if each < 0 else each, 0), size) for each in (start, end))
        return max(finish - begin, 0)
    begins_at = add(size, start) if isinstance(start, int) and start < 0 else start
    if (isinstance(end, int) and end >= REST) or end == size:
        return add(size, negate(begins_at))
    if isinstance(end, int) and end < 0:
        return add(add(size, end), negate(begins_at))
    if isinstance(start, int) and start < 0:
        return None
    # Both count from the front; that the axis is long enough is for the model to say.
    return add(end, negate(begins_at)) if isinstance(end, int) and isinstance(start, int) and end == start + 1 else None


def target_of(node: Node, elements: Elements) -> Sequence[Size] | None:
    """The sizes that a tensor, a list of tensors or the attribute ``shape`` asks for; None where they are not known."""
    for slot in ("Shape", "ShapeTensor"):
        if len(node.inputs.get(slot, [])) == 1 and node.type != "reshape2":
            return elements.get(node.input(slot))
    for slot in ("expand_shapes_tensor", "ShapeTensorList"):
        if node.inputs.get(slot):
            parts = [elements.get(each) for each in node.inputs[slot]]
            return [part[0] for part in parts if part] if all(parts) else None
    return integers(node, "shape")


def bounds_of(node: Node, name: str, elements: Elements) -> Sequence[Size] | None:
    """The starts, ends or strides of a slice, from tensors or the attribute; None where they are not known."""
    slot = name.capitalize() + "Tensor"
    if node.inputs.get(slot):
        return elements.get(node.input(slot))
    if node.inputs.get(slot + "List"):
        parts = [elements.get(each) for each in node.inputs[slot + "List"]]
        return [part[0] for part in parts if part] if all(parts) else None
    return integers(node, name)
