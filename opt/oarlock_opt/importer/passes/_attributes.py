"""Attributes as Paddle Lite wants them: present, and of the kind that it reads."""

from __future__ import annotations

from collections.abc import Mapping

from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node
from oarlock_opt.importer.passes._builder import DTYPE_NUMBERS

__all__ = ["REQUIRED", "restore_attributes", "type_attributes"]

_NUMBERS_DTYPE = {number: name for name, number in DTYPE_NUMBERS.items()}

_FALSE = Attr(AttrKind.BOOLEAN, False)
_MINUS_ONE = Attr(AttrKind.INT, -1)
_ZERO = Attr(AttrKind.INT, 0)
_ONE = Attr(AttrKind.INT, 1)
_NO_INTS = Attr(AttrKind.INTS, ())
_NCHW = Attr(AttrKind.STRING, "NCHW")


def _float(value: float) -> Attr:
    return Attr(AttrKind.FLOAT, value)


_CONV = {
    "strides": Attr(AttrKind.INTS, (1, 1)),
    "paddings": Attr(AttrKind.INTS, (0, 0)),
    "dilations": Attr(AttrKind.INTS, (1, 1)),
    "groups": _ONE,
}
_COMPARE = {"axis": _MINUS_ONE, "force_cpu": _FALSE}
_ELEMENTWISE = {"axis": _MINUS_ONE}
_LOOKUP = {"padding_idx": Attr(AttrKind.LONG, -1)}
_FILL = {"value": _float(0.0), "force_cpu": _FALSE}


def _interpolation(method: str) -> Mapping[str, Attr]:
    return {"align_corners": Attr(AttrKind.BOOLEAN, True), "interp_method": Attr(AttrKind.STRING, method)}


REQUIRED: Mapping[str, Mapping[str, Attr]] = {
    "relu6": {"threshold": _float(6.0)},
    "swish": {"beta": _float(1.0)},
    "hard_swish": {"threshold": _float(6.0), "scale": _float(6.0), "offset": _float(3.0)},
    "hard_sigmoid": {"slope": _float(0.2), "offset": _float(0.5)},
    "leaky_relu": {"alpha": _float(0.02)},
    "elu": {"alpha": _float(1.0)},
    "thresholded_relu": {"threshold": _float(1.0)},
    "softplus": {"beta": _float(1.0), "threshold": _float(20.0)},
    "mish": {"threshold": _float(20.0)},
    "pow": {"factor": _float(1.0)},
    "scale": {"scale": _float(1.0), "bias": _float(0.0), "bias_after_scale": Attr(AttrKind.BOOLEAN, True)},
    **{
        f"elementwise_{name}": _ELEMENTWISE
        for name in ("add", "sub", "mul", "div", "max", "min", "pow", "mod", "floordiv")
    },
    **dict.fromkeys(("equal", "not_equal", "less_than", "less_equal", "greater_than", "greater_equal"), _COMPARE),
    "conv2d": _CONV,
    "depthwise_conv2d": _CONV,
    "conv2d_transpose": _CONV,
    "depthwise_conv2d_transpose": _CONV,
    "deformable_conv": {**_CONV, "deformable_groups": _ONE, "im2col_step": _ONE},
    "pool2d": {
        "pooling_type": Attr(AttrKind.STRING, "max"),
        "global_pooling": _FALSE,
        "strides": Attr(AttrKind.INTS, (1, 1)),
        "paddings": Attr(AttrKind.INTS, (0, 0)),
    },
    "batch_norm": {
        "is_test": Attr(AttrKind.BOOLEAN, True), "epsilon": _float(1e-5), "momentum": _float(0.9), "data_layout": _NCHW,
    },
    "concat": {"axis": _ZERO},
    "split": {"axis": _ZERO, "num": _ZERO, "sections": _NO_INTS},
    "stack": {"axis": _ZERO},
    "unstack": {"axis": _ZERO, "num": _ZERO},
    "unbind": {"axis": _ZERO},
    "cumsum": {"axis": _MINUS_ONE, "exclusive": _FALSE, "reverse": _FALSE},
    "expand_v2": {"shape": _NO_INTS},
    "expand": {"expand_times": _NO_INTS},
    "fill_constant": _FILL,
    "fill_any_like": {"value": _float(0.0)},
    "assign_value": {"shape": _NO_INTS},
    "matmul": {"transpose_X": _FALSE, "transpose_Y": _FALSE, "alpha": _float(1.0)},
    "matmul_v2": {"trans_x": _FALSE, "trans_y": _FALSE},
    "mul": {"x_num_col_dims": _ONE, "y_num_col_dims": _ONE},
    "lookup_table": _LOOKUP,
    "lookup_table_v2": _LOOKUP,
    "one_hot_v2": {"dtype": Attr(AttrKind.INT, DTYPE_NUMBERS["float32"])},
    "bilinear_interp": _interpolation("bilinear"),
    "bilinear_interp_v2": _interpolation("bilinear"),
    "nearest_interp": _interpolation("nearest"),
    "nearest_interp_v2": _interpolation("nearest"),
    "flatten": {"axis": _ONE},
    "flatten2": {"axis": _ONE},
    "flatten_contiguous_range": {"start_axis": _ONE, "stop_axis": _ONE},
    "tril_triu": {"diagonal": _ZERO, "lower": _FALSE},
    "top_k": {"k": _ONE},
    "top_k_v2": {"k": _ONE, "axis": _MINUS_ONE},
    "norm": {"axis": _ONE, "epsilon": _float(1e-10)},
    "lrn": {"n": Attr(AttrKind.INT, 5), "k": _float(2.0), "alpha": _float(1e-4), "beta": _float(0.75)},
    "shuffle_channel": {"group": _ONE},
    "pad3d": {
        "mode": Attr(AttrKind.STRING, "constant"), "value": _float(0.0), "data_format": Attr(AttrKind.STRING, "NCDHW"),
    },
    "pad2d": {
        "mode": Attr(AttrKind.STRING, "constant"), "pad_value": _float(0.0), "variable_paddings": _FALSE,
        "data_format": _NCHW,
    },
    "reduce_all": {"dim": _NO_INTS},
    "reduce_any": {"dim": _NO_INTS},
    **{f"reduce_{name}": {"dim": _NO_INTS} for name in ("mean", "sum", "max", "min", "prod")},
}  # fmt: skip
"""What Paddle Lite 2.12 reads without asking whether it is there, with the values of the operators' definitions."""

