"""Which value of the source an operator gives: proved for every one of sound models, and never guessed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oarlock_opt.layers import compare_layers
from oarlock_opt.layers._subject import LayerSubject
from tests.opt.layers.conftest import Import, Subject

_EXPORT = """
import sys, paddle
paddle.seed(0)
model = getattr(paddle.vision.models, sys.argv[1])()
model.eval()
spec = paddle.static.InputSpec([None, 3, 224, 224], "float32", "x")
paddle.jit.save(model, sys.argv[2] + "/inference", input_spec=[spec])
"""


@pytest.mark.parametrize(
    ("target", "precision"),
    [("x86", "fp32"), ("arm64", "fp32"), ("arm64", "fp16"), ("armv7", "int8w"), ("x86", "int16w")],
)
def test_every_operator_of_dpn68(
    dpn68_source: Path, imported: Import, tmp_path: Path, target: str, precision: str
) -> None:
    made = imported(dpn68_source, target, precision)
    subject = LayerSubject(made.path, made.model, made.variant, tmp_path, 100)
    assert len(subject.program.ops) >= 220
    for op in subject.program.ops:
        assert set(subject.expected(op)) == set(op.results)
        assert subject.read(op) is not None
        assert subject.origin(op) or op.type == "calib"
        assert subject.changes[op] == ()


@pytest.mark.parametrize(
    "name", ["mobilenet_v3_small", *(pytest.param(each, marks=pytest.mark.full) for each in ("resnet50", "googlenet"))]
)
def test_every_operator_of_a_pir_model(imported: Import, tmp_path: Path, name: str) -> None:
    done = subprocess.run([sys.executable, "-c", _EXPORT, name, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = imported(tmp_path)
    report = compare_layers(made.path, made.model, made.variant, [made.feed()])
    assert report.compared == len(report.layers) > 70
    assert report.first is None
    assert all(layer.error is not None and layer.error.badness <= 1e-5 for layer in report.layers)


def test_another_models_source(lite0_subject: Subject, dpn68_subject: Subject) -> None:
    # PaddlePaddle calls the first convolution of both conv2d_0.
    report = compare_layers(lite0_subject.path, dpn68_subject.model, lite0_subject.variant, [lite0_subject.feed()])
    assert report.compared <= 5
    assert report.first == 1
    assert "(x86/float/nchw, of the source's conv2d_0, operators 1 to 3) is the first that leaves" in report.sentence
    assert any(layer.remark for layer in report.layers)
