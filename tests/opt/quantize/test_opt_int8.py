"""``oarlock opt --precision int8 --calibrate``: bundles, their record, the cache, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import oarlock
from oarlock import store
from oarlock._files import sha256_file
from oarlock._specs import TensorSpec
from oarlock_opt.calibrated import CACHE_KIND
from oarlock_opt.commands.opt import opt
from oarlock_opt.quantize import samples
from oarlock_opt.quantize.samples import Samples
from oarlock_opt.reference import run
from oarlock_opt.source import find_files
from tests.opt.quantize.conftest import SPEC, write_pictures
from tests.schemas import validate


def _opt(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(opt, list(map(str, arguments)))
    assert result.exit_code == status, result.output
    return result


@pytest.fixture(scope="module")
def source(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small classifier with its preprocessing beside it."""
    folder = tmp_path_factory.mktemp("source") / "digits"
    folder.mkdir()
    for path in (models / "digits").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "preprocess.json").write_text(json.dumps(SPEC.to_json()), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(
    source: Path, pictures: Path, engine: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], Path]:
    """A bundle with int8 for all targets, what the command said, and the quantised program."""
    folder = tmp_path_factory.mktemp("made")
    result = _opt(
        source, "-o", folder / "d.oar", "--target", "x86,arm64,armv7,opencl", "--precision", "fp32,int8", "--json",
        "--calibrate", pictures, "--method", "hist", "--save-quantized", folder / "quantized", "--labels", "none",
    )  # fmt: skip
    return folder / "d.oar", json.loads(result.stdout), folder / "quantized"


def test_the_bundle_and_the_report_obey_their_schemas(made: tuple[Path, dict[str, Any], Path]) -> None:
    bundle, said, _ = made
    validate(said, "opt")
    data = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    validate(data, "bundle")
    ids = [it["id"] for it in data["variants"]]
    assert ids == ["x86-fp32", "x86-int8", "arm64-fp32", "arm64-int8", "armv7-fp32", "armv7-int8"]
    assert [it["id"] for it in said["skipped"]] == ["opencl-fp32", "opencl-int8"]
    arm = next(it for it in data["variants"] if it["id"] == "arm64-int8")
    assert arm["kernels"]["arm/int8/nchw"] > 0
    facts = arm["quantisation"]
    assert (facts["kind"], facts["method"], facts["pictures"], facts["seed"]) == ("calibrated", "hist", 30, 0)
    assert facts["operators"] == 3
    assert facts["measured"]["pictures"] == 10
    assert facts["measured"]["judge"].startswith("PaddlePaddle inference (")
    assert data["golden"]["tolerances"]["int8"]["max_relative_error"] >= 0.02
    assert str(bundle.parent) not in json.dumps(data)


def test_the_saved_program_is_what_was_judged(
    made: tuple[Path, dict[str, Any], Path], source: Path, pictures: Path
) -> None:
    bundle, said, quantized = made
    files = find_files(quantized)
    found = samples.find(pictures, pictures=True)
    _, judged = samples.split(found, 128, seed=0, hold_out=True)
    inputs = oarlock.Bundle.open(bundle).data["inputs"]
    spec = TensorSpec(inputs[0]["name"], tuple(inputs[0]["shape"]), "float32")
    feeds = [batch.feed for batch in Samples(tuple(judged), (spec,), SPEC).batches(5)]
    ours, theirs = (
        np.concatenate([next(iter(it.values())) for it in run(each, feeds).outputs])
        for each in (files, find_files(source))
    )
    agreement = float((ours.argmax(1) == theirs.argmax(1)).mean())
    facts = next(it for it in said["variants"] if it["id"] == "arm64-int8")["quantisation"]
    assert facts["measured"]["top1_agreement"] == pytest.approx(agreement)


