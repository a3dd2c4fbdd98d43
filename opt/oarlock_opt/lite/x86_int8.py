"""Calibrated int8 programs as Paddle Lite's kernels for x86 compute them right.

docs/int8-on-x86.md has the evidence for each fact used here. The int8 convolution for x86 adds products of neighbouring
weights in 16 bits, which saturate when both weights are large; where it has groups it needs a bias; activations fused
into it can be wrong. The conversion of floats to int8 leaves out elements of tensors whose size is no multiple of 32.
There is no int8 product of matrices, and that of a fully connected layer adds one bias to all of its outputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oarlock_opt._numpy import np
from oarlock_opt.errors import TargetError
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Choices", "use_right_kernels"]

_QUANTIZE = "fake_quantize_range_abs_max"
_DEQUANTIZE = "fake_channel_wise_dequantize_max_abs"
_CONVOLUTIONS = frozenset({"conv2d", "depthwise_conv2d"})
_PRODUCTS = frozenset({"mul", "matmul", "matmul_v2"})

_LARGEST = 127
_HALF = 64
"""255 * 64 * 2 is the largest sum of two products that 16 bits hold: activations are shifted to 0 to 255."""
_ALIGNMENT = 32
"""Of the elements of a picture's tensor: with other sizes the conversion to int8 leaves some of the last ones out."""
_WITHOUT_KERNELS = frozenset({"2.10"})


@dataclass(frozen=True)
class Choices:
    """How many quantised operators run in int8 kernels, and how many compute the same numbers in fp32."""

    int8: int
    fp32: int


@dataclass(frozen=True, eq=False)
class _Part:
    """A quantised operator between those that round its input and scale its output.

    ``weights`` are whole numbers, and ``scales`` what 127 of them stands for, by output channel; ``scale`` is what an
    activation of 127 stands for.
    """

    quantize: Node
    node: Node
    dequantize: Node
    weights: NDArray[np.float32]
    scales: NDArray[np.float32]
    scale: float

    @property
    def source(self) -> Value:
        return self.quantize.input("X")

    @property
    def out(self) -> Value:
        return self.dequantize.output("Out")


def use_right_kernels(graph: Graph, lite_version: str) -> Choices:
    """Rewrite a calibrated int8 program for Paddle Lite on x86, in place, so that it answers as it does elsewhere.

    Each quantised convolution becomes the sum of two, whose weights are small enough for the kernel and add up to the
    original ones; products of matrices become convolutions. What no kernel is right for rounds its input as the
    program says and computes in fp32. Up to rounding in fp32 every value stays what PaddlePaddle computes for the
    quantised program. To be called once, on the program as PaddlePaddle quantises it.

    Raises TargetError when something is quantised in another way than channel by channel with range_abs_max.
    """
    graph.replace(
        {node.output("OutScale"): node.input("InScale") for node in graph.nodes if node.type == _QUANTIZE}
    )  # equal in inference, and the writer lets the one be written over the other
    parts = {part.node: part for part in _parts(graph)}
    replaced = {part.dequantize for part in parts.values()}
    nodes, int8, fp32 = [], 0, 0
    for node in graph.nodes:
        part = parts.get(node)
        if part is not None:
            build = Builder(graph, node.origin)
            if lite_version not in _WITHOUT_KERNELS and _Int8(build, part).build():
                int8 += 1
            else:
                _in_fp32(build, part)
                fp32 += 1
            nodes += build.nodes
        elif node not in replaced:
            nodes.append(node)
    graph.nodes = nodes
    graph.remove_dead()
    return Choices(int8, fp32)


def _parts(graph: Graph) -> Iterator[_Part]:
    index = graph.index()
    for node in graph.nodes:
        if node.type == _DEQUANTIZE:
            within = index.producer(node.input("X"))
            slots = _slots(within)
            assert within is not None
            before = index.producer(within.input(slots[0])) if slots else None
            weights = graph.parameters.get(within.input(slots[1])) if slots else None
            scales = graph.parameters.get(node.inputs["Scales"][0])
            if before is None or before.type != _QUANTIZE or weights is None or scales is None:
                raise TargetError(f"x86-int8: {within.origin} ({within.type}) is quantised in a way that is not known")
            scale = graph.parameters[before.input("InScale")].array()
            yield _Part(before, within, node, weights.array(), scales.array(), float(scale.reshape(-1)[0]))
        elif node.type.startswith("fake_") and node.type != _QUANTIZE:
            raise TargetError(
                f"x86-int8: the program has the operator {node.type}; expected weights quantised by output channel "
                f"({_DEQUANTIZE}) and activations by {_QUANTIZE}"
            )


def _slots(node: Node | None) -> tuple[str, str] | None:
    """The slots of what is rounded and of the weights."""
    if node is None:
        return None
    if node.type in _CONVOLUTIONS:
        return "Input", "Filter"
    return ("X", "Y") if node.type in _PRODUCTS else None


