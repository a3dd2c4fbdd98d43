"""Activations and other functions of single elements that Paddle Lite lacks or gets wrong, by way of those it has."""

from __future__ import annotations

import math

from oarlock_opt._numpy import np
from oarlock_opt.importer.graph import Graph, Node, Value
from oarlock_opt.importer.passes._builder import Builder, Rule, rewrite

__all__ = ["decompose_activations", "decompose_gelu_tanh", "decompose_powers", "rename_silu"]

_LARGEST_POWER = 16


def rename_silu(graph: Graph) -> int:
    """Make ``silu`` a ``swish`` of beta 1.0, which is the same function."""
    count = 0
    for node in graph.nodes:
        if node.type == "silu":
            node.type = "swish"
            node.set("beta", 1.0)
            count += 1
    return count


def decompose_powers(graph: Graph) -> int:
    """Replace ``pow`` by products and roots where the exponent is a whole number, a half, or their negative."""
    return rewrite(graph, {"pow": _pow})


def decompose_gelu_tanh(graph: Graph) -> int:
    """Replace gelu's approximation by tanh, which x86 computes as if it were exact, by x * sigmoid(x (a + b x^2))."""
    return rewrite(graph, {"gelu": _gelu})


def decompose_activations(graph: Graph) -> int:
    """Replace functions of single elements that have no kernel by ones that have."""
    return rewrite(graph, _ACTIVATIONS)


def _pow(build: Builder, node: Node) -> bool:
    if node.inputs.get("FactorTensor"):
        return False
    x, out, factor = node.input("X"), node.output("Out"), float(node.get("factor", 1.0))  # type: ignore[arg-type]
    if abs(factor) == 0.5:
        build.unary("sqrt" if factor > 0 else "rsqrt", x, out=out)
        return True
    power = int(factor) if math.isfinite(factor) and factor == int(factor) else 0
    if not 0 < abs(power) <= _LARGEST_POWER or power == 1:
        return False
    if power < 0:
        build.unary("reciprocal", x if power == -1 else _product(build, x, -power, None), out=out)
    else:
        _product(build, x, power, out)
    return True


