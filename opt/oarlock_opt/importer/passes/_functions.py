"""Functions of elements and tensors that no kernel computes, written out with those that there are."""

from __future__ import annotations

import math

from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, integers, ints, rewrite

__all__ = ["write_out_functions"]

_LARGEST = 3.4028234663852886e38


def write_out_functions(graph: Graph) -> int:
    """Replace functions that have no kernel, or for one processor only, by their definitions."""
    return rewrite(graph, _RULES)


def _number(node: Node, name: str, default: float) -> float:
    value = node.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


def _slot(node: Node, *names: str) -> Value:
    """The only value of the first of the slots that is there: PIR's operators have other names for some."""
    return next(node.input(name) for name in names if node.inputs.get(name))


def _softsign(build: Builder, node: Node) -> bool:
    x = node.input("X")
    build.binary("div", x, build.scale(build.unary("abs", x), 1.0, 1.0), out=node.output("Out"))
    return True


def _inverse_hyperbolic(bias: float) -> Rule:
    """log(x + sqrt(x^2 + bias)): asinh with 1, acosh with -1."""

    def rule(build: Builder, node: Node) -> bool:
        x = node.input("X")
        root = build.unary("sqrt", build.scale(build.unary("square", x), 1.0, bias))
        build.unary("log", build.binary("add", x, root), out=node.output("Out"))
        return True

    return rule


def _atanh(build: Builder, node: Node) -> bool:
    x = node.input("X")
    ratio = build.binary("div", build.scale(x, 1.0, 1.0), build.scale(x, -1.0, 1.0))
    build.scale(build.unary("log", ratio), 0.5, out=node.output("Out"))
    return True


def _logit(build: Builder, node: Node) -> bool:
    x, eps = node.input("X"), _number(node, "eps", 1e-6)
    if eps > 0:
        x = build.unary("clip", x, {"min": eps, "max": 1 - eps})
    ratio = build.binary("div", x, build.scale(x, -1.0, 1.0))
    build.unary("log", ratio, out=node.output("Out"))
    return True


def _swiglu(build: Builder, node: Node) -> bool:
    x, out = _slot(node, "x", "X"), next(node.all_outputs())
    gate = next((node.input(name) for name in ("y", "Y") if node.inputs.get(name)), None)
    if gate is None:
        halves = [Value("half", x.dtype, out.shape) for _ in range(2)]
        build.add("split", {"X": x}, {"Out": halves}, {"axis": len(x.shape) - 1, "num": 2, "sections": ints(())})
        x, gate = halves
    build.binary("mul", build.unary("swish", x, {"beta": 1.0}), gate, out=out)
    return True


def _renamed(type: str) -> Rule:
    def rule(build: Builder, node: Node) -> bool:
        build.add(type, node.inputs, node.outputs, node.attrs)
        return True

    return rule


def _lerp(build: Builder, node: Node) -> bool:
    x = node.input("X")
    step = build.binary("mul", build.binary("sub", node.input("Y"), x), node.input("Weight"))
    build.binary("add", x, step, out=node.output("Out"))
    return True


def _label_smooth(build: Builder, node: Node) -> bool:
    x, epsilon = node.input("X"), _number(node, "epsilon", 0.0)
    if node.inputs.get("PriorDist") or x.shape[-1] < 1:
        return False
    build.scale(x, 1 - epsilon, epsilon / x.shape[-1], out=node.output("Out"))
    return True


def _compared(type: str, bound: float) -> Rule:
    """A comparison of the absolute value with a number."""

    def rule(build: Builder, node: Node) -> bool:
        _compare(build, type, node.input("X"), bound, node.output("Out"))
        return True

    return rule


def _compare(build: Builder, type: str, x: Value, bound: float, out: Value | None = None) -> Value:
    inputs = {"X": build.unary("abs", x), "Y": build.scalar(x, bound)}
    return build.op(type, inputs, {"axis": -1}, shape=x.shape, dtype="bool", out=out)


def _isnan(build: Builder, node: Node) -> bool:
    """What is not at most infinite: kernels take numbers for equal that differ by little, and NaN for itself."""
    finite = _compare(build, "less_equal", node.input("X"), math.inf)
    build.op("logical_not", {"X": finite}, shape=finite.shape, dtype="bool", out=node.output("Out"))
    return True


def _masked_fill(build: Builder, node: Node) -> bool:
    x, mask, value = (_slot(node, name, name.upper(), name.capitalize()) for name in ("x", "mask", "value"))
    out = next(node.all_outputs())
    if x.dtype != "float32" or out.shape != x.shape or len(value.shape) > 1:
        return False
    zeros = build.unary("fill_any_like", x, {"value": 0.0, "dtype": -1})
    everywhere = build.binary("add", zeros, value)
    if mask.shape != x.shape:
        mask = build.cast(build.binary("add", zeros, build.cast(mask, "float32")), "bool")
    build.op("where", {"Condition": mask, "X": everywhere, "Y": x}, shape=x.shape, out=out)
    return True


