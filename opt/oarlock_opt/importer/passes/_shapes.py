"""Shapes that a model computes: into numbers, and into reshape's 0 and -1."""

from __future__ import annotations

from collections.abc import Sequence

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value
from oarlock_opt.importer.passes._builder import DTYPE_NUMBERS, REST, Builder, integers, ints
from oarlock_opt.importer.passes._sizes import Polynomial, Size
from oarlock_opt.importer.passes.shapes import Knowledge, infer, reshaped

__all__ = ["ARITHMETIC", "INTERPOLATIONS", "SIZE_OPERANDS", "declare_shapes", "fold_shapes"]

# Slots that hold a whole list of sizes, and slots that hold one tensor for each, in the order in which operators heed
# them, by operator and attribute.
SIZE_OPERANDS: dict[str, dict[str, tuple[str, ...]]] = {
    "reshape2": {"shape": ("ShapeTensor", "Shape")},
    "reshape": {"shape": ("ShapeTensor", "Shape")},
    "expand_v2": {"shape": ("Shape", "expand_shapes_tensor")},
    "tile": {"repeat_times": ("RepeatTimes", "repeat_times_tensor")},
    "fill_constant": {"shape": ("ShapeTensor", "ShapeTensorList")},
    "slice": {"starts": ("StartsTensor", "StartsTensorList"), "ends": ("EndsTensor", "EndsTensorList")},
    "strided_slice": {
        "starts": ("StartsTensor", "StartsTensorList"),
        "ends": ("EndsTensor", "EndsTensorList"),
        "strides": ("StridesTensor", "StridesTensorList"),
    },
    "split": {"axis": ("AxisTensor",), "sections": ("SectionsTensorList",)},
    "concat": {"axis": ("AxisTensor",)},
    "unsqueeze2": {"axes": ("AxesTensor", "AxesTensorList")},
    "roll": {"shifts": ("ShiftsTensor",)},
    "pad3d": {"paddings": ("Paddings",)},
    "top_k_v2": {"k": ("K",)},
    "one_hot_v2": {"depth": ("depth_tensor",)},
    "gather": {"axis": ("Axis",)},
    "set_value": {
        "starts": ("StartsTensorList",),
        "ends": ("EndsTensorList",),
        "steps": ("StepsTensorList",),
    },
}
_SINGLE = frozenset(["axis", "k", "depth"])
INTERPOLATIONS = ("bilinear_interp_v2", "nearest_interp_v2", "bicubic_interp_v2")


def declare_shapes(graph: Graph) -> int:
    """Fill in the sizes that the file leaves open although the operators tell them. Not counted: it changes nothing."""
    known = infer(graph)
    for node in graph.nodes:
        for value in node.all_outputs():
            if -1 in value.shape:
                sizes = known.shape(value)
                value.shape = tuple(size if isinstance(size, int) else -1 for size in sizes)
    return 0


def fold_shapes(graph: Graph) -> int:
    """Turn operands that hold sizes into attributes, where every size is a number or one that the operator can name.

    What made them goes, unless something else reads it.
    """
    known = infer(graph)
    count = 0
    for index, node in enumerate(graph.nodes):
        folded = _fold_operands(known, node)
        if node.type in INTERPOLATIONS:
            folded += _fold_interpolation(known, node)
        if node.type == "fill_constant" and any(node.inputs.values()):
            replacement = _fill_like_batch(graph, known, node)
            if replacement is not None:
                graph.nodes[index] = replacement
                folded += 1
        count += folded
    if count:
        graph.remove_dead()
    return count + _fold_known(graph, known)


ARITHMETIC = frozenset(
    [
        "slice",
        "strided_slice",
        "concat",
        "stack",
        "elementwise_add",
        "elementwise_sub",
        "elementwise_mul",
        "elementwise_floordiv",
        "elementwise_div",
        "scale",
        "reshape2",
        "squeeze2",
        "unsqueeze2",
        "assign",
        "gather",
    ]
)


def _fold_operands(known: Knowledge, node: Node) -> int:
    count = 0
    for name, slots in SIZE_OPERANDS.get(node.type, {}).items():
        slot = next((each for each in slots if node.inputs.get(each)), None)
        if slot is None:
            continue
        sizes = _sizes(known, node, slot)
        values = None if sizes is None else _attribute(known, node, name, sizes)
        if values is None:
            continue
        if name in _SINGLE:
            node.set(name, values[0])
        else:
            node.attrs[name] = ints(values)
        for each in slots:
            node.inputs.pop(each, None)
        count += 1
    if count and "infer_flags" in node.attrs and not any(slot.endswith("Tensor") for slot in node.inputs):
        node.attrs["infer_flags"] = ints([1] * len(integers(node, "axes")))
    return count


def _sizes(known: Knowledge, node: Node, slot: str) -> Sequence[Size] | None:
    values = node.inputs[slot]
    parts = [known.elements.get(value) for value in values]
    if any(part is None for part in parts):
        return None
    return [size for part in parts if part is not None for size in part]


