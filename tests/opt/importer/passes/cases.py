"""Operators with their inputs, one by one: what the passes and the engine are tried with.

``limit`` marks those that Paddle Lite 2.12 for x86 refuses, crashes on or answers wrong as they are; then it names the
pass that mends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock_opt.importer.graph import ArrayTensor, Attr, AttrKind, Graph, Node, Value, attr

Array = NDArray[Any]

_RANDOM = np.random.default_rng(0)
_STATISTICS = ("Mean", "Variance", "SavedMean", "SavedVariance", "MeanOut", "VarianceOut", "XShape", "Norm")


@dataclass(frozen=True)
class Case:
    """An operator: inputs by slot, attributes, outputs as (slot, dtype); inputs in ``parameters`` are parameters.

    ``expected`` is the answer where PaddlePaddle cannot give it.
    """

    name: str
    type: str
    inputs: Mapping[str, Sequence[Array]]
    attrs: Mapping[str, Any]
    outputs: Sequence[tuple[str, str]]
    parameters: frozenset[str]
    limit: str
    expected: tuple[Array, ...]

    def feeds(self, prefix: str = "") -> dict[str, Array]:
        """The model's inputs by name."""
        return {
            f"{prefix}{slot}_{index}": array
            for slot, arrays in self.inputs.items()
            if slot not in self.parameters
            for index, array in enumerate(arrays)
        }

    def add_to(
        self, graph: Graph, answers: Sequence[Array] | None = None, prefix: str = "", *, free: bool = False
    ) -> None:
        """Put the operator into a graph. The shapes of its outputs are those of the answers, where they are given.

        With ``free``, the first size of what is fed, where it is 2, and of outputs is left open.
        """

        def shape(array: Array) -> tuple[int, ...]:
            return (-1, *array.shape[1:]) if free and array.shape[:1] == (2,) else array.shape

        inputs: dict[str, list[Value]] = {}
        for slot, arrays in self.inputs.items():
            inputs[slot] = []
            for index, array in enumerate(arrays):
                name = f"{prefix}{slot}_{index}"
                if slot in self.parameters:
                    value = graph.add_parameter(name, ArrayTensor(array))
                else:
                    value = Value(name, str(array.dtype), shape(array))
                    graph.inputs.append(value)
                inputs[slot].append(value)
        outputs: dict[str, list[Value]] = {}
        for index, (slot, dtype) in enumerate(self.outputs):
            declared = () if answers is None or slot in _STATISTICS else shape(answers[index])
            value = Value(f"{prefix}out_{index}", dtype, declared)
            outputs.setdefault(slot, []).append(value)
            if slot not in _STATISTICS:
                graph.outputs.append(value)
        attrs = {name: value if isinstance(value, Attr) else attr(value) for name, value in self.attrs.items()}
        graph.nodes.append(Node(self.type, inputs, outputs, attrs, self.name))

    def graph(self, answers: Sequence[Array] | None = None, *, free: bool = False) -> Graph:
        """The operator as a model."""
        graph = Graph([], [], {}, [])
        self.add_to(graph, answers, free=free)
        return graph


CASES: dict[str, Case] = {}


def _ints(*values: int) -> Attr:
    return Attr(AttrKind.INTS, values)


def _longs(*values: int) -> Attr:
    return Attr(AttrKind.LONGS, values)


def _f(*shape: int, low: float = -3.0, high: float = 3.0) -> Array:
    return _RANDOM.uniform(low, high, shape).astype(np.float32)


def _positive(*shape: int) -> Array:
    return _f(*shape, low=0.1)


def _add(
    name: str,
    type: str,
    inputs: Mapping[str, Array | Sequence[Array]],
    attrs: Mapping[str, Any] | None = None,
    *,
    out: str = "Out",
    dtype: str = "float32",
    count: int = 1,
    more: Iterable[tuple[str, str]] = (),
    parameters: Iterable[str] = (),
    limit: str = "",
    expected: Sequence[Array] = (),
) -> None:
    assert name not in CASES, name
    lists = {slot: [value] if isinstance(value, np.ndarray) else list(value) for slot, value in inputs.items()}
    outputs = [(out, dtype)] * count + list(more)
    CASES[name] = Case(name, type, lists, attrs or {}, outputs, frozenset(parameters), limit, tuple(expected))


