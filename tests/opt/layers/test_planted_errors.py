"""An error that was planted is named at its operator and layer, and a sound model has none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock.session import Session
from oarlock_opt.importer.legacy import read_program
from oarlock_opt.layers import Layer, compare_layers
from tests.conftest import Figure
from tests.opt.layers.conftest import Import, Subject, change_op, flip_exponent_bit

pytestmark = pytest.mark.usefixtures("engine")


def _layers(subject: Subject, path: Path, **options: Any) -> tuple[Layer | None, Any]:
    report = compare_layers(path, subject.model, subject.variant, [subject.feed()], **options)
    first = next((layer for layer in report.layers if layer.index == report.first), None)
    return first, report


def test_a_sound_model_stays_with_the_reference(subject: Subject, figure: Figure) -> None:
    report = compare_layers(subject.path, subject.model, subject.variant, [subject.feed(1), subject.feed(2)])
    assert report.first is None
    assert report.compared == len(report.layers) > 60
    assert all(layer.own is not None and layer.own.badness <= 1e-5 for layer in report.layers)
    assert not any(layer.changes for layer in report.layers)
    assert report.sentence.startswith(f"All {len(report.layers)} operators stay with the reference")
    name = subject.model.files.folder.name
    figure(f"{name}: worst error of an operator by itself", max(it.own.badness for it in report.layers if it.own))
    figure(f"{name}: worst error of an operator", max(it.error.badness for it in report.layers if it.error))


def test_a_flipped_weight_bit(subject: Subject, tmp_path: Path) -> None:
    damaged = flip_exponent_bit(subject.path, "conv2d_20.w_0", tmp_path / "damaged.nb")
    first, report = _layers(subject, damaged)
    assert first is not None
    assert first.origin.startswith("conv2d_20, operator")
    assert first.op in ("conv2d", "depthwise_conv2d")
    assert "its conv2d_20.w_0 differs from what the source gives in 1 of" in report.sentence
    behind = [layer for layer in report.layers if layer.index > first.index]
    # What follows is led astray, and not at fault.
    assert all(layer.own is not None and layer.own.badness <= 1e-5 for layer in behind)
    assert any(layer.error is not None and layer.error.badness > 1e-3 for layer in behind)


@pytest.mark.parametrize(
    ("name", "number", "attributes", "layer", "said"),
    [
        ("lite0_subject", 21, {"with_act": {"b": False}}, "conv2d_18, operators", "its with_act is False, and True"),
        ("lite0_subject", 59, {"pooling_type": {"s": "max"}}, "operator 1", "its pooling_type is max, and avg"),
        pytest.param(
            "dpn68_subject", 2, {"pooling_type": {"s": "avg"}}, "operator 4", "its pooling_type is avg, and max",
            marks=pytest.mark.full,
        ),
        pytest.param(
            "dpn68_subject", 7, {"epsilon": {"f": 0.1}}, "batch_norm2d_2, operator 9", "its epsilon is 0.1",
            marks=pytest.mark.full,
        ),
        pytest.param(
            "dpn68_subject", 28, {"act_type": {"s": ""}, "fuse_relu": {"b": False}, "with_act": {"b": False}},
            "conv2d_9, operators", "its act_type is", marks=pytest.mark.full,
        ),
    ],
)  # fmt: skip
def test_a_changed_attribute(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    name: str,
    number: int,
    attributes: dict[str, Any],
    layer: str,
    said: str,
) -> None:
    subject: Subject = request.getfixturevalue(name)
    first, report = _layers(subject, change_op(subject.path, number, attributes, tmp_path / "changed.nb"))
    assert first is not None, report.sentence
    assert first.index == number
    assert first.origin.startswith(layer)
    assert said in report.sentence


def _nth(kind: str, number: int, change: Callable[[Any], None]) -> Callable[[Any], None]:
    """Changes the nth operator of a type in a program."""

    def change_program(program: Any) -> None:
        change([op for op in program.blocks[0].ops if op.type == kind][number])

    return change_program


def _to_sigmoid(op: Any) -> None:
    op.type = "sigmoid"


def _attribute(name: str, **fields: Any) -> Callable[[Any], None]:
    def change(op: Any) -> None:
        for attr in op.attrs:
            if attr.name == name:
                for field, value in fields.items():
                    setattr(attr, field, value)

    return change


@pytest.mark.parametrize(
    ("model", "change", "op", "layer", "said"),
    [
        pytest.param(
            "dpn68",
            _nth("relu", 1, _to_sigmoid),
            "relu",
            "operator 6",
            "it is sigmoid in what the source gives",
            marks=pytest.mark.full,
        ),
        pytest.param("dpn68", _nth("relu", 3, _to_sigmoid), "conv2d", "conv2d_", "", marks=pytest.mark.full),
        pytest.param(
            "dpn68",
            _nth("pool2d", 0, _attribute("pooling_type", s="avg")),
            "pool2d",
            "operator 4",
            "pooling_type",
            marks=pytest.mark.full,
        ),
        (
            "lite0",
            _nth("batch_norm", 10, _attribute("epsilon", f=1e-5)),
            "depthwise_conv2d",
            "conv2d_10, operators",
            "its batch_norm",
        ),
    ],
)
def test_a_source_that_was_changed_since(
    request: pytest.FixtureRequest,
    imported: Import,
    tmp_path: Path,
    model: str,
    change: Callable[[Any], None],
    op: str,
    layer: str,
    said: str,
) -> None:
    made: Subject = request.getfixturevalue(f"{model}_subject")
    source = tmp_path / model
    shutil.copytree(request.getfixturevalue(f"{model}_source"), source)
    program = read_program(source / "inference.pdmodel")
    change(program)
    (source / "inference.pdmodel").write_bytes(program.SerializeToString())
    first, report = _layers(imported(source), made.path)
    assert first is not None, report.sentence
    assert first.op == op, report.sentence
    assert first.origin.startswith(layer), report.sentence
    assert said in report.sentence


@pytest.mark.full
def test_what_reproduces_it(dpn68_subject: Subject, tmp_path: Path) -> None:
    damaged = flip_exponent_bit(dpn68_subject.path, "conv2d_5.w_0", tmp_path / "damaged.nb")
    first, report = _layers(dpn68_subject, damaged, save_to=tmp_path / "saved")
    assert first is not None
    assert report.saved == tmp_path / "saved"
    facts = json.loads((report.saved / "op.json").read_text())
    assert facts["layer"] == first.to_json()
    with Session(report.saved / "op.nb") as session:
        [answer] = session.run({it["name"]: np.load(report.saved / it["file"]) for it in facts["inputs"]}).values()
    [output] = facts["outputs"]
    assert np.array_equal(answer, np.load(report.saved / output["found"]))
    expected = np.load(report.saved / output["expected"])
    assert first.own is not None
    assert np.abs(answer - expected).max() / np.abs(expected).max() == pytest.approx(first.own.relative)


def test_the_report_as_json(lite0_subject: Subject) -> None:
    _, report = _layers(lite0_subject, lite0_subject.path)
    data = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert data["first"] is None
    assert data["compared"] == len(data["layers"]) == 62
    assert data["layers"][0]["op"] == "conv2d"
    assert data["layers"][0]["variable"] == "relu6_2.Out"
    assert data["layers"][0]["shape"] == [1, 32, 112, 112]
    assert data["layers"][0]["origin"] == "conv2d_0, operators 1 to 3"
    assert data["layers"][0]["kernel"] == "x86/float/nchw"