class _Int8:
    """Builds a quantised operator of int8 kernels that are right."""

    def __init__(self, build: Builder, part: _Part) -> None:
        self._build = build
        self._part = part

    def build(self) -> bool:
        """False, and nothing is built, when there is none."""
        part, build = self._part, self._build
        if part.node.type in _CONVOLUTIONS:
            if math.prod(part.source.shape[1:]) % _ALIGNMENT or -1 in part.source.shape[1:]:
                return False
            self._convolve(part.quantize.output("Out"), part.node, part.weights, part.out)
            return True
        source, weights, out = part.source, part.weights, part.out
        if not _is_plain_product(part) or weights.shape[0] % _ALIGNMENT or out.shape.count(-1) > 1:
            return False
        depth, width = weights.shape
        # A picture of one pixel. It is reshaped before it is rounded: the engine takes the rounding for a property of
        # the operator that follows.
        pixel = self._reshape(source, (-1, depth, 1, 1))
        rounded = Value("rounded", pixel.dtype, pixel.shape)
        build.nodes.append(
            Node(
                _QUANTIZE,
                {"X": [pixel], "InScale": [part.quantize.input("InScale")]},
                {"Out": [rounded], "OutScale": [Value("scale", "float32", (1,))]},
                dict(part.quantize.attrs),
                part.node.origin,
            )
        )
        convolution = Node("conv2d", {}, {}, {}, part.node.origin)
        for name in ("strides", "dilations"):
            convolution.set(name, (1, 1))
        convolution.set("paddings", (0, 0))
        convolution.set("groups", 1)
        summed = Value("product", out.dtype, (pixel.shape[0], width, 1, 1))
        self._convolve(rounded, convolution, np.ascontiguousarray(weights.T).reshape(width, depth, 1, 1), summed)
        self._reshape(summed, out.shape, out)
        return True

    def _reshape(self, value: Value, shape: tuple[int, ...], out: Value | None = None) -> Value:
        result = self._build.reshape(value, shape, out)
        self._build.nodes[-1].outputs["XShape"] = [Value("shape", "float32", (0, *value.shape))]
        return result

    def _convolve(self, rounded: Value, like: Node, weights: NDArray[np.float32], out: Value) -> None:
        """The sum of convolutions by the parts of the weights below and above what the kernel can add up."""
        small = np.clip(weights, -_HALF, _HALF)
        both = [self._half(rounded, like, half, out) for half in (small, weights - small)]
        self._build.binary("add", both[0], both[1], out=out)

    def _half(self, rounded: Value, like: Node, weights: NDArray[np.float32], out: Value) -> Value:
        build, part = self._build, self._part
        name = part.node.input(_weights_slot(part)).name
        whole = Value("convolved", "float32", out.shape)
        inputs = {"Input": [rounded], "Filter": [build.constant(name, weights)]}
        build.nodes.append(Node(like.type, inputs, {"Output": [whole]}, dict(like.attrs), part.node.origin))
        scaled = Value("scaled", "float32", out.shape)
        # The optimiser knows a quantised operator by scales that nothing else reads.
        scales = build.constant(part.dequantize.inputs["Scales"][0].name, part.scales)
        dequantize = Node(
            _DEQUANTIZE,
            {"X": [whole], "Scales": [scales, part.quantize.input("InScale")]},
            {"Out": [scaled]},
            dict(part.dequantize.attrs),
            part.node.origin,
        )
        dequantize.set("quant_axis", 0)
        dequantize.set("x_num_col_dims", 1)
        build.nodes.append(dequantize)
        if int(like.get("groups", 1)) == 1:  # type: ignore[arg-type]
            return scaled
        # Without a bias, the kernel reads that of a group from no address, and crashes.
        return build.binary("add", scaled, build.constant("no_bias", np.zeros(weights.shape[0], np.float32)), axis=1)


def _is_plain_product(part: _Part) -> bool:
    """Of rows with a matrix of weights, neither of them transposed."""
    node = part.node
    transposed = any(bool(node.get(name, False)) for name in ("trans_x", "trans_y", "transpose_X", "transpose_Y"))
    return not transposed and node.get("alpha", 1.0) == 1.0 and part.weights.ndim == 2


def _weights_slot(part: _Part) -> str:
    slots = _slots(part.node)
    assert slots is not None
    return slots[1]


def _in_fp32(build: Builder, part: _Part) -> None:
    """Round the input to the numbers that int8 has, and compute with floats what the int8 kernel would."""
    slots = _slots(part.node)
    assert slots is not None
    step = part.scale / _LARGEST
    attrs = {"min": -float(_LARGEST), "max": float(_LARGEST)}
    steps = build.unary("clip", build.scale(part.source, 1.0 / step), attrs)
    rounded = build.scale(build.unary("floor", build.scale(steps, 1.0, 0.5)), step)
    axis = part.dequantize.get("quant_axis", 0)
    assert isinstance(axis, int)
    shape = [1] * part.weights.ndim
    shape[axis] = -1
    weights = part.weights * (part.scales / np.float32(_LARGEST)).reshape(shape)
    value = build.graph.add_parameter(part.node.input(slots[1]).name, ArrayTensor(weights.astype(np.float32)))
    outputs = {slot: [part.out] for slot in part.node.outputs}
    build.nodes.append(
        Node(
            part.node.type,
            {**part.node.inputs, slots[0]: [rounded], slots[1]: [value]},
            outputs,
            dict(part.node.attrs),
            part.node.origin,
        )
    )