def _activations() -> None:
    x = _f(2, 3, 4, 5)
    for type, attrs, limit in (
        ("relu", {}, ""),
        ("relu6", {}, "restored-attributes"),
        ("swish", {}, "restored-attributes"),
        ("hard_swish", {}, "restored-attributes"),
        ("silu", {}, "silu"),
        ("mish", {"threshold": 20.0}, ""),
        ("gelu", {}, ""),
        ("hard_sigmoid", {"slope": 0.1666667, "offset": 0.5}, ""),
        ("elu", {"alpha": 0.7}, ""),
        ("selu", {"scale": 1.0507009873554805, "alpha": 1.6732632423543772}, "activations"),
        ("celu", {"alpha": 1.3}, "activations"),
        ("softplus", {"beta": 2.0, "threshold": 2.0}, ""),
        ("softshrink", {"lambda": 0.5}, "activations"),
        ("hard_shrink", {"threshold": 0.5}, "activations"),
        ("tanh_shrink", {}, "activations"),
        ("thresholded_relu", {"threshold": 1.0}, ""),
        ("logsigmoid", {}, "activations"),
        ("brelu", {"t_min": -1.0, "t_max": 1.0}, "activations"),
        ("stanh", {"scale_a": 0.67, "scale_b": 1.7159}, "activations"),
        ("log_softmax", {"axis": 1}, ""),
        ("expm1", {}, "activations"),
        ("sign", {}, "activations"),
        ("ceil", {}, "activations"),
        ("round", {}, "activations"),
        ("trunc", {}, "activations"),
        ("tan", {}, "activations"),
        ("sinh", {}, "activations"),
        ("cosh", {}, "activations"),
    ):
        _add(type, type, {"X": x}, attrs, limit=limit)
    _add("gelu by tanh", "gelu", {"X": x}, {"approximate": True}, limit="gelu-tanh")
    for type, limit in (("log", ""), ("log2", "activations"), ("log10", "activations"), ("log1p", "activations")):
        _add(type, type, {"X": _positive(2, 3, 4, 5)}, limit=limit)
    for power in (2.0, 3.0, 4.0, -1.0, -2.0):
        # Of positive numbers Paddle Lite gets powers right.
        _add(f"pow {power}", "pow", {"X": _f(2, 3, 4)}, {"factor": power}, limit="pow")
    for power in (0.5, -0.5, 1.7):
        _add(f"pow {power}", "pow", {"X": _positive(2, 3, 4)}, {"factor": power})
    alpha = _f(1, 3, 4, 5)
    for mode, weights, limit in (
        ("all", _f(1), ""),
        ("channel", _f(3), ""),
        ("element", alpha, "activations"),
    ):
        given = {"X": x, "Alpha": weights}
        _add(f"prelu {mode}", "prelu", given, {"mode": mode}, parameters=["Alpha"], limit=limit)
    _add(
        "mod of floats",
        "elementwise_mod",
        {"X": _positive(3, 4), "Y": _positive(3, 4)},
        {"axis": -1},
        limit="activations",
    )
    scaled = {"scale": 2.0, "bias": 0.5, "bias_after_scale": False}
    _add("scale", "scale", {"X": x}, scaled)
    for way in ("upscale_in_train", "downgrade_in_infer"):
        dropped = {"is_test": True, "dropout_implementation": way, "dropout_prob": 0.3}
        _add(f"dropout {way}", "dropout", {"X": x}, dropped)


