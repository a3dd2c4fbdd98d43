"""The graph: who gives and reads what, rewriting, and what is dead."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.importer.graph import ArrayTensor, Attr, AttrKind, FileTensor, Graph, Node, Use, Value, attr


def _value(name: str) -> Value:
    return Value(name, "float32", (-1, 4))


@pytest.fixture
def graph() -> Graph:
    """Relu(x + w), with a dead sigmoid of x and a parameter that nobody reads."""
    x, y, inner, dead = map(_value, ("x", "y", "inner", "dead"))
    graph = Graph([x], [y], {}, [])
    weight = graph.add_parameter("w", ArrayTensor(np.ones(4, np.float32)))
    graph.add_parameter("unread", ArrayTensor(np.ones(4, np.float32)))
    graph.nodes = [
        Node("elementwise_add", {"X": [x], "Y": [weight]}, {"Out": [inner]}, {"axis": attr(-1)}),
        Node("sigmoid", {"X": [x]}, {"Out": [dead]}),
        Node("relu", {"X": [inner]}, {"Out": [y]}),
    ]
    return graph


def test_nodes_give_single_values_and_attributes(graph: Graph) -> None:
    add = graph.nodes[0]
    assert add.input("X") is graph.inputs[0]
    assert add.output("Out") is graph.nodes[2].input("X")
    assert [value.name for value in add.all_inputs()] == ["x", "w"]
    assert (add.get("axis"), add.get("none"), add.get("none", 3)) == (-1, None, 3)
    add.set("axis", 1)
    add.set("shape", (), AttrKind.INTS)
    assert add.attrs == {"axis": Attr(AttrKind.INT, 1), "shape": Attr(AttrKind.INTS, ())}
    with pytest.raises(KeyError):
        add.input("Z")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, AttrKind.BOOLEAN),
        (1, AttrKind.INT),
        (1.0, AttrKind.FLOAT),
        ("a", AttrKind.STRING),
        ((False,), AttrKind.BOOLEANS),
        ((1, 2), AttrKind.INTS),
        ((1.0,), AttrKind.FLOATS),
        (("a",), AttrKind.STRINGS),
    ],
)
def test_the_kind_of_a_value(value: bool | int | float | str, kind: AttrKind) -> None:
    assert attr(value) == Attr(kind, value)


def test_an_empty_list_has_no_kind() -> None:
    with pytest.raises(TypeError, match="does not tell its kind"):
        attr(())


def test_the_index(graph: Graph) -> None:
    index = graph.index()
    add, sigmoid, relu = graph.nodes
    assert index.producer(add.output("Out")) is add
    assert index.producer(graph.inputs[0]) is None
    assert index.users(graph.inputs[0]) == [Use(add, "X", 0), Use(sigmoid, "X", 0)]
    assert index.users(graph.outputs[0]) == []
    assert index.producer(graph.outputs[0]) is relu


def test_names_of_parameters_are_unique(graph: Graph) -> None:
    data = ArrayTensor(np.zeros((2, 3), np.int64))
    names = [graph.add_parameter(name, data).name for name in ("w", "w", "x", "new")]
    assert names == ["w_1", "w_2", "x_1", "new"]
    assert {value.spec for value in graph.parameters if value.name == "new"}
    assert all((value.dtype, value.shape) == (data.dtype, data.shape) for value in list(graph.parameters)[2:])


def test_rewriting(graph: Graph) -> None:
    def rule(node: Node) -> list[Node] | None:
        if node.type != "relu":
            return None
        middle = _value("middle")
        return [Node("abs", node.inputs, {"Out": [middle]}), Node("sqrt", {"X": [middle]}, node.outputs)]

    assert graph.rewrite(rule) == 1
    assert [node.type for node in graph.nodes] == ["elementwise_add", "sigmoid", "abs", "sqrt"]
    assert graph.rewrite(rule) == 0


def test_replacing_follows_chains(graph: Graph) -> None:
    add, _, relu = graph.nodes
    (x,) = graph.inputs
    middle = _value("middle")
    graph.replace({add.output("Out"): middle, middle: x})
    assert relu.input("X") is x
    assert [output.name for output in graph.outputs] == ["y"]


def test_what_is_dead_goes(graph: Graph) -> None:
    assert graph.remove_dead() == 1
    assert [node.type for node in graph.nodes] == ["elementwise_add", "relu"]
    assert [value.name for value in graph.parameters] == ["w"]
    assert graph.remove_dead() == 0


def test_the_histogram_is_ordered(graph: Graph) -> None:
    graph.nodes.append(Node("relu", {}, {}))
    assert list(graph.op_histogram().items()) == [("relu", 2), ("elementwise_add", 1), ("sigmoid", 1)]


def test_tensors_in_files(tmp_path: Path) -> None:
    path = tmp_path / "some"
    values = np.arange(6, dtype=np.int16).reshape(2, 3)
    path.write_bytes(b"abc" + values.tobytes() + b"xyz")
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    tensor = FileTensor(content, 3, "int16", (2, 3))
    np.testing.assert_array_equal(tensor.array(), values)
    assert bytes(tensor.buffer()) == values.tobytes()
    assert not tensor.array().flags.writeable
    assert FileTensor(content, 3, "bfloat16", (3,)).array().dtype == np.uint16
    assert FileTensor(content, 3, "int16", ()).array().shape == ()


@pytest.mark.parametrize("values", [np.arange(6.0).reshape(2, 3).T, np.array(3, ">i4"), np.zeros((0, 2), np.float32)])
def test_tensors_in_memory(values: np.ndarray) -> None:
    tensor = ArrayTensor(values)
    assert tensor.shape == values.shape
    assert tensor.array() is values
    assert bytes(tensor.buffer()) == values.astype(values.dtype.newbyteorder("<")).tobytes()
