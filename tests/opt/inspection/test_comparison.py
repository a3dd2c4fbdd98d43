"""What differs between two models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock_opt.importer.graph import ArrayTensor, Graph, Value, attr
from oarlock_opt.inspection.comparison import compare
from oarlock_opt.inspection.subject import open_subject
from tests.conftest import Run
from tests.schemas import validate

from .conftest import subject_of

Copy = Callable[..., Path]


def _compare(a: Path, b: Path) -> dict[str, Any]:
    found = compare(open_subject(a), open_subject(b))
    validate(found, "inspect-diff")
    return found


def test_the_same_file(bundle: Path) -> None:
    path = bundle / "arm64-int8w.nb"
    assert _compare(path, path) == {
        "ok": True,
        "kind": "diff",
        "a": {"file": str(path), "kind": "nb", "size": path.stat().st_size},
        "b": {"file": str(path), "kind": "nb", "size": path.stat().st_size},
        "identical": True,
        "differences": {},
    }


def test_one_model_for_two_processors(bundle: Path) -> None:
    found = _compare(bundle / "x86-fp32.nb", bundle / "arm64-fp32.nb")
    assert not found["ok"]
    assert not found["identical"]
    differences = found["differences"]
    assert differences["targets"] == {"a": ["host", "x86"], "b": ["arm", "host"]}
    assert differences["ops"]["fc"] == {"a": None, "b": 1}
    assert differences["kernels"]["conv2d"] == {"a": {"x86/float/nchw": 2}, "b": {"arm/float/nchw": 2}}
    assert "params" not in differences
    assert "version" not in differences


def test_one_model_in_two_precisions(bundle: Path) -> None:
    differences = _compare(bundle / "arm64-fp32.nb", bundle / "arm64-int8w.nb")["differences"]
    quantised = next(it for it in differences["params"] if it["name"] == "conv2d_0.w_0")
    assert quantised == {
        "name": "conv2d_0.w_0",
        "a": {"dtype": "float32", "shape": [8, 3, 3, 3], "bytes": 864},
        "b": {"dtype": "int8", "shape": [8, 3, 3, 3], "bytes": 216},
        "relative_difference": pytest.approx(0.5 / 127, rel=0.3),  # half a step, of 127 to the largest
    }
    assert all(it["relative_difference"] < 0.5 / 126 for it in differences["params"])
    bits = [it for it in differences["attributes"] if it["attribute"] == "quantize_weight_bits"]
    assert {(it["op"], it["a"], it["b"]) for it in bits} >= {("conv2d", None, 8)}
    assert set(differences) == {"params", "attributes"}


def test_numbers(copy: Copy, models: Path) -> None:
    folder = copy("digits")
    content = bytearray((folder / "inference.pdiparams").read_bytes())
    content[-4:] = np.float32(1000).tobytes()  # the last weight of the linear layer
    (folder / "inference.pdiparams").write_bytes(content)
    found = _compare(models / "digits", folder)
    [difference] = found["differences"].pop("params")
    assert found["differences"] == {}
    assert difference["name"] == "linear_0.w_0"
    assert difference["relative_difference"] == pytest.approx(1, abs=1e-2)
    content[-4:] = np.float32(np.nan).tobytes()
    (folder / "inference.pdiparams").write_bytes(content)
    [difference] = _compare(models / "digits", folder)["differences"]["params"]
    assert difference["relative_difference"] is None


def test_an_attribute(copy: Copy, models: Path) -> None:
    def change(op: Any) -> None:
        for attribute in op.attrs:
            if op.type == "softmax" and attribute.name == "axis":
                attribute.i = 0

    differences = _compare(models / "digits", copy("digits", change))["differences"]
    [attribute] = differences.pop("attributes")
    assert attribute["op"] == "softmax"
    assert (attribute["attribute"], attribute["a"], attribute["b"]) == ("axis", -1, 0)
    assert differences == {}


def test_a_source_and_its_file(models: Path, bundle: Path) -> None:
    found = _compare(models / "digits", bundle / "arm64-fp32.nb")
    assert (found["a"]["kind"], found["b"]["kind"]) == ("source", "nb")
    differences = found["differences"]
    assert differences["ops"]["batch_norm"] == {"a": 1, "b": None}
    assert {"kernels", "targets", "version"}.isdisjoint(differences)
    assert {it["name"] for it in differences["params"] if it["b"] is None} >= {"batch_norm2d_0.w_0"}


class TestGraphs:
    @staticmethod
    def _differences(a: Graph, b: Graph) -> dict[str, Any]:
        found = compare(subject_of(a), subject_of(b))
        validate(found, "inspect-diff")
        return dict(found["differences"])

    @pytest.fixture
    def pair(self, residual: Graph, request: pytest.FixtureRequest) -> tuple[Graph, Graph]:
        import copy

        return residual, copy.deepcopy(residual)

    def test_names_within_mean_nothing(self, pair: tuple[Graph, Graph]) -> None:
        for node in pair[1].nodes[:-1]:
            for value in node.all_outputs():
                value.name += "_renamed"
        assert self._differences(*pair) == {}

    def test_connections(self, pair: tuple[Graph, Graph]) -> None:
        last = pair[1].nodes[6]
        last.inputs = {"X": last.inputs["Y"], "Y": last.inputs["X"]}
        assert self._differences(*pair) == {"connections": [{"layer": "sum", "op": "elementwise_add"}]}

    def test_order(self, pair: tuple[Graph, Graph]) -> None:
        nodes = pair[1].nodes
        nodes[3], nodes[4] = nodes[4], nodes[3]
        assert self._differences(*pair) == {"order": True}

    def test_interface(self, pair: tuple[Graph, Graph]) -> None:
        pair[1].inputs[0].shape = (1, 8, 4, 4)
        assert self._differences(*pair) == {
            "inputs": {
                "x": {
                    "a": {"shape": [-1, 8, 4, 4], "dtype": "float32"},
                    "b": {"shape": [1, 8, 4, 4], "dtype": "float32"},
                }
            }
        }

    def test_parameters_that_one_lacks_or_has_in_another_shape(self, pair: tuple[Graph, Graph]) -> None:
        graph = pair[1]
        by_name: dict[str, Value] = {value.name: value for value in graph.parameters}
        del graph.parameters[by_name["norm.Mean"]]
        graph.parameters[by_name["bias"]] = ArrayTensor(np.ones((2, 4), np.float32))
        found = self._differences(*pair)
        ones = {"dtype": "float32", "shape": [8], "bytes": 32}
        assert found["params"] == [
            {"name": "norm.Mean", "a": ones, "b": None},
            {"name": "bias", "a": ones, "b": {"dtype": "float32", "shape": [2, 4], "bytes": 32}},
        ]

    def test_attributes_that_json_has_no_word_for(self, pair: tuple[Graph, Graph]) -> None:
        pair[1].nodes[2].attrs["alpha"] = attr(float("inf"))
        [found] = self._differences(*pair)["attributes"]
        assert (found["a"], found["b"]) == (None, "inf")


class TestCommand:
    def test_exit_status_is_that_of_diff(self, bundle: Path, oarlock_cli: Run, tmp_path: Path) -> None:
        a, b = bundle / "arm64-fp32.nb", bundle / "arm64-fp16.nb"
        assert oarlock_cli("inspect", a, "--diff", a).stdout.endswith("nothing differs; the files are identical\n")
        said = oarlock_cli("inspect", a, "--diff", b, status=1)
        assert said.stderr == ""
        lines = said.stdout.splitlines()
        assert lines[0].startswith(f"A  {a}, ")
        assert any(line.startswith("kernels of conv2d") and "2 arm/fp16/nchw" in line for line in lines)
        validate(json.loads(oarlock_cli("inspect", a, "--diff", b, "--json", status=1).stdout), "inspect-diff")
        failure = json.loads(oarlock_cli("inspect", a, "--diff", tmp_path / "none.nb", "--json", status=1).stdout)
        validate(failure, "failure")
        assert "give one of them: " in oarlock_cli("inspect", a, "--diff", bundle, status=1).stderr

    def test_parameters_in_groups(self, bundle: Path, oarlock_cli: Run) -> None:
        said = oarlock_cli("inspect", bundle / "arm64-fp32.nb", "--diff", bundle / "arm64-int8w.nb", status=1).stdout
        assert "quantize_weight_bits" in said
        assert "parameters" in next(line for line in said.splitlines() if line.startswith("type of "))

    def test_files_that_differ_in_nothing_that_matters(self, bundle: Path, oarlock_cli: Run, tmp_path: Path) -> None:
        copied = tmp_path / "copied.nb"
        shutil.copy(bundle / "x86-fp32.nb", copied)
        content = bytearray(copied.read_bytes())
        content[16] = 7  # behind the end of the version's string
        copied.write_bytes(content)
        said = oarlock_cli("inspect", bundle / "x86-fp32.nb", "--diff", copied).stdout
        assert said.endswith("nothing differs; the files are not the same to the byte\n")
