"""oarlock inspect of source models."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from oarlock._inspection import Inspector
from oarlock_opt import inspector
from tests.conftest import Run
from tests.schemas import validate

from .conftest import rename_swish

Copy = Callable[..., Path]


def test_describes_a_model(models: Path) -> None:
    found = inspector.describe(models / "digits")
    validate(found, "inspect")
    assert found is not None
    assert found["ok"]
    source = found["source"]
    assert source["paddle_version"] == "3.3.1"
    assert source["inputs"] == [{"name": "x", "shape": [-1, 3, 32, 32], "dtype": "float32"}]
    assert source["ops"]["conv2d"] == 2
    assert source["op_count"] == sum(source["ops"].values())
    # Two convolutions with bias, a batch norm of four vectors, a linear layer.
    elements = (3 * 8 * 9 + 8) + (8 * 16 * 9 + 16) + 4 * 8 + (16 * 10 + 10)
    assert source["params"] == {"count": 10, "elements": elements, "bytes": 4 * elements}
    assert "restored-attributes" in [each["name"] for each in source["repairs"]]
    assert source["files"][1] == {
        "name": "inference.pdiparams",
        "size": (models / "digits" / "inference.pdiparams").stat().st_size,
    }
    assert source["targets"][0] == {"id": "x86-fp32", "ok": True, "missing": []}
    assert all(target["ok"] for target in source["targets"])
    assert found["analysis"]["batch"] == 1
    assert "layers" not in found["analysis"]
    assert inspector.describe(models / "digits" / "inference.pdmodel") == {
        **found,
        "file": str(models / "digits" / "inference.pdmodel"),
    }


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda folder: (folder / "inference.pdiparams").unlink(), "OAR-SOURCE-NOT-FOUND"),
        (lambda folder: (folder / "inference.pdiparams").write_bytes(b"x"), "OAR-SOURCE-PARAMS"),
        (lambda folder: (folder / "inference.pdmodel").write_bytes(b"x"), "OAR-SOURCE-PROGRAM"),
        (lambda folder: (folder / "model.pdmodel").write_bytes(b"x"), "OAR-SOURCE-AMBIGUOUS"),
    ],
)
def test_what_is_wrong_is_a_problem(copy: Copy, break_it: Callable[[Path], object], code: str) -> None:
    folder = copy("digits")
    break_it(folder)
    found = inspector.describe(folder)
    validate(found, "inspect")
    assert found is not None
    assert not found["ok"]
    assert [each["code"] for each in found["problems"]] == [code]


def test_other_files_are_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.touch()
    assert inspector.describe(path) is None


def test_the_command_uses_it(models: Path, oarlock_cli: Run, tmp_path: Path) -> None:
    said = json.loads(oarlock_cli("inspect", models / "digits", "--json").stdout)
    assert said == inspector.describe(models / "digits")
    said = json.loads(oarlock_cli("inspect", models / "digits", "--json", "--layers", "--batch", "4").stdout)
    assert said == inspector.describe(models / "digits", batch=4, layers=True)
    validate(said, "inspect")
    (tmp_path / "bad.pdmodel").write_bytes(b"hello")
    assert "OAR-SOURCE-PROGRAM" in oarlock_cli("inspect", tmp_path / "bad.pdmodel", status=1).stdout


def test_is_what_the_runtime_expects() -> None:
    functions = {name: function for name, function in vars(Inspector).items() if not name.startswith("_")}
    assert set(functions) == set(inspector.__all__)
    for name, function in functions.items():
        expected = list(inspect.signature(function).parameters.values())[1:]
        found = inspect.signature(getattr(inspector, name)).parameters.values()
        assert [(it.name, it.kind) for it in found] == [(it.name, it.kind) for it in expected]
    [entry_point] = entry_points(group="oarlock.inspectors")
    assert entry_point.load() is inspector


def test_what_no_target_has(copy: Copy, oarlock_cli: Run) -> None:
    folder = copy("digits", rename_swish("nobody_knows"))
    found = inspector.describe(folder)
    validate(found, "inspect")
    assert found is not None
    assert found["ok"]
    targets = found["source"]["targets"]
    assert {target["ok"] for target in targets} == {False}
    assert [it["op"] for it in targets[0]["missing"]] == ["nobody_knows"]
    text = oarlock_cli("inspect", folder).stdout
    assert "\ntargets     none, with Paddle Lite 2.12\n  not x86-fp32, " in text
    assert ": no kernel for nobody_knows (" in text


def test_a_batch_that_the_model_does_not_take(models: Path, oarlock_cli: Run) -> None:
    refused = oarlock_cli("inspect", models / "fixed-batch", "--batch", "3", "--json", status=1)
    assert json.loads(refused.stdout)["error"]["code"] == "OAR-INVALID-ARGUMENT"
    assert "takes no batch of 3: its inputs have fixed sizes (x [2, 3, 32, 32])" in refused.stderr
    assert re.search(
        r"^MACs +\d.* k, the model's own batch$", oarlock_cli("inspect", models / "fixed-batch").stdout, re.M
    )


def test_layers_as_a_table(models: Path, oarlock_cli: Run) -> None:
    lines = oarlock_cli("inspect", models / "digits", "--layers").stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("layer "))
    rows = [line.split() for line in lines[start + 1 : lines.index("", start)]]
    assert len(rows) == inspector.describe(models / "digits")["source"]["op_count"]  # type: ignore[index]
    assert rows[0] == ["conv2d_0", "conv2d", "(1,", "8,", "16,", "16)", "55.3", "k", "216"]
