"""Programs that write a variable twice or in place, fetch what no operator gives, or leave arguments out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import AttrKind, Graph
from oarlock_opt.importer.legacy._messages import ProgramDesc
from oarlock_opt.source import SourceFiles, find_files
from tests.opt.importer.running import paddle_answers, relative_error


class _Program:
    """Builds a program of float32 variables of shape [-1, 4] with one input, "x"."""

    def __init__(self, *fetched: str) -> None:
        self.desc = ProgramDesc()
        self.block = self.desc.blocks.add(idx=0, parent_idx=-1)
        for name, kind in (("feed", 9), ("fetch", 10)):
            self.block.vars.add(name=name, persistable=True).type.type = kind
        self._fetched = fetched
        self.op("feed", ["feed"], ["x"]).attrs.add(name="col", type=0, i=0)

    def op(self, kind: str, read: list[str], written: list[str], **floats: float) -> Any:
        op = self.block.ops.add(type=kind)
        op.inputs.add(parameter="X", arguments=read)
        op.outputs.add(parameter="Out", arguments=written)
        for name, value in floats.items():
            op.attrs.add(name=name, type=1, f=value)
        known = {variable.name for variable in self.block.vars}
        for name in written:
            if name not in known:
                variable = self.block.vars.add(name=name)
                variable.type.type = 7
                variable.type.dense_tensor.tensor.data_type = 5
                variable.type.dense_tensor.tensor.dims.extend([-1, 4])
        return op

    def files(self, folder: Path) -> SourceFiles:
        for column, name in enumerate(self._fetched):
            self.op("fetch", [name], ["fetch"]).attrs.add(name="col", type=0, i=column)
        path = folder / "inference.pdmodel"
        path.write_bytes(self.desc.SerializeToString())
        return SourceFiles(path, None)


_X = {"x": np.array([[-1, 0, 1, 2]], np.float32)}


def _agrees(files: SourceFiles, graph: Graph) -> None:
    expected, found = (list(paddle_answers(model, [_X])[0].values()) for model in (files, graph))
    assert len(found) == len(graph.outputs)
    for output in found:
        assert min(relative_error(output, each) for each in expected) == 0


def test_a_variable_that_is_written_twice_becomes_two_values(tmp_path: Path) -> None:
    program = _Program("y")
    program.op("scale", ["x"], ["y"], scale=2.0, bias=0.0)
    program.op("relu", ["y"], ["z"])
    program.op("scale", ["z"], ["y"], scale=3.0, bias=1.0)
    files = program.files(tmp_path)
    graph = legacy.read(files)
    first, relu, second = graph.nodes
    assert relu.input("X") is first.output("Out")
    assert second.output("Out") is graph.outputs[0]
    assert first.output("Out") is not second.output("Out")
    _agrees(files, graph)


def test_writing_in_place(tmp_path: Path) -> None:
    program = _Program("x")
    program.op("relu", ["x"], ["x"])
    files = program.files(tmp_path)
    graph = legacy.read(files)
    (relu,) = graph.nodes[:1]
    assert relu.input("X") is graph.inputs[0]
    assert graph.outputs[0].name == "x_1", "the names of inputs and outputs are unique"
    _agrees(files, graph)


def test_fetched_inputs_and_tensors_fetched_twice_are_copied(tmp_path: Path) -> None:
    program = _Program("y", "x", "y")
    program.op("relu", ["x"], ["y"])
    files = program.files(tmp_path)
    graph = legacy.read(files)
    assert [node.type for node in graph.nodes] == ["relu", "assign", "assign"]
    assert [output.name for output in graph.outputs] == ["y", "x_1", "y_1"]
    _agrees(files, graph)


def test_batch_norm_gives_new_statistics_of_its_own(models: Path) -> None:
    graph = legacy.read(find_files(models / "digits"))
    (norm,) = (node for node in graph.nodes if node.type == "batch_norm")
    assert norm.input("Mean") in graph.parameters
    assert norm.output("MeanOut") not in graph.parameters
    assert norm.output("MeanOut") is not norm.input("Mean")


def test_absent_arguments_are_no_slots(tmp_path: Path) -> None:
    program = _Program("y")
    op = program.op("relu", ["x"], ["y"])
    op.inputs.add(parameter="Alpha", arguments=["@EMPTY@"])
    op.inputs.add(parameter="Beta")
    graph = legacy.read(program.files(tmp_path))
    assert list(graph.nodes[0].inputs) == ["X"]


@pytest.mark.parametrize(
    ("fields", "kind", "value"),
    [
        ({"type": 0, "i": -3}, AttrKind.INT, -3),
        ({"type": 1, "f": 0.5}, AttrKind.FLOAT, 0.5),
        ({"type": 2, "s": "NCHW"}, AttrKind.STRING, "NCHW"),
        ({"type": 3, "ints": [1, 2]}, AttrKind.INTS, (1, 2)),
        ({"type": 4, "floats": []}, AttrKind.FLOATS, ()),
        ({"type": 5, "strings": ["a"]}, AttrKind.STRINGS, ("a",)),
        ({"type": 6, "b": True}, AttrKind.BOOLEAN, True),
        ({"type": 7, "bools": [True, False]}, AttrKind.BOOLEANS, (True, False)),
        ({"type": 9, "l": 1 << 40}, AttrKind.LONG, 1 << 40),
        ({"type": 11, "longs": [1 << 40]}, AttrKind.LONGS, (1 << 40,)),
        ({"type": 12, "float64s": [0.1]}, AttrKind.FLOAT64S, (0.1,)),
        ({"type": 15, "float64": 0.1}, AttrKind.FLOAT64, 0.1),
        ({"type": 16, "scalar": {"type": 2, "i": 7}}, AttrKind.SCALAR, 7),
        ({"type": 17, "scalars": [{"type": 1, "b": True}, {"type": 3, "r": 0.1}]}, AttrKind.SCALARS, (True, 0.1)),
    ],
)
def test_every_kind_of_attribute(tmp_path: Path, fields: dict[str, Any], kind: AttrKind, value: object) -> None:
    program = _Program("y")
    program.op("relu", ["x"], ["y"]).attrs.add(name="some", **fields)
    graph = legacy.read(program.files(tmp_path))
    found = graph.nodes[0].attrs["some"]
    assert (found.kind, found.value) == (kind, value)
    if kind not in (AttrKind.SCALAR, AttrKind.SCALARS):
        (tmp_path / "again").mkdir()
        again = legacy.read(legacy.write(graph, tmp_path / "again"))
        assert again.nodes[0].attrs["some"] == found


def test_the_layer_is_the_origin(tmp_path: Path) -> None:
    program = _Program("y")
    program.op("relu", ["x"], ["z"]).attrs.add(name="op_namescope", type=2, s="/backbone/stem/")
    program.op("relu", ["z"], ["y"])
    graph = legacy.read(program.files(tmp_path))
    assert [node.origin for node in graph.nodes] == ["backbone/stem", "operator 2"]
