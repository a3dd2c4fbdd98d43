"""The search for the operator that the optimiser dies of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock import store
from oarlock_opt.errors import OptimizerAbortedError, OptimizerCrashedError, OptimizerError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, Graph, Node, Value, attr
from oarlock_opt.lite import bisect, worker
from oarlock_opt.lite.bisect import find_operator, name_operator, prefix
from oarlock_opt.lite.targets import select
from oarlock_opt.source import SourceFiles


def _tensor(name: str) -> Value:
    return Value(name, "float32", (1, 4, 8, 8))


def _chain(*operators: str) -> Graph:
    """Operators of one input and output in a row, the first input of the graph being x."""
    value = _tensor("x")
    graph = Graph([value], [], {}, [])
    for number, operator in enumerate(operators):
        result = _tensor(f"same name {number % 2}")
        graph.nodes.append(Node(operator, {"X": [value]}, {"Out": [result]}, {}, f"layer {number}"))
        value = result
    graph.outputs = [value]
    return graph


# ---- Parts of a graph ---------------------------------------------------------------------------------------------


def test_a_prefix_gives_what_later_operators_read(tmp_path: Path) -> None:
    graph = _chain("relu", "sigmoid", "tanh", "exp")
    x, first = graph.inputs[0], graph.nodes[0].output("Out")
    second = graph.nodes[1].output("Out")
    graph.nodes[3].inputs["Y"] = [first]
    unused = Value("unused", "float32", (1,))
    graph.inputs.append(unused)
    graph.parameters[Value("w", "float32", (2,))] = ArrayTensor(np.zeros(2, np.float32))

    part = prefix(graph, 2)
    assert [node.type for node in part.nodes] == ["relu", "sigmoid"]
    assert [node.origin for node in part.nodes] == ["layer 0", "layer 1"]
    assert part.inputs == [x]
    assert part.parameters == {}
    assert [value.shape for value in part.outputs] == [first.shape, second.shape]
    assert part.outputs == [part.nodes[0].output("Out"), part.nodes[1].output("Out")]
    assert len({value.name for value in part.outputs}) == 2
    assert first is graph.nodes[0].output("Out"), "the graph stays what it is"
    again = legacy.read(legacy.write(part, tmp_path))
    assert [node.type for node in again.nodes] == ["relu", "sigmoid"]
    assert len(again.outputs) == 2


def test_a_prefix_of_what_nobody_reads_gives_the_last() -> None:
    graph = _chain("relu", "sigmoid")
    graph.nodes[1].inputs["X"] = [graph.inputs[0]]
    part = prefix(graph, 1)
    assert len(part.outputs) == 1
    assert part.outputs == part.nodes[0].all_outputs() or part.outputs[0] is part.nodes[0].output("Out")


# ---- The search, with a stand-in for the optimiser ----------------------------------------------------------------


class _Optimizer:
    """Fails as soon as an operator is among those it is given."""

    def __init__(self, deadly: str, error: OptimizerError) -> None:
        self.deadly = deadly
        self.error = error
        self.runs = 0

    def __call__(self, files: SourceFiles, seconds: float) -> OptimizerError | None:
        assert seconds > 0
        self.runs += 1
        return self.error if any(node.type == self.deadly for node in legacy.read(files).nodes) else None


@pytest.mark.parametrize("place", [0, 1, 17, 98, 99])
def test_finds_the_operator(tmp_path: Path, place: int) -> None:
    operators = ["relu"] * 100
    operators[place] = "deadly"
    optimizer = _Optimizer("deadly", OptimizerCrashedError("x: crashed"))
    node = find_operator(_chain(*operators), OptimizerCrashedError("y: crashed"), optimizer, tmp_path)
    assert node is not None
    assert (node.type, node.origin) == ("deadly", f"layer {place}")
    assert optimizer.runs <= 7
    assert not list(tmp_path.iterdir())


def test_other_failures_do_not_count(tmp_path: Path) -> None:
    """A part may be refused for being a part; what is searched for is the failure of the whole."""
    optimizer = _Optimizer("relu", OptimizerAbortedError("x: gave up", output="[F a] too short"))
    graph = _chain("relu", "relu", "relu", "tanh")
    node = find_operator(graph, OptimizerAbortedError("gave up", output="[F b] too long"), optimizer, tmp_path)
    assert node is graph.nodes[3]


def test_the_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bisect, "_LONGEST", 0.0)
    optimizer = _Optimizer("relu", OptimizerCrashedError("crashed"))
    assert find_operator(_chain("relu", "relu"), OptimizerCrashedError("crashed"), optimizer, tmp_path) is None
    assert optimizer.runs == 0


# ---- With Paddle Lite ---------------------------------------------------------------------------------------------


def _batch_norm(value: Value, *, scale: bool, number: int) -> tuple[Node, dict[Value, ArrayTensor]]:
    """A batch norm; with nothing in the slots of scale and bias, it crashes Paddle Lite 2.12."""
    slots = {"Mean": 0.0, "Variance": 1.0, **({"Scale": 1.0, "Bias": 0.0} if scale else {})}
    parameters = {
        slot: (Value(f"norm{number}.{slot}", "float32", (4,)), ArrayTensor(np.full(4, content, np.float32)))
        for slot, content in slots.items()
    }
    names = ("Y", "MeanOut", "VarianceOut", "SavedMean", "SavedVariance")
    outputs = {
        name: [_tensor(f"{name}{number}") if name == "Y" else Value(f"{name}{number}", "float32", (4,))]
        for name in names
    }
    node = Node(
        "batch_norm",
        {
            "X": [value],
            "Scale": [],
            "Bias": [],
            **{slot: [parameter] for slot, (parameter, _) in parameters.items()},
        },
        outputs,
        {"epsilon": attr(1e-5), "momentum": attr(0.9), "is_test": attr(True), "data_layout": attr("NCHW")},
        f"norm {number}",
    )
    return node, dict(parameters.values())


def _norms(count: int, without_scale: int) -> Graph:
    """Batch norms and sigmoids by turns, which are not fused."""
    value = _tensor("x")
    graph = Graph([value], [], {}, [])
    for number in range(count):
        node, parameters = _batch_norm(value, scale=number != without_scale, number=number)
        result = _tensor(f"s{number}")
        graph.nodes += [node, Node("sigmoid", {"X": [node.output("Y")]}, {"Out": [result]}, {}, f"sigmoid {number}")]
        graph.parameters |= parameters
        value = result
    graph.outputs = [value]
    return graph


def _failure(graph: Graph, folder: Path) -> tuple[OptimizerError, OptimizerError]:
    """How the optimiser fails of a graph, and the same with the operator named."""
    variants, _ = select(["arm64"], ["fp32"])
    lite = store.find("x86")
    folder.mkdir()
    files = legacy.write(graph, folder)
    assert files.params is not None
    (folder / "work").mkdir()
    with pytest.raises(OptimizerError) as caught:
        worker.optimize(files.program, files.params, variants, engine=lite, folder=folder / "work")
    failure = caught.value
    assert isinstance(failure, (OptimizerAbortedError, OptimizerCrashedError))
    assert failure.variants == "arm64-fp32"
    return failure, name_operator(failure, graph, variants[0], lite, folder)


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_crash_of_paddle_lite_is_pinned_on_its_operator(engine: Path, tmp_path: Path, place: int) -> None:
    failure, named = _failure(_norms(12, place), tmp_path / "model")
    assert type(named) is type(failure) is OptimizerCrashedError
    assert failure.op == ""
    assert named.op == "batch_norm"
    assert named.message.startswith(failure.message)
    assert named.message.endswith(
        f" It begins with the operator batch_norm (norm {place}), which reads X float32[1, 4, 8, 8], "
        "Mean float32[4], Variance float32[4]."
    )
    assert named.details()["op"] == "batch_norm"


def test_an_abort_that_names_nothing_is_pinned_as_well(engine: Path, tmp_path: Path) -> None:
    graph = _chain("relu", "sigmoid", "tanh", "relu", "exp")
    graph.nodes[2].inputs = {"Wrong": graph.nodes[2].inputs["X"]}
    failure, named = _failure(graph, tmp_path / "model")
    assert "Check failed: it != inputs_.end()" in failure.message
    assert (failure.op, named.op) == ("", "tanh")
    assert "(layer 2), which reads Wrong float32[1, 4, 8, 8]." in named.message
    assert named.output == failure.output


def test_without_room_for_the_parts_the_failure_itself_is_told(engine: Path, tmp_path: Path) -> None:
    graph = _norms(2, 1)
    failure, _ = _failure(graph, tmp_path / "model")
    variants, _ = select(["arm64"], ["fp32"])
    assert isinstance(failure, OptimizerCrashedError)
    assert name_operator(failure, graph, variants[0], store.find("x86"), tmp_path / "nowhere") is failure