def _attribute(known: Knowledge, node: Node, name: str, sizes: Sequence[Size]) -> list[int] | None:
    """The sizes as the operator's attribute names them; None where it cannot."""
    whole = [size for size in sizes if isinstance(size, int)]
    if node.type in ("reshape2", "reshape"):
        return _reshape_target(known.shape(node.input("X")), sizes)
    if node.type == "expand_v2" and name == "shape":
        shape = known.shape(node.input("X"))
        padded = (1,) * (len(sizes) - len(shape)) + tuple(shape)
        named = [-1 if size == own else size for size, own in zip(sizes, padded, strict=True)]
        whole = [size for size in named if isinstance(size, int)]
        return whole if len(whole) == len(named) else None
    if node.type in ("slice", "strided_slice") and name == "ends":
        axes, shape = integers(node, "axes"), known.shape(node.input("Input"))
        ends = [REST if size == shape[axis] else size for axis, size in zip(axes, sizes, strict=True)]
        whole = [size for size in ends if isinstance(size, int)]
    return whole if len(whole) == len(sizes) else None


def _reshape_target(shape: Sequence[Size], sizes: Sequence[Size]) -> list[int] | None:
    """0 for a size that stays where it is, -1 for one that is left over."""
    resolved = reshaped(tuple(shape), sizes) or tuple(sizes)
    if resolved.count(-1) > 1:
        return None
    unknown = [index for index, size in enumerate(resolved) if not isinstance(size, int) or size == -1]
    target: list[int] = [size if isinstance(size, int) else -1 for size in resolved]
    left = []
    for index in unknown:
        if resolved[index] != -1 and index < len(shape) and resolved[index] == shape[index]:
            target[index] = 0
        else:
            left.append(index)
    if len(left) > 1 or any(isinstance(resolved[index], int) and resolved[index] == 0 for index in range(len(target))):
        return None
    if not left and target.count(0) == 1:
        # The size that is known last of all is as well left over, which is what models usually say.
        target[target.index(0)] = -1
    return target


def _fold_interpolation(known: Knowledge, node: Node) -> int:
    for slot in ("SizeTensor", "OutSize"):
        if not node.inputs.get(slot):
            continue
        sizes = _sizes(known, node, slot)
        if sizes is None or len(sizes) != 2 or not all(isinstance(size, int) for size in sizes):
            return 0
        height, width = (size for size in sizes if isinstance(size, int))
        node.set("out_h", height)
        node.set("out_w", width)
        for each in ("SizeTensor", "OutSize"):
            node.inputs.pop(each, None)
        return 1
    return 0


def _fill_like_batch(graph: Graph, known: Knowledge, node: Node) -> Node | None:
    """A constant of a shape that begins with a model input's first size can be filled by looking at that input."""
    out = node.output("Out")
    first, *rest = known.shape(out) or (1,)
    if not isinstance(first, Polynomial) or not all(isinstance(size, int) for size in rest):
        return None
    source = next((value for value in graph.inputs if known.shape(value)[:1] == (first,)), None)
    if source is None or node.inputs.get("ValueTensor"):
        return None
    build = Builder(graph, node.origin)
    value = node.get("value", 0.0)
    attrs = {
        "shape": ints([-1, *(size for size in rest if isinstance(size, int))]),
        "dtype": integers(node, "dtype")[0],
        "value": float(value) if isinstance(value, (int, float)) else 0.0,
        "input_dim_idx": 0,
        "output_dim_idx": 0,
        "force_cpu": False,
    }
    build.op("fill_constant_batch_size_like", {"Input": source}, attrs, shape=out.shape, dtype=out.dtype, out=out)
    return build.nodes[0]


def _fold_known(graph: Graph, known: Knowledge) -> int:
    """Make constants of sizes that turn out to be numbers, where something else than a shape reads them."""
    count = 0
    nodes = []
    for node in graph.nodes:
        out = node.outputs.get("Out") or node.outputs.get("Y")
        if node.type in _FOLDABLE and out and len(out) == 1 and any(node.inputs.values()):
            elements = known.elements.get(out[0])
            if elements is not None and elements and all(isinstance(each, int) for each in elements):
                nodes.append(_constant(graph, node, out[0], [each for each in elements if isinstance(each, int)]))
                count += 1
                continue
        nodes.append(node)
    graph.nodes = nodes
    return count


_FOLDABLE = ARITHMETIC | {
    "shape",
    "size",
    "cast",
    "reduce_prod",
    "reduce_sum",
    "expand_v2",
    "elementwise_max",
    "elementwise_min",
}


_TYPED_VALUES = {
    "int64": ("int64_values", AttrKind.LONGS),
    "int32": ("int32_values", AttrKind.INTS),
    "float32": ("fp32_values", AttrKind.FLOATS),
}


def _constant(graph: Graph, node: Node, out: Value, values: list[int]) -> Node:
    build = Builder(graph, node.origin)
    name, kind = _TYPED_VALUES[out.dtype]
    shape = out.shape if -1 not in out.shape else (len(values),)
    attrs = {
        "shape": ints(shape),
        "dtype": DTYPE_NUMBERS[out.dtype],
        name: Attr(kind, tuple(float(value) if out.dtype == "float32" else value for value in values)),
    }
    build.op("assign_value", {}, attrs, shape=shape, dtype=out.dtype, out=out)
    return build.nodes[0]