# The kind that Paddle Lite reads, where PaddlePaddle writes, or wrote, another one.
_KINDS: Mapping[tuple[str, str], AttrKind] = {
    ("arg_max", "axis"): AttrKind.LONG,
    ("arg_min", "axis"): AttrKind.LONG,
    ("lookup_table", "padding_idx"): AttrKind.LONG,
    ("lookup_table_v2", "padding_idx"): AttrKind.LONG,
    ("roll", "shifts"): AttrKind.LONGS,
    ("roll", "axis"): AttrKind.LONGS,
    ("assign_value", "int64_values"): AttrKind.LONGS,
    ("fill_constant", "shape"): AttrKind.LONGS,
    ("uniform_random", "shape"): AttrKind.LONGS,
    ("gaussian_random", "shape"): AttrKind.LONGS,
}
_NARROW = {AttrKind.LONG: AttrKind.INT, AttrKind.LONGS: AttrKind.INTS, AttrKind.FLOAT64: AttrKind.FLOAT,
           AttrKind.FLOAT64S: AttrKind.FLOATS}  # fmt: skip
_WIDE = {AttrKind.INT: AttrKind.LONG, AttrKind.INTS: AttrKind.LONGS}
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1


def restore_attributes(graph: Graph) -> int:
    """Give every operator the attributes that it lacks, with the values of their definitions."""
    count = 0
    for node in graph.nodes:
        for name, value in REQUIRED.get(node.type, {}).items():
            if name not in node.attrs:
                node.attrs[name] = value
                count += 1
    return count


def type_attributes(graph: Graph) -> int:
    """Turn SCALAR and SCALARS into typed attributes, and others into the kinds that Paddle Lite reads."""
    count = 0
    for node in graph.nodes:
        count += _type_scalars(node) + _fill_value(node)
        for name, old in list(node.attrs.items()):
            new = _typed(old, _KINDS.get((node.type, name)))
            if new != old:
                node.attrs[name] = new
                count += 1
    return count


def _fill_value(node: Node) -> int:
    """PaddlePaddle prefers fill_constant's ``str_value``, which is exact; Paddle Lite knows ``value`` only."""
    text = node.attrs.pop("str_value", None) if node.type == "fill_constant" else None
    if text is None or not text.value:
        return 0
    value = float(str(text.value))
    if node.get("value") == value:
        return 0
    node.set("value", value)
    return 1


def _typed(old: Attr, kind: AttrKind | None) -> Attr:
    if kind is None:
        kind = _NARROW.get(old.kind, old.kind)
    elif _WIDE.get(old.kind) != kind:
        return old
    if kind in (AttrKind.INT, AttrKind.INTS) and old.kind != kind:
        # 2**63 - 1 stands for "to the end".
        values = old.value if isinstance(old.value, tuple) else (old.value,)
        clamped = tuple(min(max(int(value), _INT32_MIN), _INT32_MAX) for value in values)
        return Attr(kind, clamped if isinstance(old.value, tuple) else clamped[0])
    return Attr(kind, old.value)


def _type_scalars(node: Node) -> int:
    count = 0
    for name, old in list(node.attrs.items()):
        if old.kind is AttrKind.SCALAR and not isinstance(old.value, tuple):
            node.attrs[name] = Attr(AttrKind.FLOAT, float(old.value))
            count += 1
        elif old.kind is AttrKind.SCALARS and isinstance(old.value, tuple):
            del node.attrs[name]
            dtype = _NUMBERS_DTYPE.get(int(node.get("dtype", DTYPE_NUMBERS["float32"])), "float32")  # type: ignore[arg-type]
            slot, kind, element = _TYPED_VALUES.get(dtype, _TYPED_VALUES["float32"])
            node.attrs[slot] = Attr(kind, tuple(element(value) for value in old.value))
            count += 1
    return count


_TYPED_VALUES = {
    "bool": ("bool_values", AttrKind.INTS, int),
    "int32": ("int32_values", AttrKind.INTS, int),
    "int64": ("int64_values", AttrKind.LONGS, int),
    "float32": ("fp32_values", AttrKind.FLOATS, float),
}
