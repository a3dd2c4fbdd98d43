"""oarlock inspect of source models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from oarlock_opt.inspector import inspect_source
from tests.conftest import Run
from tests.schemas import validate

Copy = Callable[..., Path]


def test_describes_a_model(models: Path) -> None:
    found = inspect_source(models / "digits")
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
    assert [each["name"] for each in source["repairs"]] == ["restored-attributes"]
    assert source["files"][1] == {
        "name": "inference.pdiparams",
        "size": (models / "digits" / "inference.pdiparams").stat().st_size,
    }
    assert inspect_source(models / "digits" / "inference.pdmodel") == {
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
    found = inspect_source(folder)
    validate(found, "inspect")
    assert found is not None
    assert not found["ok"]
    assert [each["code"] for each in found["problems"]] == [code]


def test_other_files_are_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.touch()
    assert inspect_source(path) is None


def test_the_command_uses_it(models: Path, oarlock_cli: Run, tmp_path: Path) -> None:
    said = json.loads(oarlock_cli("inspect", models / "digits", "--json").stdout)
    assert said == inspect_source(models / "digits")
    (tmp_path / "bad.pdmodel").write_bytes(b"hello")
    assert "OAR-SOURCE-PROGRAM" in oarlock_cli("inspect", tmp_path / "bad.pdmodel", status=1).stdout