def _functions() -> None:
    x = _f(2, 3, 4, 5)
    inner, outer = _f(2, 3, 4, low=-0.9, high=0.9), _f(2, 3, 4, low=1.1)
    for type, values, attrs in (
        ("asinh", x, {}),
        ("acosh", outer, {}),
        ("atanh", inner, {}),
        ("logit", _f(2, 3, low=0.01, high=0.99), {"eps": 1e-6}),
        ("maxout", _f(2, 6, 4, 5), {"groups": 2, "axis": 1}),
        ("label_smooth", _f(2, 5, low=0.0, high=1.0), {"epsilon": 0.1}),
        ("l1_norm", x, {}),
    ):
        _add(type, type, {"X": values}, attrs, limit="functions")
    _add("softsign", "softsign", {"X": x})
    _add("round to decimals", "round", {"X": x}, {"decimals": 1}, limit="functions")
    odd = np.array([1.0, np.inf, -np.inf, np.nan], np.float32)
    for type in ("isnan_v2", "isinf_v2", "isfinite_v2"):
        _add(type, type, {"X": odd}, dtype="bool", limit="functions")
    for type in ("fmax", "fmin"):
        _add(type, f"elementwise_{type}", {"X": x, "Y": _f(2, 3, 4, 5)}, {"axis": -1}, limit="functions")
    planes = {"dim": _ints(2, 3), "keep_dim": True, "reduce_all": False}
    _add("amax", "reduce_amax", {"X": x}, planes, limit="functions")
    _add("amin", "reduce_amin", {"X": x}, planes, limit="functions")
    _add("lerp", "lerp", {"X": x, "Y": _f(2, 3, 4, 5), "Weight": _f(1)}, limit="functions")
    batches = {"Input": _f(2, 3, 5), "X": _f(2, 3, 4), "Y": _f(2, 4, 5)}
    _add("baddbmm", "baddbmm", batches, {"Alpha": 0.5, "Beta": 2.0}, limit="functions")
    _add("size", "size", {"Input": x}, dtype="int64", limit="folded-shapes")
    below = {"X": np.array([-7, 7, -8, 8]), "Y": np.array([2, -2, 3, 3])}
    _add("floordiv of negative numbers", "elementwise_floordiv", below, {"axis": -1}, dtype="int64", limit="functions")
    tensor = {"X": x, "ScaleTensor": _f(1)}
    _add("scale by a tensor", "scale", tensor, {"bias": 1.0, "bias_after_scale": True}, limit="functions")
    counted = {"dim": _ints(1), "keep_dim": False, "reduce_all": False}
    _add(
        "sum of int32",
        "reduce_sum",
        {"X": np.arange(6, dtype=np.int32).reshape(2, 3)},
        counted,
        dtype="int64",
        limit="reductions",
    )
    mask, value = _RANDOM.random((2, 3, 1)) > 0.5, np.array([-7.0], np.float32)
    hidden = {"x": inner, "mask": mask, "value": value}
    _add("masked_fill", "masked_fill", hidden, out="out", limit="functions", expected=[np.where(mask, value, inner)])
    gate = x / (1 + np.exp(-x)) * x[::-1]
    _add("swiglu", "swiglu", {"x": x, "y": x[::-1].copy()}, out="out", limit="functions", expected=[gate])
    pool = {
        "pooling_type": "avg", "adaptive": False, "global_pooling": False, "ceil_mode": False, "exclusive": True,
        "padding_algorithm": "EXPLICIT", "data_format": "NCDHW",
    }  # fmt: skip
    for name, kernel, strides, paddings in (
        ("along the depth", (3, 1, 1), (2, 1, 1), (1, 0, 0)),
        ("of planes", (1, 3, 2), (1, 2, 2), (0, 1, 0)),
    ):
        windows = {"ksize": _ints(*kernel), "strides": _ints(*strides), "paddings": _ints(*paddings)}
        _add(f"pool3d {name}", "pool3d", {"X": _f(2, 3, 6, 5, 4)}, {**pool, **windows}, limit="pool3d")
    for align, mode in ((True, 1), (False, 0), (False, 1)):
        linear = {
            "align_corners": align, "align_mode": mode, "interp_method": "linear", "data_layout": "NCHW", "out_d": -1,
            "out_h": -1, "out_w": 7, "scale": Attr(AttrKind.FLOATS, ()),
        }  # fmt: skip
        name = f"linear{' by corners' if align else f' in mode {mode}'}"
        _add(name, "linear_interp_v2", {"X": _f(2, 3, 4)}, linear, limit="interpolation")