def test_on_x86_it_answers_as_paddlepaddle_does(made: tuple[Path, dict[str, Any], Path]) -> None:
    bundle, _, quantized = made
    opened = oarlock.Bundle.open(bundle)
    feeds = [{"x": np.random.default_rng(seed).standard_normal((1, 3, 32, 32)).astype(np.float32)} for seed in range(3)]
    answers = run(find_files(quantized), feeds)
    with opened.open_session("x86-int8") as session:
        for feed, expected in zip(feeds, answers.outputs, strict=True):
            found = next(iter(session.run(feed).values()))
            np.testing.assert_allclose(found, next(iter(expected.values())), atol=2e-2)


@pytest.mark.full
def test_equal_calls_give_equal_files_and_another_seed_others(
    source: Path, pictures: Path, made: tuple[Path, dict[str, Any], Path], tmp_path: Path
) -> None:
    hashes = []
    for number, seed in enumerate(("0", "0", "1")):
        path = tmp_path / f"{number}.oar"
        _opt(
            source, "-o", path, "--target", "arm64", "--precision", "int8", "--calibrate", pictures, "--no-golden",
            "--method", "hist", "--seed", seed, "--max-drop", "off",
        )  # fmt: skip
        hashes.append(sha256_file(path / "arm64-int8.nb"))
    assert hashes[0] == hashes[1]
    assert hashes[1] != hashes[2]


