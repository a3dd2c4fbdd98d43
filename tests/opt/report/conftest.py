"""What the tests of the report share: real findings, and changed ones for what a page may have to show."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

Findings = dict[str, Any]


@pytest.fixture
def findings() -> Findings:
    """What `oarlock verify --json` said of a real bundle; make_findings.py made it."""
    data: Findings = json.loads(Path(__file__).with_name("findings.json").read_text(encoding="utf-8"))
    return data


def leaving(findings: Findings) -> Findings:
    """The same, with an operator that leaves the reference."""
    data = copy.deepcopy(findings)
    layers = data["variants"][0]["layers"]
    for layer in layers["layers"][20:]:
        layer["error"] = 0.03
    layers["layers"][20]["own_error"] = 0.03
    layers["layers"][30].update(error=None, own_error=None, cosine=None, not_finite=12)
    layers["layers"][31].update(
        compared=False, shape=None, error=None, own_error=None, cosine=None, remark="it cannot be told for certain"
    )
    layers["compared"] -= 1
    layers["first"] = layers["layers"][20]["index"]
    layers["sentence"] = "An operator is the first that leaves the reference."
    return data


def broken_preprocessing(findings: Findings) -> Findings:
    """The same, with preprocessing that differs, and a variant that failed."""
    data = copy.deepcopy(findings)
    data["variants"][0]["pictures"]["preprocessing"] = {
        "ok": False,
        "pictures": 75,
        "bytes": {"differ": 70, "largest": 31},
        "tensor": {"differ": 5, "largest": 0.5},
        "cause": "bilinear interpolation instead of bicubic",
    }
    data["variants"][0]["pictures"]["ok"] = data["variants"][0]["ok"] = data["ok"] = False
    data["variants"][1].update(
        error={"code": "OAR-ENGINE", "message": "coffee.png: the engine ended"},
        pictures=None, goldens=None, accuracy=None, disagreements=[], histogram=None, points=[],
        milliseconds={"reference": None, "variant": None}, sentence="It failed: coffee.png: the engine ended.",
    )  # fmt: skip
    data["pictures"]["failed"] = [{"file": "cut.png", "message": "cut.png: ends too early"}]
    return data


def goldens_alone(findings: Findings) -> Findings:
    """The same without pictures."""
    data = copy.deepcopy(findings)
    data["pictures"] = {"count": 0, "labelled": False, "failed": []}
    data["reference"] = None
    for variant in data["variants"]:
        variant.update(
            pictures=None, accuracy=None, disagreements=[], histogram=None, points=[],
            milliseconds={"reference": None, "variant": None},
        )  # fmt: skip
    return data


def unread_pictures(findings: Findings) -> Findings:
    """The same where all that ran is right, and a picture could not be read."""
    data = copy.deepcopy(findings)
    del data["variants"][1]
    data["pictures"]["failed"] = [{"file": "cut.png", "message": "cut.png: ends too early"}]
    data["sentence"] = "On host, 1 of 3 variants answered as the reference. 1 pictures could not be read."
    return data


def nothing_ran(findings: Findings) -> Findings:
    """The same where no variant could run."""
    data = copy.deepcopy(findings)
    data["variants"] = [each for each in data["variants"] if each["refusal"] is not None]
    data.update(ok=False, sentence="None of the 2 variants runs on host, so that nothing was verified.")
    return data


def not_finite(findings: Findings) -> Findings:
    """The same where no answer of a variant was finite."""
    data = goldens_alone(findings)
    nothing = {"largest": None, "mean": None}
    stage = {
        "ok": False, "broken": ["3 of its 3 answers have NaN or infinity in them"], "count": 3, "finite": 0,
        "not_finite": {"reference": 0, "variant": 3}, "top1_agreement": None, "top5_agreement": None,
        "sure": {"count": 0, "agreement": None}, "error": nothing, "relative_error": nothing, "kl": nothing,
        "cosine": {"mean": None, "smallest": None},
    }  # fmt: skip
    variant = data["variants"][1]
    variant.update(ok=False, goldens={"ok": False, "preprocessing": None, "engine": stage, "end_to_end": None})
    return data


CHANGES = (leaving, broken_preprocessing, unread_pictures, goldens_alone, nothing_ran, not_finite)