def _elementwise() -> None:
    for name, left, right, axis in (
        ("channels", (2, 3, 4, 5), (3,), 1),
        ("last axes", (2, 3, 4, 5), (4, 5), -1),
        ("[1, C, 1, 1]", (2, 3, 4, 5), (1, 3, 1, 1), -1),
        ("one element", (2, 3, 4, 5), (1,), -1),
        ("small first", (3, 1, 1), (2, 3, 4, 5), -1),
        ("both sides", (2, 3, 1), (2, 1, 5), -1),
        ("five axes", (2, 4, 3, 6, 6), (1, 4, 1, 6, 6), -1),
    ):
        for type in ("add", "mul", "sub", "div", "max", "pow"):
            inputs = {"X": _positive(*left), "Y": _positive(*right)}
            _add(f"{type}: {name}", f"elementwise_{type}", inputs, {"axis": axis})
    whole = {"X": np.arange(1, 13, dtype=np.int32).reshape(3, 4), "Y": np.array([1, 2, 3, 4], np.int32)}
    for type in ("add", "mul", "floordiv"):
        _add(f"{type}: int32", f"elementwise_{type}", whole, {"axis": -1}, dtype="int32")
    numbers = {"X": _RANDOM.integers(0, 3, (3, 4)), "Y": _RANDOM.integers(0, 3, (4,))}
    for type in ("equal", "less_than", "greater_equal"):
        _add(type, type, numbers, {}, dtype="bool", limit="restored-attributes")
    truths = {"X": _RANDOM.random((3, 4)) > 0.5, "Y": _RANDOM.random(4) > 0.5}
    for type in ("logical_and", "logical_or", "logical_xor"):
        _add(f"{type} broadcast", type, truths, dtype="bool", limit="replaced-operators")
    _add("bitwise_not", "bitwise_not", {"X": truths["X"]}, dtype="bool", limit="replaced-operators")
    three = [_f(2, 3), _f(2, 3), _f(2, 3)]
    _add("sum of three", "sum", {"X": three}, limit="replaced-operators")


def _products() -> None:
    for name, left, right, limit in (
        ("matrices", (3, 4), (4, 5), False),
        ("batch and matrix", (2, 3, 4), (4, 5), False),
        ("batches", (2, 3, 4, 5), (2, 3, 5, 6), False),
        ("five axes", (2, 2, 3, 4, 5), (2, 2, 3, 5, 6), False),
        ("one for a batch", (2, 3, 4), (1, 4, 5), True),
        ("one for a batch on the left", (1, 3, 4), (2, 4, 5), True),
        ("broadcast within a batch", (2, 1, 4, 5), (2, 3, 5, 6), True),
        ("broadcast on both sides", (2, 1, 4, 5), (1, 3, 5, 6), True),
        ("batch missing", (2, 3, 4, 5), (3, 5, 6), True),
        ("batch missing on the left", (3, 4, 5), (2, 3, 5, 6), True),
        ("vector on the left of a batch", (4,), (2, 4, 5), True),
        ("vector on the right", (2, 3, 4), (4,), False),
        ("vectors", (4,), (4,), False),
    ):
        mended = "matmul-broadcast" if limit else ""
        _add(
            f"matmul: {name}",
            "matmul_v2",
            {"X": _f(*left), "Y": _f(*right)},
            {"trans_x": False, "trans_y": False},
            limit=mended,
        )
    turned = {"X": _f(2, 1, 5, 4), "Y": _f(2, 3, 6, 5)}
    both = {"trans_x": True, "trans_y": True}
    _add("matmul: transposed and broadcast", "matmul_v2", turned, both, limit="matmul-broadcast")
    weights = {"X": _f(2, 3, 4, 5), "Y": _f(1, 3, 6, 5)}
    _add(
        "matmul: parameter and broadcast", "matmul_v2", weights, {"trans_x": False, "trans_y": True}, parameters=["Y"],
        limit="matmul-broadcast",
    )  # fmt: skip
    _add(
        "matmul: turned vector",
        "matmul_v2",
        {"X": _f(4), "Y": _f(5, 4)},
        {"trans_y": True, "trans_x": False},
        limit="matmul-broadcast",
    )
    _add("bmm", "bmm", {"X": _f(2, 3, 4), "Y": _f(2, 4, 5)}, limit="products")
    _add("mv", "mv", {"X": _f(3, 4), "Vec": _f(4)}, limit="products")
    _add("dot", "dot", {"X": _f(3, 4), "Y": _f(3, 4)}, limit="products")
    _add(
        "addmm",
        "addmm",
        {"Input": _f(3, 5), "X": _f(3, 4), "Y": _f(4, 5)},
        {"Alpha": 0.5, "Beta": 2.0},
        limit="products",
    )
    for equation, left, right in (
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
        ("bhnk,bmhk->bhnm", (2, 3, 4, 5), (2, 6, 3, 5)),
        ("nc,kc->nk", (2, 3), (4, 3)),
        ("nchw,hk->nckw", (2, 3, 4, 5), (4, 6)),
    ):
        _add(
            f"einsum {equation}",
            "einsum",
            {"Operands": [_f(*left), _f(*right)]},
            {"equation": equation},
            limit="einsum",
        )