def test_the_cache_remembers_the_calibration_and_the_program(
    source: Path, pictures: Path, engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.is_file()
    home = tmp_path / "home"
    home.mkdir()
    (home / "lite").symlink_to(store.home() / "lite")
    monkeypatch.setenv("OARLOCK_HOME", str(home))
    monkeypatch.setenv("OARLOCK_CACHE_SIZE", "100MB")
    arguments: list[str | Path] = [
        source, "--target", "arm64", "--precision", "int8", "--calibrate", pictures, "--no-golden", "--method", "avg",
        "--max-drop", "off", "--json",
    ]  # fmt: skip
    first, second = (
        json.loads(_opt(*arguments, "-o", tmp_path / f"{name}.oar").stdout)["variants"][0] for name in "ab"
    )
    assert (first["cached"], second["cached"]) == (False, True)
    assert first["quantisation"] == second["quantisation"]
    digest = sha256_file(tmp_path / "b.oar" / "arm64-int8.nb")
    kept = home / "cache" / CACHE_KIND / digest
    assert {path.name for path in kept.iterdir()} == {"entry.json", "model.pdmodel", "model.pdiparams"}
    assert find_files(kept).params == kept / "model.pdiparams"


@pytest.mark.full
def test_without_json_it_says_what_int8_costs(source: Path, pictures: Path, tmp_path: Path) -> None:
    result = _opt(
        source, "-o", tmp_path / "d.oar", "--target", "arm64", "--precision", "int8,fp16,int8w", "--explain",
        "--calibrate", pictures, "--no-golden", "--method", "hist", "--labels", "none",
    )  # fmt: skip
    said = result.stdout
    assert "\nint8: calibrated by hist with 30 files, 0 of 3 operators in fp32; fp32's first place on " in said
    assert "\nint8w: weights in 8 bits; fp32's first place on " in said
    assert " of 10 files" in said
    assert "int8         hist: fp32's first place on " in said
    assert "computes in half precision on the device alone" in said


def test_labels_make_it_a_matter_of_accuracy(source: Path, tmp_path: Path) -> None:
    for number in range(4):
        write_pictures(tmp_path / "classes" / str(number), 6, seed=number)
    said = json.loads(
        _opt(
            source, "-o", tmp_path / "d.oar", "--target", "arm64", "--precision", "int8", "--json", "--no-golden",
            "--calibrate", tmp_path / "classes", "--method", "abs_max", "--max-drop", "off",
        ).stdout
    )  # fmt: skip
    validate(said, "opt")
    measured = said["variants"][0]["quantisation"]["measured"]
    assert {"accuracy", "fp32_accuracy"} <= set(measured)


@pytest.mark.full
def test_tensors_for_a_model_that_takes_no_pictures(models: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    (tmp_path / "tensors").mkdir()
    for index in range(12):
        np.savez(
            tmp_path / "tensors" / f"{index}.npz",
            left=random.standard_normal(6).astype(np.float32),
            right=random.standard_normal(4).astype(np.float32),
        )
    said = json.loads(
        _opt(
            models / "two-tensors", "-o", tmp_path / "t.oar", "--target", "arm64", "--precision", "int8", "--json",
            "--calibrate", tmp_path / "tensors",
        ).stdout
    )  # fmt: skip
    facts = said["variants"][0]["quantisation"]
    assert set(facts["methods"]) == {"abs_max", "hist", "KL", "mse", "avg"}
    best = min(it["relative_error"] for it in facts["methods"].values())
    assert facts["methods"][facts["method"]]["relative_error"] == best
    assert "top1_agreement" not in facts["measured"]
    assert facts["measured"]["relative_error"] <= 0.05


def test_black_pictures_are_brought_back_or_refused(source: Path, pictures: Path, tmp_path: Path) -> None:
    black = write_pictures(tmp_path / "black", 9, dark=True)
    result = CliRunner().invoke(
        opt,
        [
            str(source), "-o", str(tmp_path / "d.oar"), "--target", "arm64", "--precision", "int8", "--json",
            "--no-golden", "--calibrate", str(black), "--validate", str(pictures), "--method", "abs_max",
        ],
    )  # fmt: skip
    said = json.loads(result.stdout)
    if result.exit_code:
        assert said["error"]["code"] == "OAR-CALIBRATION-LIMIT"
        assert not (tmp_path / "d.oar").exists()
    else:
        facts = said["variants"][0]["quantisation"]
        assert facts["measured"]["top1_agreement"] >= 0.95
        assert facts["kept_fp32"] or facts["methods"]["abs_max"]["top1_agreement"] >= 0.95


def test_a_model_without_anything_to_quantise_is_refused(models: Path, tmp_path: Path) -> None:
    (tmp_path / "tensors").mkdir()
    for index in range(8):
        np.save(tmp_path / "tensors" / f"{index}.npy", np.full(4, index, np.float32))
    result = _opt(
        models / "no-parameters", "-o", tmp_path / "t.oar", "--target", "arm64", "--precision", "int8", "--json",
        "--calibrate", tmp_path / "tensors", "--no-golden", status=1,
    )  # fmt: skip
    error = json.loads(result.stdout)["error"]
    validate(json.loads(result.stdout), "failure")
    assert (error["code"], error["stage"]) == ("OAR-CALIBRATION-LIMIT", "calibrate")
    assert "no convolution and no product with a parameter" in error["message"]


def test_a_quantised_model_is_not_quantised_again(
    made: tuple[Path, dict[str, Any], Path], pictures: Path, source: Path, tmp_path: Path
) -> None:
    result = _opt(
        made[2], "-o", tmp_path / "t.oar", "--target", "arm64", "--precision", "int8", "--calibrate", pictures,
        "--no-golden", "--preprocess", source / "preprocess.json", "--labels", "none", status=1,
    )  # fmt: skip
    assert "model.pdmodel: is quantised already; calibrate the model as it was before" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--calibrate", "x"], "--calibrate is for --precision int8"),
        (["--precision", "int8", "--method", "KL"], "--method is for --calibrate DIR."),
        (["--precision", "int8", "--validate", "x"], "--validate is for --calibrate DIR."),
        (["--precision", "int8", "--calibrate", "x", "--max-drop", "2"], "'2', expected a part from 0 to below 1"),
        (["--precision", "int8", "--calibrate", "x", "--max-drop", "some"], "'some', expected a part from 0"),
    ],
)
def test_usage(source: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    assert message in _opt(source, "-o", tmp_path / "d.oar", *arguments, status=2).output


def test_a_folder_that_holds_something_is_not_saved_over(source: Path, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    result = _opt(
        source, "-o", tmp_path / "d.oar", "--precision", "int8", "--target", "arm64", "--calibrate", pictures,
        "--save-quantized", tmp_path / "full", status=1,
    )  # fmt: skip
    assert "full: is not empty; the quantised program is saved in a new or an empty folder" in result.output
    assert not (tmp_path / "d.oar").exists()
