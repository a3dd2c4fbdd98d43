"""Operators that the engine dies of when their tensors have too many axes: these ones, and of more than six."""

from __future__ import annotations

import numpy as np
import pytest

from oarlock.errors import EngineCrashedError
from oarlock_opt.errors import UnsupportedOpError
from oarlock_opt.importer import passes
from oarlock_opt.importer.graph import Attr, AttrKind, Graph, Node, Value, attr
from oarlock_opt.importer.passes._limits import _COUNTED_AXES
from tests.opt.importer.running import lite_answers

pytestmark = pytest.mark.usefixtures("engine")

_NO_INTS = Attr(AttrKind.INTS, ())


def _of_axes(operator: str, slot: str, axes: int) -> Graph:
    """The operator on, or giving, a tensor of so many axes."""
    given = axes - 1 if slot == "Out" else axes
    one = {"axes": attr((0,)), "starts": attr((0,)), "ends": attr((1,)), "decrease_axis": _NO_INTS}
    attrs = {
        "slice": one,
        "strided_slice": {**one, "strides": attr((1,)), "infer_flags": attr((1,))},
        "tile": {"repeat_times": attr((2,) * axes)},
        "transpose": {"axis": attr(tuple(range(axes))[::-1])},
        "unsqueeze": {"axes": attr((0,))},
    }[operator.removesuffix("2")]
    x = Value("x", "float32", tuple(range(1, given + 1)))
    out = Value("out", "float32", (1,) * axes)
    outputs = {"Out": [out], **({"XShape": [Value("shape", "float32", (1,))]} if operator[-1] == "2" else {})}
    read = "X" if slot == "Out" else slot
    return Graph([x], [out], {}, [Node(operator, {read: [x]}, outputs, attrs, "the layer")])


@pytest.mark.parametrize(("operator", "slot"), _COUNTED_AXES.items())
def test_six_axes_run_and_seven_end_the_engine(operator: str, slot: str) -> None:
    within, beyond = _of_axes(operator, slot, 6), _of_axes(operator, slot, 7)
    passes.refuse_limits(within)
    lite_answers(within, [{"x": np.zeros(within.inputs[0].shape, np.float32)}])
    with pytest.raises(UnsupportedOpError, match=rf"{operator} \(the layer\): its tensor has 7 axes") as caught:
        passes.refuse_limits(beyond)
    assert caught.value.op == operator
    with pytest.raises(EngineCrashedError, match=r"rank|dims\.size"):
        lite_answers(beyond, [{"x": np.zeros(beyond.inputs[0].shape, np.float32)}])