def _baddbmm(build: Builder, node: Node) -> bool:
    alpha, beta = _number(node, "Alpha", 1.0), _number(node, "Beta", 1.0)
    x, y, out = node.input("X"), node.input("Y"), node.output("Out")
    shape = (*x.shape[:-1], y.shape[-1])
    product = build.op("matmul_v2", {"X": x, "Y": y}, {"trans_x": False, "trans_y": False}, shape=shape)
    build.binary("add", build.scale(product, alpha), build.scale(node.input("Input"), beta), out=out)
    return True


def _size(build: Builder, node: Node) -> bool:
    x, out = node.input("Input"), node.output("Out")
    rank = len(x.shape)
    sizes = build.cast(build.op("shape", {"Input": x}, shape=(rank,), dtype="int32"), "float32")
    attrs = {"dim": ints([0]), "keep_dim": True, "reduce_all": False}
    total = build.op("reduce_prod", {"X": sizes}, attrs, shape=(1,))
    build.cast(total, out.dtype, out)
    return True


def _l1_norm(build: Builder, node: Node) -> bool:
    x, out = node.input("X"), node.output("Out")
    attrs = {"dim": ints(range(len(x.shape))), "keep_dim": False, "reduce_all": True}
    build.op("reduce_sum", {"X": build.unary("abs", x)}, attrs, shape=out.shape, out=out)
    return True


def _maxout(build: Builder, node: Node) -> bool:
    x, out, groups = node.input("X"), node.output("Out"), integers(node, "groups")[0]
    axis = (integers(node, "axis") or (1,))[0] % len(x.shape)
    if axis != 1 or -1 in x.shape[1:]:
        return False
    apart = build.reshape(x, (-1, x.shape[1] // groups, groups, math.prod(x.shape[2:])))
    attrs = {"dim": ints([2]), "keep_dim": False, "reduce_all": False}
    largest = build.op("reduce_max", {"X": apart}, attrs, shape=(*apart.shape[:2], apart.shape[3]))
    build.reshape(largest, (-1, *out.shape[1:]), out=out)
    return True


def _round_decimals(build: Builder, node: Node) -> bool:
    decimals = (integers(node, "decimals") or (0,))[0]
    if not decimals:
        return False
    whole = build.unary("round", build.scale(node.input("X"), 10.0**decimals))
    build.scale(whole, 10.0**-decimals, out=node.output("Out"))
    return True


def _floor_divide(build: Builder, node: Node) -> bool:
    """Through float32, which is exact for whole numbers below 2**24: the kernels round towards zero, not down."""
    x, y, out = node.input("X"), node.input("Y"), node.output("Out")
    whole = x.dtype != "float32"
    left, right = (build.cast(each, "float32") if whole else each for each in (x, y))
    floor = build.unary("floor", build.binary("div", left, right), out=None if whole else out)
    if whole:
        build.cast(floor, x.dtype, out)
    return True


def _scale_by_tensor(build: Builder, node: Node) -> bool:
    if not node.inputs.get("ScaleTensor"):
        return False
    x, factor, bias = node.input("X"), node.input("ScaleTensor"), _number(node, "bias", 0.0)
    if node.get("bias_after_scale", True):
        build.scale(build.binary("mul", x, factor), 1.0, bias, out=node.output("Out"))
    else:
        build.binary("mul", build.scale(x, 1.0, bias), factor, out=node.output("Out"))
    return True


def _broadcast_tensors(build: Builder, node: Node) -> bool:
    values, results = node.inputs["X"], node.outputs["Out"]
    for value, out in zip(values, results, strict=True):
        own = (1,) * (len(out.shape) - len(value.shape)) + value.shape
        if any(size == -1 and mine != -1 for size, mine in zip(out.shape, own, strict=True)):
            return False
    for value, out in zip(values, results, strict=True):
        build.op("expand_v2", {"X": value}, {"shape": ints(out.shape)}, shape=out.shape, dtype=value.dtype, out=out)
    return True


_RULES: dict[str, Rule] = {
    "softsign": _softsign,
    "asinh": _inverse_hyperbolic(1.0),
    "acosh": _inverse_hyperbolic(-1.0),
    "atanh": _atanh,
    "logit": _logit,
    "swiglu": _swiglu,
    "elementwise_fmax": _renamed("elementwise_max"),
    "elementwise_fmin": _renamed("elementwise_min"),
    "reduce_amax": _renamed("reduce_max"),
    "reduce_amin": _renamed("reduce_min"),
    "lerp": _lerp,
    "label_smooth": _label_smooth,
    "isnan_v2": _isnan,
    "isinf_v2": _compared("greater_than", _LARGEST),
    "isfinite_v2": _compared("less_equal", _LARGEST),
    "masked_fill": _masked_fill,
    "baddbmm": _baddbmm,
    "size": _size,
    "l1_norm": _l1_norm,
    "maxout": _maxout,
    "round": _round_decimals,
    "elementwise_floordiv": _floor_divide,
    "scale": _scale_by_tensor,
    "broadcast_tensors": _broadcast_tensors,
}