def _reductions() -> None:
    shapes = ((6,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (2, 2, 3, 4, 5), (2, 2, 2, 3, 4, 3))
    for shape in shapes:
        rank = len(shape)
        some = {(0,), (-1,), (rank // 2,), (0, rank - 1), tuple(range(1, rank)), (-1, -2), tuple(range(rank))}
        for axes in sorted(axes for axes in some if axes and max(-rank, *axes) < rank and min(axes) >= -rank):
            if len({axis % rank for axis in axes}) < len(axes):
                continue
            for keep in (False, True):
                for type in ("mean", "max", "prod"):
                    limit = "reductions" if rank > 4 and len(axes) < rank else ""
                    attrs = {"dim": _ints(*axes), "keep_dim": keep, "reduce_all": False}
                    name = f"{type} of {shape} over {axes}{' kept' if keep else ''}"
                    _add(name, f"reduce_{type}", {"X": _positive(*shape)}, attrs, limit=limit)
    everything = {"dim": _ints(0), "keep_dim": False, "reduce_all": True}
    _add("mean of all", "reduce_mean", {"X": _f(2, 3, 4, 5)}, everything)
    _add("mean", "mean", {"X": _f(2, 3, 4)}, limit="reductions")
    along = {"axis": _ints(1), "keepdim": False, "reduce_all": False}
    _add("logsumexp", "logsumexp", {"X": _f(2, 3, 4)}, along, limit="norms-of-vectors")
    for order in (1.0, 3.0, float("inf")):
        attrs = {"axis": 1, "porder": order, "keepdim": True, "epsilon": 1e-12}
        _add(f"p_norm {order}", "p_norm", {"X": _f(3, 4, 5)}, attrs, limit="norms-of-vectors")
    attrs = {"axis": -1, "porder": 2.0, "keepdim": True, "epsilon": 1e-12}
    _add("p_norm 2", "p_norm", {"X": _f(3, 4, 5)}, attrs)
    planes = {"dim": _ints(1, 2), "keep_dim": False, "reduce_all": False}
    _add("frobenius_norm", "frobenius_norm", {"X": _f(3, 4, 5)}, planes, limit="norms-of-vectors")
    flat = {"axis": Attr(AttrKind.LONG, 0), "keepdims": False, "flatten": True, "dtype": 3}
    _add("arg_max of all", "arg_max", {"X": _f(3, 4)}, flat, dtype="int64", limit="slices")
    least = {"axis": Attr(AttrKind.LONG, 1), "keepdims": False, "flatten": False, "dtype": 3}
    _add("arg_min", "arg_min", {"X": _f(3, 4)}, least, dtype="int64", limit="slices")
    smallest = {"k": 2, "axis": -1, "largest": False, "sorted": True}
    _add("top_k of the smallest", "top_k_v2", {"X": _f(3, 5)}, smallest, more=[("Indices", "int64")], limit="slices")


def _shapes() -> None:
    x = _f(2, 3, 4)
    _add("reshape2", "reshape2", {"X": x}, {"shape": _ints(0, -1)}, limit="restored-outputs")
    sizes = {"X": x, "Shape": np.array([2, 12])}
    _add(
        "reshape2 to int64 sizes", "reshape2", sizes, {"shape": _ints(-1)}, parameters=["Shape"], limit="folded-shapes"
    )
    _add("reshape2 to fed sizes", "reshape2", sizes, {"shape": _ints(-1)}, limit="int32-shapes")
    _add("transpose2 from the back", "transpose2", {"X": x}, {"axis": _ints(0, -1, -2)}, limit="axes-from-front")
    _add("transpose2 of six axes", "transpose2", {"X": _f(2, 3, 2, 4, 3, 2)}, {"axis": _ints(0, 5, 1, 4, 2, 3)})
    truth = _RANDOM.random((3, 4)) > 0.5
    _add(
        "transpose2 of truths",
        "transpose2",
        {"X": truth},
        {"axis": _ints(1, 0)},
        dtype="bool",
        limit="replaced-operators",
    )
    _add("concat of truths", "concat", {"X": [truth, truth]}, {"axis": 1}, dtype="bool", limit="replaced-operators")
    _add(
        "cast int64 to truths",
        "cast",
        {"X": np.array([0, 1, 2])},
        {"in_dtype": 3, "out_dtype": 0},
        dtype="bool",
        limit="replaced-operators",
    )
    _add("split", "split", {"X": _f(2, 6, 4)}, {"num": 3, "axis": 1}, count=3, limit="restored-attributes")
    _add("unbind", "unbind", {"X": _f(3, 2, 4, 5, 6)}, {"axis": 0}, count=3, limit="unbind")
    _add("unbind from the back", "unbind", {"X": _f(3, 4, 3)}, {"axis": -1}, count=3, limit="unbind")
    _add("unstack", "unstack", {"X": _f(3, 4, 3)}, {"axis": 1, "num": 4}, out="Y", count=4)
    for name, axis in (("front", 1), ("back", -1)):
        inputs = {"X": _f(2, 5, 3), "Index": np.array([0, 2, 1])}
        limit = "axes-from-front" if axis < 0 else ""
        _add(f"gather from the {name}", "gather", inputs, {"axis": axis}, limit=limit)
        _add(f"index_select from the {name}", "index_select", inputs, {"dim": axis}, limit=limit)
    back = {
        "axes": _ints(1),
        "starts": _ints(5),
        "ends": _ints(-7),
        "strides": _ints(-1),
        "infer_flags": _ints(1),
        "decrease_axis": _ints(),
    }
    _add("slice backwards", "strided_slice", {"Input": _f(4, 6)}, back, limit="slices")
    _add("roll of all", "roll", {"X": _f(3, 4)}, {"shifts": _longs(1), "axis": _longs()}, limit="slices")
    part = {
        "axes": _longs(1, 2), "starts": _longs(0, -2), "ends": _longs(2, 2**31 - 1), "steps": _longs(1, 1),
        "decrease_axes": _longs(), "none_axes": _longs(), "dtype": 5, "shape": _longs(1),
    }  # fmt: skip
    _add(
        "set_value",
        "set_value",
        {"Input": _f(2, 3, 4)},
        {**part, "fp32_values": Attr(AttrKind.FLOATS, (7.0,))},
        limit="set-value",
    )
    _add(
        "set_value of a tensor",
        "set_value",
        {"Input": _f(2, 3, 4), "ValueTensor": _f(2, 1, 2)},
        part,
        limit="set-value",
    )
    _add(
        "repeat_interleave", "repeat_interleave", {"X": _f(2, 3)}, {"Repeats": 2, "dim": 1}, limit="replaced-operators"
    )
    _add(
        "expand_as_v2",
        "expand_as_v2",
        {"X": _f(1, 3), "Y": _f(2, 3)},
        {"target_shape": _ints(2, 3)},
        limit="replaced-operators",
    )
    _add("stack", "stack", {"X": [_f(2, 3), _f(2, 3)]}, {"axis": 1}, out="Y")
    _add("tile", "tile", {"X": _f(2, 3)}, {"repeat_times": _ints(2, 1, 2)})
    _add("flip", "flip", {"X": x}, {"axis": _ints(-1)})
    values = {"shape": _ints(3), "dtype": 3, "int64_values": Attr(AttrKind.LONGS, (1, 2, 3))}
    _add("assign_value", "assign_value", {}, values, dtype="int64")
    text = {"shape": _longs(2), "dtype": 3, "value": 1.0, "str_value": "7"}
    _add("fill_constant", "fill_constant", {}, text, dtype="int64", limit="typed-attributes")


def _pictures() -> None:
    for mode in ("constant", "reflect", "replicate"):
        attrs = {"paddings": _ints(1, 2, 0, 1, 1, 1), "mode": mode, "value": 0.5, "data_format": "NCDHW"}
        _add(f"pad3d {mode}", "pad3d", {"X": _f(2, 3, 3, 4, 5)}, attrs, limit="padding" if mode == "constant" else "")
    _add(
        "pad",
        "pad",
        {"X": _f(2, 3, 4, 5)},
        {"paddings": _ints(0, 0, 1, 2, 0, 0, 0, 1), "pad_value": 0.0},
        limit="padding",
    )
    _add(
        "pixel_unshuffle",
        "pixel_unshuffle",
        {"X": _f(2, 2, 4, 6)},
        {"downscale_factor": 2, "data_format": "NCHW"},
        limit="replaced-operators",
    )
    _add(
        "channel_shuffle",
        "channel_shuffle",
        {"X": _f(2, 8, 2, 3)},
        {"groups": 2, "data_format": "NCHW"},
        limit="replaced-operators",
    )
    affine = {"X": _f(2, 3, 4, 5), "Scale": _f(3), "Bias": _f(3)}
    _add(
        "affine_channel",
        "affine_channel",
        affine,
        {"data_layout": "NCHW"},
        parameters=["Scale", "Bias"],
        limit="replaced-operators",
    )
    conv = {
        "strides": _ints(1, 1), "paddings": _ints(1, 1), "dilations": _ints(1, 1), "groups": 1,
        "padding_algorithm": "EXPLICIT", "data_format": "NCHW",
    }  # fmt: skip
    last = {"Input": _f(2, 8, 8, 3), "Filter": _f(4, 3, 3, 3)}
    _add(
        "conv2d with channels last",
        "conv2d",
        last,
        {**conv, "data_format": "NHWC"},
        out="Output",
        parameters=["Filter"],
        limit="channels-first",
    )
    apart = {"Input": _f(2, 4, 5, 5), "Filter": _f(4, 1, 2, 2)}
    twice = {**conv, "strides": _ints(2, 2), "paddings": _ints(0, 0), "groups": 4}
    _add(
        "depthwise_conv2d_transpose",
        "depthwise_conv2d_transpose",
        apart,
        twice,
        out="Output",
        parameters=["Filter"],
        limit="replaced-operators",
    )
    pool = {
        "pooling_type": "avg", "ksize": _ints(3, 3), "strides": _ints(2, 2), "paddings": _ints(1, 1), "adaptive": False,
        "global_pooling": False, "ceil_mode": True, "exclusive": True, "data_format": "NHWC",
    }  # fmt: skip
    _add("pool2d with channels last", "pool2d", {"X": _f(2, 9, 7, 4)}, pool, limit="channels-first")
    for align in (True, False):
        sizes = {
            "align_corners": align,
            "interp_method": "bicubic",
            "data_layout": "NCHW",
            "out_d": -1,
            "scale": Attr(AttrKind.FLOATS, ()),
        }
        for height, width in ((7, 9), (2, 3)):
            name = f"bicubic {height}x{width}{' by corners' if align else ''}"
            _add(
                name,
                "bicubic_interp_v2",
                {"X": _f(2, 3, 4, 5)},
                {**sizes, "out_h": height, "out_w": width},
                limit="interpolation",
            )
    twofold = {
        "align_corners": False, "interp_method": "bicubic", "data_layout": "NCHW", "out_d": -1, "out_h": -1,
        "out_w": -1,
        "scale": Attr(AttrKind.FLOATS, (2.0, 2.0)),
    }  # fmt: skip
    _add("bicubic twofold", "bicubic_interp_v2", {"X": _f(2, 3, 4, 5)}, twofold, limit="interpolation")


def _norms() -> None:
    for missing in ((), ("Scale",), ("Bias",), ("Scale", "Bias")):
        label = f" without {' and '.join(missing)}" if missing else ""
        for type, x, size, axis in (
            ("layer_norm", _f(2, 7, 8), 8, {"begin_norm_axis": 2}),
            ("group_norm", _f(2, 6, 4, 5), 6, {"groups": 2, "data_layout": "NCHW"}),
            ("instance_norm", _f(2, 3, 4, 5), 3, {}),
        ):
            given = {"X": x, "Scale": _f(size), "Bias": _f(size)}
            statistics = ("SavedMean", "SavedVariance") if type == "instance_norm" else ("Mean", "Variance")
            _add(
                type + label, type, {slot: array for slot, array in given.items() if slot not in missing},
                {"epsilon": 1e-5, **axis}, out="Y", more=[(slot, "float32") for slot in statistics],
                parameters=["Scale", "Bias"],
                limit="affine-parameters" if missing and type == "layer_norm" else "",
            )  # fmt: skip
    for type, size, attrs in (("group_norm", 6, {"groups": 2, "data_layout": "NCHW"}), ("instance_norm", 6, {})):
        given = {"X": _f(2, 6, 9), "Scale": _f(size), "Bias": _f(size)}
        statistics = ("SavedMean", "SavedVariance") if type == "instance_norm" else ("Mean", "Variance")
        _add(
            f"{type} of three axes", type, given, {"epsilon": 1e-5, **attrs}, out="Y",
            more=[(slot, "float32") for slot in statistics], parameters=["Scale", "Bias"], limit="norm-axes",
        )  # fmt: skip
    x, mean, variance = _f(2, 3, 4, 5), _f(3), _positive(3)
    scale, bias = _f(3), _f(3)
    column = (slice(None), np.newaxis, np.newaxis)
    for missing in ((), ("Scale",), ("Scale", "Bias")):
        given = {"X": x, "Mean": mean, "Variance": variance, "Scale": scale, "Bias": bias}
        normal = (x - mean[column]) / np.sqrt(variance[column] + 1e-5)
        scaled = normal if "Scale" in missing else normal * scale[column]
        answer = scaled if "Bias" in missing else scaled + bias[column]
        label = f" without {' and '.join(missing)}" if missing else ""
        _add(
            "batch_norm" + label, "batch_norm", {slot: array for slot, array in given.items() if slot not in missing},
            {"epsilon": 1e-5, "momentum": 0.9, "is_test": True, "data_layout": "NCHW"}, out="Y",
            parameters=["Mean", "Variance", "Scale", "Bias"], expected=[answer.astype(np.float32)],
            limit="affine-parameters" if missing else "",
        )  # fmt: skip


def _softmax() -> None:
    for name, shape, axis in (
        ("within", (2, 3, 4, 5), 1),
        ("within from the back", (2, 3, 4), -2),
        ("first", (3, 4), 0),
        ("of five", (2, 4, 2, 3, 5), 1),
    ):
        large = _f(*shape, low=-200.0, high=200.0)
        _add(f"softmax, axis {name}", "softmax", {"X": large}, {"axis": axis}, limit="softmax")
    _add("softmax, axis last", "softmax", {"X": _f(2, 3, 4, low=-200.0, high=200.0)}, {"axis": -1})
    _add("softmax before flat axes", "softmax", {"X": _f(2, 5, 1, 1, low=-200.0, high=200.0)}, {"axis": 1})


for _define in (_activations, _functions, _elementwise, _products, _reductions, _shapes, _pictures, _norms, _softmax):
    _define()