def _product(build: Builder, x: Value, power: int, out: Value | None) -> Value:
    """The power of 2 or more of ``x``, by squaring."""
    if power % 2:
        return build.binary("mul", _product(build, x, power - 1, None), x, out=out)
    return build.unary("square", _product(build, x, power // 2, None) if power > 2 else x, out=out)


def _gelu(build: Builder, node: Node) -> bool:
    if not node.get("approximate", False):
        return False
    # 0.5 x (1 + tanh(u)) = x sigmoid(2 u), with u = sqrt(2 / pi) (x + 0.044715 x^3)
    x, out = node.input("X"), node.output("Out")
    factor = 2 * math.sqrt(2 / math.pi)
    inner = build.scale(build.unary("square", x), 0.044715 * factor, factor)
    build.binary("mul", x, build.unary("sigmoid", build.binary("mul", x, inner)), out=out)
    return True


def _number(node: Node, name: str, default: float) -> float:
    value = node.get(name, default)
    return float(value) if isinstance(value, (int, float)) else default


def _selu(build: Builder, node: Node) -> bool:
    scale = _number(node, "scale", 1.0507009873554805)
    alpha = _number(node, "alpha", 1.6732632423543772)
    build.scale(build.unary("elu", node.input("X"), {"alpha": alpha}), scale, out=node.output("Out"))
    return True


def _celu(build: Builder, node: Node) -> bool:
    alpha = _number(node, "alpha", 1.0)
    inner = build.unary("elu", build.scale(node.input("X"), 1 / alpha), {"alpha": 1.0})
    build.scale(inner, alpha, out=node.output("Out"))
    return True


def _softshrink(build: Builder, node: Node) -> bool:
    x, limit = node.input("X"), _number(node, "lambda", 0.5)
    above = build.unary("relu", build.scale(x, 1.0, -limit))
    below = build.unary("relu", build.scale(x, -1.0, -limit))
    build.binary("sub", above, below, out=node.output("Out"))
    return True


def _hard_shrink(build: Builder, node: Node) -> bool:
    x, limit = node.input("X"), {"threshold": _number(node, "threshold", 0.5)}
    above = build.unary("thresholded_relu", x, limit)
    below = build.unary("thresholded_relu", build.scale(x, -1.0), limit)
    build.binary("sub", above, below, out=node.output("Out"))
    return True


def _tanh_shrink(build: Builder, node: Node) -> bool:
    x = node.input("X")
    build.binary("sub", x, build.unary("tanh", x), out=node.output("Out"))
    return True


def _logsigmoid(build: Builder, node: Node) -> bool:
    inner = build.unary("softplus", build.scale(node.input("X"), -1.0), {"beta": 1.0, "threshold": 20.0})
    build.scale(inner, -1.0, out=node.output("Out"))
    return True


def _brelu(build: Builder, node: Node) -> bool:
    limits = {"min": _number(node, "t_min", 0.0), "max": _number(node, "t_max", 24.0)}
    build.unary("clip", node.input("X"), limits, out=node.output("Out"))
    return True


def _stanh(build: Builder, node: Node) -> bool:
    inner = build.unary("tanh", build.scale(node.input("X"), _number(node, "scale_a", 0.67)))
    build.scale(inner, _number(node, "scale_b", 1.7159), out=node.output("Out"))
    return True


def _expm1(build: Builder, node: Node) -> bool:
    build.scale(build.unary("exp", node.input("X")), 1.0, -1.0, out=node.output("Out"))
    return True


def _log1p(build: Builder, node: Node) -> bool:
    build.unary("log", build.scale(node.input("X"), 1.0, 1.0), out=node.output("Out"))
    return True


def _log_of_base(base: float) -> Rule:
    def rule(build: Builder, node: Node) -> bool:
        build.scale(build.unary("log", node.input("X")), 1 / math.log(base), out=node.output("Out"))
        return True

    return rule


def _hyperbolic(sign: str) -> Rule:
    def rule(build: Builder, node: Node) -> bool:
        x = node.input("X")
        both = build.binary(sign, build.unary("exp", x), build.unary("exp", build.scale(x, -1.0)))
        build.scale(both, 0.5, out=node.output("Out"))
        return True

    return rule


def _tan(build: Builder, node: Node) -> bool:
    x = node.input("X")
    build.binary("div", build.unary("sin", x), build.unary("cos", x), out=node.output("Out"))
    return True


def _signs(build: Builder, x: Value, out: Value | None = None) -> Value:
    """-1, 0 or 1: there is a kernel for ARM only."""
    zero = build.scalar(x, 0.0, "zero")
    above, below = (
        build.cast(build.op(name, {"X": x, "Y": zero}, {"axis": -1}, shape=x.shape, dtype="bool"), x.dtype)
        for name in ("greater_than", "less_than")
    )
    return build.binary("sub", above, below, out=out)


def _sign(build: Builder, node: Node) -> bool:
    _signs(build, node.input("X"), node.output("Out"))
    return True


def _ceil(build: Builder, node: Node) -> bool:
    build.scale(build.unary("floor", build.scale(node.input("X"), -1.0)), -1.0, out=node.output("Out"))
    return True


def _away_from_zero(bias: float) -> Rule:
    """What makes sign(x) floor(|x| + bias): round, whose halves go away from zero, with 0.5, trunc with 0."""

    def rule(build: Builder, node: Node) -> bool:
        x = node.input("X")
        size = build.unary("floor", build.scale(build.unary("abs", x), 1.0, bias))
        build.binary("mul", _signs(build, x), size, out=node.output("Out"))
        return True

    return rule


def _prelu_of_elements(build: Builder, node: Node) -> bool:
    if node.get("mode") != "element":
        return False
    x = node.input("X")
    below = build.binary("mul", build.unary("relu", build.scale(x, -1.0)), node.input("Alpha"))
    build.binary("sub", build.unary("relu", x), below, out=node.output("Out"))
    return True


def _mod(build: Builder, node: Node) -> bool:
    x, y = node.input("X"), node.input("Y")
    if not np.issubdtype(np.dtype(x.dtype), np.floating):
        return False
    whole = build.unary("floor", build.binary("div", x, y))
    build.binary("sub", x, build.binary("mul", whole, y), out=node.output("Out"))
    return True


def _rrelu(build: Builder, node: Node) -> bool:
    slope = (_number(node, "lower", 1 / 8) + _number(node, "upper", 1 / 3)) / 2
    build.unary("leaky_relu", node.input("X"), {"alpha": slope}, out=node.output("Out"))
    return True


_ACTIVATIONS: dict[str, Rule] = {
    "selu": _selu,
    "celu": _celu,
    "softshrink": _softshrink,
    "hard_shrink": _hard_shrink,
    "tanh_shrink": _tanh_shrink,
    "logsigmoid": _logsigmoid,
    "brelu": _brelu,
    "stanh": _stanh,
    "expm1": _expm1,
    "log1p": _log1p,
    "log2": _log_of_base(2),
    "log10": _log_of_base(10),
    "sinh": _hyperbolic("sub"),
    "cosh": _hyperbolic("add"),
    "tan": _tan,
    "sign": _sign,
    "ceil": _ceil,
    "round": _away_from_zero(0.5),
    "trunc": _away_from_zero(0.0),
    "prelu": _prelu_of_elements,
    "elementwise_mod": _mod,
    "rrelu": _rrelu,
}
