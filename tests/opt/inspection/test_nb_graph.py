""".nb files as graphs: what the core says of them, what the source has, and what damage does."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from oarlock import nb
from oarlock.errors import BadModelError, OarlockError
from oarlock_opt.importer import legacy
from oarlock_opt.inspection import nb_graph
from oarlock_opt.inspection.analysis import analyse
from oarlock_opt.inspection.comparison import compare
from oarlock_opt.inspection.drawing import draw
from oarlock_opt.inspection.nb_graph import read_nb
from oarlock_opt.inspection.shapes import shapes_at
from oarlock_opt.inspection.subject import open_subject, results
from oarlock_opt.source import find_files
from tests.conftest import ROOT
from tests.nb_mutations import mutate

_VARIANTS = ("x86-fp32", "arm64-fp32", "arm64-fp16", "arm64-int8w")


@pytest.mark.parametrize("variant", _VARIANTS)
def test_agrees_with_the_core(bundle: Path, variant: str) -> None:
    path = bundle / f"{variant}.nb"
    subject, described = read_nb(path), nb.describe(path)
    graph = subject.graph
    feeds = {"feed": len(graph.inputs), "fetch": len(graph.outputs)}
    assert {**graph.op_histogram(), **feeds} == described["ops"]
    kernels = Counter(subject.kernels.values()) + Counter({"host/any/any": sum(feeds.values())})
    assert kernels == described["kernels"]
    assert [value.name for value in graph.inputs] == [it["name"] for it in described["inputs"]]
    assert [value.name for value in graph.outputs] == [it["name"] for it in described["outputs"]]
    assert len(graph.parameters) == described["params"]["count"]
    assert sum(data.array().size for data in graph.parameters.values()) == described["params"]["elements"]
    assert Counter(value.dtype for value in graph.parameters) == described["params"]["dtypes"]


def test_parameters_are_the_sources(bundle: Path, models: Path) -> None:
    source = {value.name: data for value, data in legacy.read(find_files(models / "digits")).parameters.items()}
    written = {value.name: data for value, data in read_nb(bundle / "x86-fp32.nb").graph.parameters.items()}
    linear = [name for name in written if name.startswith("linear")]
    assert len(linear) == 2
    for name in linear:
        np.testing.assert_array_equal(written[name].array(), source[name].array())


def test_shapes_are_found_without_those_that_the_file_declares(bundle: Path) -> None:
    subject = read_nb(bundle / "x86-fp32.nb")  # where no variable is written twice
    assert not subject.undeclared
    declared = shapes_at(subject, 3)
    everything = frozenset(value for node in subject.graph.nodes for value in results(node))
    found = shapes_at(dataclasses.replace(subject, undeclared=everything), 3)
    assert found == {value: shape for value, shape in declared.items() if value in found}
    assert everything <= found.keys()
    for value in everything:
        assert found[value] == tuple(3 if size == -1 else size for size in value.shape)


def test_variables_that_hold_several_values(bundle: Path) -> None:
    subject = read_nb(bundle / "arm64-fp32.nb")
    names = Counter(value.name for node in subject.graph.nodes for value in results(node))
    assert max(names.values()) > 1
    shapes = shapes_at(subject, 1)
    assert shapes[subject.graph.outputs[0]] == (1, 10)
    assert {shapes[value] for node in subject.graph.nodes for value in results(node)} >= {(1, 8, 16, 16), (1, 16, 8, 8)}


def test_half_precision_is_told_by_the_kernels(bundle: Path) -> None:
    subject = read_nb(bundle / "arm64-fp16.nb")
    for node in subject.graph.nodes:
        if node.type == "conv2d":
            assert [value.dtype for value in results(node)] == ["float16"]
    assert [value.dtype for value in (*subject.graph.inputs, *subject.graph.outputs)] == ["float32"] * 2


def test_words_of_kernels_are_the_cores() -> None:
    source = (ROOT / "native" / "src" / "nb_kernel.cc").read_text(encoding="utf-8")
    tables = re.findall(r"std::array k\w+ = \{(.*?)\}", source, flags=re.DOTALL)
    assert [tuple(re.findall(r'"(\w+)"', table)) for table in tables] == list(nb_graph._KERNEL_WORDS)


def test_damaged_files_end_in_typed_errors(bundle: Path, tmp_path: Path) -> None:
    content = (bundle / "arm64-fp32.nb").read_bytes()
    sound = open_subject(bundle / "arm64-fp32.nb")
    accepted = 0
    for seed in range(300):
        path = tmp_path / f"{seed}.nb"
        path.write_bytes(mutate(content, seed))
        try:
            subject = open_subject(path)
        except OarlockError:
            continue
        accepted += 1
        json.dumps(analyse(subject, layers=True), allow_nan=False)
        json.dumps(compare(sound, subject), allow_nan=False)
        draw(subject, tmp_path / "drawing.dot", full=bool(seed % 2))
    assert 10 < accepted < 200


def test_a_file_that_changes_while_it_is_read(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "changed.nb"
    path.write_bytes((bundle / "x86-fp32.nb").read_bytes())
    monkeypatch.setattr(nb, "describe", lambda path: path.write_bytes(path.read_bytes()[:300]))
    with pytest.raises(BadModelError, match=r"changed\.nb: cannot be followed"):
        read_nb(path)
