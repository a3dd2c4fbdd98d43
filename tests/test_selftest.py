"""oarlock selftest on EfficientNet-Lite0 and the real engine: passes, and finds every planted fault at its stage."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import oarlock.selftest
from tests.conftest import Figure, Run
from tests.schemas import validate

Plant = Callable[[Path], None]


@pytest.fixture
def bundle(lite0: Path, tmp_path: Path) -> Path:
    """A copy of the bundle with its x86 variant alone, to be broken."""
    copy = tmp_path / "planted.oar"
    shutil.copytree(lite0, copy, ignore=shutil.ignore_patterns("arm*.nb"))
    _edit(copy, lambda data: data.update(variants=[it for it in data["variants"] if it["target"] == "x86"]))
    return copy


def _edit(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = bundle / "bundle.json"
    data = json.loads(manifest.read_text())
    change(data)
    manifest.write_text(json.dumps(data))


def _preprocess(**fields: Any) -> Plant:
    return lambda bundle: _edit(bundle, lambda data: data["preprocess"].update(fields))


def _nearest(bundle: Path) -> None:
    _edit(bundle, lambda data: data["preprocess"]["resize"].update(interpolation="nearest"))


def _weight(change: Callable[[int], int]) -> Plant:
    """Change the bits of the largest of the classifier's last weights, which end the .nb file, and correct its hash.

    Further in, ReLU6 would turn NaN into a number.
    """

    def plant(bundle: Path) -> None:
        model = bundle / "x86-fp32.nb"
        content = bytearray(model.read_bytes())
        stretch = slice(len(content) - 8192, len(content) - 4096)
        first = stretch.start + _alignment(content, stretch)
        offset = max(range(first, stretch.stop - 4, 4), key=lambda it: abs(_float(content, it)))
        [bits] = struct.unpack_from("<I", content, offset)
        struct.pack_into("<I", content, offset, change(bits))
        model.write_bytes(content)
        entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        _edit(bundle, lambda data: data["variants"][0].update(entry))

    return plant


def _float(content: bytearray, offset: int) -> float:
    return float(struct.unpack_from("<f", content, offset)[0])


def _alignment(content: bytearray, stretch: slice) -> int:
    """How far into the stretch its first weight begins: read from there, all are small numbers."""
    piece = bytes(content[stretch])

    def is_sound(start: int) -> bool:
        values = np.frombuffer(piece[start : start + len(piece) - 4], "<f4")
        return bool(np.isfinite(values).all() and np.abs(values).max() < 8 and np.abs(values).mean() > 1e-4)

    [start] = [it for it in range(4) if is_sound(it)]
    return start


def test_passes(lite0: Path, oarlock_cli: Run, figure: Figure) -> None:
    data = json.loads(oarlock_cli("selftest", lite0, "--all", "--json").stdout)
    validate(data, "selftest")
    assert next(iter(data)) == "ok"
    outcomes = {variant["id"]: variant["outcome"] for variant in data["variants"]}
    assert outcomes == {"x86-fp32": "passed", "arm64-fp32": "left_out", "armv7-fp32": "left_out"}
    cases = data["variants"][0]["cases"]
    assert [case["name"] for case in cases] == ["picture-1", "picture-2", "picture-3", "tensors-batch-2"]
    assert all(case["preprocessing"]["difference"]["differing"] == 0 for case in cases[:3])
    errors = [case["engine"]["outputs"][0]["relative_error"] for case in cases]
    figure("EfficientNet-Lite0: selftest on x86, largest relative error", max(errors))
    assert max(errors) <= 1e-5
    assert [len(case["engine"]["outputs"][0]["first"]) for case in cases] == [1, 1, 1, 2]


def test_table(lite0: Path, oarlock_cli: Run) -> None:
    done = oarlock_cli("selftest", lite0)
    assert "picture-1        equal" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("PASSED: x86-fp32 passed: 4 cases, largest error ")
    assert done.stderr == ""


def test_from_python(lite0: Path) -> None:
    steps = []
    with pytest.raises(ZeroDivisionError):
        oarlock.selftest.run(lite0, on_step=lambda step: steps.append(step) or 1 / (2 - len(steps)))
    assert [(it.done, it.total, it.variant, it.case) for it in steps] == [
        (0, 4, "x86-fp32", "picture-1"),
        (1, 4, "x86-fp32", "picture-2"),
    ]
    result = oarlock.Bundle(lite0).selftest("x86-fp32", threads=2)
    assert result.ok
    assert result.sentence == result.data["sentence"]


@pytest.mark.parametrize(
    "plant",
    [
        _preprocess(color="BGR"),
        _preprocess(mean=[0.4, 0.5, 0.5]),
        _nearest,
        _preprocess(crop_fraction=None),
    ],
    ids=["bgr", "mean", "nearest", "crop"],
)
def test_preprocessing_at_fault(bundle: Path, oarlock_cli: Run, plant: Plant) -> None:
    plant(bundle)
    data = _failed(bundle, oarlock_cli)
    assert data["sentence"].startswith("x86-fp32 failed in preprocessing: picture-1: ")
    assert "The engine answers as the reference does" in data["sentence"]
    assert all(case["engine"]["passed"] for case in data["variants"][0]["cases"])


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (_weight(lambda bits: bits ^ 1 << 31), "the largest difference is "),
        (_weight(lambda bits: 0x7FC00000), " values are NaN or infinite"),
    ],
    ids=["flipped-bit", "nan"],
)
def test_engine_at_fault(bundle: Path, oarlock_cli: Run, plant: Plant, words: str) -> None:
    plant(bundle)
    data = _failed(bundle, oarlock_cli)
    assert data["sentence"].startswith("x86-fp32 failed in the engine: picture-")
    assert words in data["sentence"]
    assert data["sentence"].endswith("Preprocessing is right to the bit.")
    assert all(case["preprocessing"]["passed"] for case in data["variants"][0]["cases"][:3])


def _failed(bundle: Path, oarlock_cli: Run) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(oarlock_cli("selftest", bundle, "--json", status=1).stdout)
    validate(data, "selftest")
    assert not data["ok"]
    assert data["variants"][0]["error"] is None
    return data


def test_nothing_to_test(bundle: Path, oarlock_cli: Run) -> None:
    done = oarlock_cli("selftest", bundle, "--variant", "arm64-fp32", "--json", status=1)
    assert json.loads(done.stdout)["error"]["code"] == "OAR-NOT-FOUND"
    _edit(bundle, lambda data: data["golden"]["tolerances"].clear())
    done = oarlock_cli("selftest", bundle, "--json", status=1)
    assert json.loads(done.stdout)["error"]["code"] == "OAR-NO-GOLDEN"
    oarlock_cli("selftest", bundle, "--limit", "1e-5")
    _edit(bundle, lambda data: data.update(golden=None))
    done = oarlock_cli("selftest", bundle, status=1)
    assert "has no golden cases to replay" in done.stderr
    oarlock_cli("selftest", bundle, "--all", "--variant", "x86-fp32", status=2)
