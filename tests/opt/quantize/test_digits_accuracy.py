"""What int8 costs in accuracy: a DPN trained on digits, judged on 500 that neither training nor calibration saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Figure, Run
from tests.digits import PREPROCESS, DigitsDPN, accuracy, bundle_places, first_places

_MOST = 0.01


@pytest.mark.parametrize("method", ["hist", pytest.param("auto", marks=pytest.mark.full)])
def test_int8_loses_a_point_at_most(
    method: str, digits_dpn: DigitsDPN, oarlock_cli: Run, engine: Path, figure: Figure, tmp_path: Path
) -> None:
    assert engine.is_file()
    bundle, quantized = tmp_path / "digits.oar", tmp_path / "quantized"
    said = json.loads(
        oarlock_cli(
            "opt", digits_dpn.source, "-o", bundle, "--target", "x86", "--precision", "fp32,int8", "--method", method,
            "--calibrate", digits_dpn.root / "train", "--save-quantized", quantized, "--json",
        ).stdout
    )  # fmt: skip
    facts = next(it for it in said["variants"] if it["id"] == "x86-int8")["quantisation"]
    # The folders are called by the classes, so the gate, too, looked at accuracy; and int8 is what it let pass.
    assert "accuracy" in facts["measured"]
    assert len(facts["kept_fp32"]) <= facts["operators"] / 2

    judged = first_places(quantized, digits_dpn, PREPROCESS)
    on_x86 = bundle_places(oarlock_cli, bundle, "x86-int8", digits_dpn, tmp_path)
    for places, where in ((judged, "by PaddlePaddle"), (on_x86, "on x86")):
        drop = digits_dpn.accuracy - accuracy(places, digits_dpn)
        figure(f"DPN on digits, int8 by {method}: accuracy lost, {where}", drop)
        assert drop <= _MOST
