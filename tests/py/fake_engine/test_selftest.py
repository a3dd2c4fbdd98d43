"""selftest: what the command prints, and what a probe that crashes does to it. The stages' own tests are native."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image

from oarlock import selftest
from oarlock.bundle import Bundle
from oarlock.cli import main
from oarlock.errors import InvalidArgumentError, NoGoldenError, NotFoundError, WrongTargetError
from oarlock.preprocess import Preprocessor

from ...schemas import validate
from ..helpers import SMALL, Build, fake_scores, file_entry, make_bundle

# No two rows and columns alike, and yet nothing that would not become smaller in a compressed file.
_PICTURE = np.add.outer(np.arange(23) * 7, np.arange(51) * 3).astype(np.uint8).reshape(23, 17, 3)


def _bundle(build: Build, folder: Path, *, compress_level: int = 0, **variants: tuple[str, ...]) -> Path:
    """A bundle with a picture and two tensors as goldens; ``variants`` has options of make_nb by id with _ for -."""
    made = {name.replace("_", "-"): options for name, options in variants.items()} or None
    bundle = make_bundle(build, folder, variants=made)
    (bundle / "golden").mkdir()
    picture = bundle / "golden" / "picture.png"
    Image.fromarray(_PICTURE).save(picture, compress_level=compress_level)
    inputs = {"picture": Preprocessor(SMALL)(_PICTURE)[np.newaxis], "batch": np.full((2, 3, 8, 8), 0.5, np.float32)}
    cases = [_case(bundle, name, array) for name, array in inputs.items()]
    cases[0]["image"] = _entry(picture)
    golden = {
        "reference": {"engine": "numpy", "version": "0", "device": "cpu"},
        "cases": cases,
        "tolerances": {"fp32": {"max_relative_error": 1e-6}, "int8": {"max_relative_error": 0.1}},
    }
    return _changed(bundle, golden=golden)


def _case(bundle: Path, name: str, array: NDArray[np.float32]) -> dict[str, Any]:
    entries = {}
    for side, tensor, values in (("inputs", "x", array), ("outputs", "y", fake_scores(array))):
        path = bundle / "golden" / f"{name}-{tensor}.npy"
        np.save(path, values)
        entries[side] = [{"name": tensor, **_entry(path)}]
    return {"name": name, "image": None, **entries}


def _entry(path: Path) -> dict[str, Any]:
    return {**file_entry(path), "file": f"golden/{path.name}"}


def _changed(bundle: Path, **fields: Any) -> Path:
    manifest = bundle / "bundle.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **fields}))
    return bundle


@pytest.fixture
def golden(build: Build, tmp_path: Path) -> Path:
    """A bundle that is right."""
    return _bundle(build, tmp_path / "golden.oar")


def _run(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["selftest", *map(str, arguments)])
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def _json(*arguments: str | Path, status: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_run(*arguments, "--json", status=status).stdout)
    validate(data, "selftest")
    assert data["ok"] == (status == 0)
    return data


def test_passes_in_the_table(golden: Path) -> None:
    validate(json.loads((golden / "bundle.json").read_text()), "bundle")
    lines = _run(golden).stdout.splitlines()
    assert lines[0] == "small against numpy 0 (cpu); here x86-64, Paddle Lite 2.12"
    assert lines[2].split("  ")[0] == "variant"
    assert lines[3].split() == ["x86-fp32", "picture", "equal", *lines[3].split()[3:5], "1e-06", "equal"]
    assert lines[4].split()[:3] == ["x86-fp32", "batch", "-"]
    assert lines[-1].startswith("PASSED: x86-fp32 passed: 2 cases, largest error ")


def test_json(golden: Path) -> None:
    data = _json(golden)
    assert data["bundle"] == str(golden)
    assert data["variants"][0]["cases"][1]["end_to_end"] is None
    assert data == selftest.run(golden).data == Bundle(golden).selftest("x86-fp32").data


def test_wrong_preprocessing(golden: Path) -> None:
    _changed(golden, preprocess={**SMALL.to_json(), "color": "BGR"})
    data = _json(golden, status=1)
    assert data["sentence"].startswith("x86-fp32 failed in preprocessing: picture: ")
    text = _run(golden, status=1).stdout
    assert " of 192 differ" in text
    assert text.splitlines()[-1] == f"FAILED: {data['sentence']}"


def test_nan(build: Build, tmp_path: Path) -> None:
    bundle = _bundle(build, tmp_path / "nan.oar", x86_fp32=(), x86_int8=("--marker", "fake_nan"), arm64_fp32=())
    _json(bundle)
    data = _json(bundle, "--all", status=1)
    assert [it["outcome"] for it in data["variants"]] == ["passed", "failed", "left_out"]
    assert "10 of 10 values are NaN or infinite" in data["sentence"]
    text = _run(bundle, "--all", status=1).stdout
    assert "NaN or inf" in text
    assert "arm64-fp32 was left out: made for arm64, and this machine is x86-64." in text
    assert "NaN" in _json(bundle, "--variant", "x86-int8", "--limit", "1e9", status=1)["sentence"]


def test_a_model_that_ends_the_process(build: Build, tmp_path: Path) -> None:
    bundle = _bundle(build, tmp_path / "crash.oar", x86_int8=("--marker", "fake_abort_run"), x86_fp32=())
    data = _json(bundle, "--all", status=1)
    crashed, sound = data["variants"]
    assert crashed["error"]["code"] == "OAR-ENGINE-CRASHED"
    assert crashed["cases"] == []
    assert sound["outcome"] == "passed"
    assert data["sentence"].startswith("1 of 2 variants passed. x86-int8 failed, it cannot be run: ")


def test_a_model_that_throws(build: Build, tmp_path: Path) -> None:
    bundle = _bundle(build, tmp_path / "throw.oar", x86_fp32=("--marker", "fake_throw_run"))
    data = _json(bundle, status=1)
    assert "Paddle Lite failed to run it" in data["variants"][0]["cases"][0]["engine"]["problem"]
    assert " failed " in _run(bundle, status=1).stdout


def test_compressed_pictures(build: Build, tmp_path: Path) -> None:
    bundle = _bundle(build, tmp_path / "old.oar", compress_level=6)
    data = _json(bundle)
    assert data["variants"][0]["cases"][0]["preprocessing"] is None
    assert "Note: golden/picture.png is compressed" in _run(bundle).stdout


def test_progress(golden: Path) -> None:
    steps: list[selftest.Step] = []
    assert selftest.run(golden, on_step=steps.append).ok
    assert steps == [(0, 2, "x86-fp32", "picture"), (1, 2, "x86-fp32", "batch")]


def test_what_cannot_be_tested(golden: Path, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(NoGoldenError, match="has no golden cases to replay"):
        selftest.run(bundle)
    with pytest.raises(WrongTargetError, match="arm64-fp32 cannot be tested here: made for arm64"):
        selftest.run(golden, "arm64-fp32")
    with pytest.raises(NotFoundError, match="no variant 'x'"):
        selftest.run(golden, "x")
    with pytest.raises(NotFoundError):
        selftest.run(tmp_path / "nowhere.oar")
    for limit in (0.0, -1.0, float("nan")):
        with pytest.raises(InvalidArgumentError, match="max_relative_error"):
            selftest.run(golden, limit=limit)
    with pytest.raises(InvalidArgumentError, match="expected one of the two"):
        selftest.run(golden, "x86-fp32", all_variants=True)
    assert "exclude each other" in _run(golden, "--all", "--variant", "x86-fp32", status=2).stderr
    failure = json.loads(_run(bundle, "--json", status=1).stdout)
    assert failure["error"]["code"] == "OAR-NO-GOLDEN"
