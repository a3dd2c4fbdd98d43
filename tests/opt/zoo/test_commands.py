from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from oarlock_opt.commands.export import export
from oarlock_opt.commands.models import models
from tests.schemas import validate


def run(command: click.Command, *arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result


def test_models_as_a_table() -> None:
    lines = run(models).stdout.splitlines()
    assert lines[0].split() == ["name", "family", "parameters", "MACs", "top-1", "top-5", "weights"]
    assert lines[1].split() == ["DPN68", "DPN", "12.7", "M", "2.35", "G", "76.78%", "93.43%", "random,", "FILE"]
    for line in lines[6:]:
        assert line.split()[-4:] == ["-", "imagenet,", "random,", "FILE"]
    assert len(lines) == 1 + 5 + 3


def test_models_as_json() -> None:
    found = json.loads(run(models, "--json").stdout)
    validate(found, "models")
    assert [model["name"] for model in found][:2] == ["DPN68", "DPN92"]
    [lite0] = json.loads(run(models, "efficientnet_lite0", "--json").stdout)
    assert lite0["params"] == 4694024
    assert lite0["preprocess"]["crop_fraction"] == 0.875


def test_models_with_a_wrong_name() -> None:
    result = run(models, "DPN68", "DPN99", status=2)
    assert "no model is called 'DPN99': did you mean DPN98" in result.stderr
    assert result.stdout == ""


def test_export(tmp_path: Path) -> None:
    result = run(export, "dpn68", "--weights", "random", "-o", tmp_path / "out")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["file", "size"]
    assert [line.split()[0] for line in lines[1:5]] == [
        str(tmp_path / "out" / name)
        for name in ("inference.pdmodel", "inference.pdiparams", "preprocess.json", "labels.txt")
    ]
    assert lines[-1] == "DPN68, weights: random, seed 0"
    assert result.stderr == ""


def test_export_as_json(tmp_path: Path) -> None:
    result = run(export, "DPN68", "--weights", "random", "--seed", "3", "-o", tmp_path / "out", "--json")
    found = json.loads(result.stdout)
    validate(found, "export")
    assert (found["seed"], found["format"], found["macs"]) == (3, "legacy", 2350640768)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["DPN86", "--weights", "random"], "Invalid value for NAME: no model is called 'DPN86': did you mean"),
        (["DPN68"], "Invalid value for --weights: DPN68: PyPI has no ImageNet weights for it. Give the file"),
        (["DPN68", "--weights", "imagenet"], "--weights DPN68_pretrained.pdparams"),
        (["DPN68", "--weights", "none.pdparams"], "none.pdparams: no such file; the weights for DPN68 are one of"),
        (["DPN68", "--weights", "random", "--seed", "-1"], "-1 is not in the range"),
        (["DPN68", "--weights", "random", "--format", "tflite"], "'tflite' is not"),
        (["EfficientNet-Lite0", "--seed", "1"], "--seed is for --weights random"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = run(export, *arguments, "-o", tmp_path / "out", status=2)
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_failures_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    result = run(export, "DPN68", "--weights", "random", "-o", tmp_path / "out", "--json", status=1)
    failure = json.loads(result.stdout)
    validate(failure, "failure")
    assert failure["error"]["code"] == "OAR-EXPORT"
    assert result.stderr == f"Error: {failure['error']['message']}\n"
    assert (tmp_path / "out").read_text() == "precious"
