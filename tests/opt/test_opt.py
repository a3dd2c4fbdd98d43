"""oarlock opt: the bundle is right, is the same every time, and is all there or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import oarlock
from oarlock import images
from oarlock.bundle import Bundle
from oarlock.preprocess import ResizeShort
from oarlock_opt import pipeline
from oarlock_opt.commands.opt import opt
from oarlock_opt.errors import OptimizerAbortedError
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, select
from tests.conftest import SmallDisk
from tests.opt.conftest import rename_swish, spoil_epsilon
from tests.py.processes import is_running, wait_until
from tests.schemas import validate

Copy = Callable[..., Path]
pytestmark = pytest.mark.usefixtures("engine")


def _opt(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(opt, [str(argument) for argument in arguments])
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    return result


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def digits(models: Path, engine: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The bundle of the classifier of digits with goldens, and what the command said of it."""
    folder = tmp_path_factory.mktemp("digits")
    preprocess = oarlock.PreprocessSpec(resize=ResizeShort(36), center_crop=(32, 32))
    (folder / "preprocess.json").write_text(json.dumps(preprocess.to_json()), encoding="utf-8")
    (folder / "labels.txt").write_text("".join(f"digit {number}\n" for number in range(10)), encoding="utf-8")
    result = _opt(
        models / "digits", "-o", folder / "digits.oar", "--target", "armv7,x86,arm64", "--json",
        "--preprocess", folder / "preprocess.json", "--labels", folder / "labels.txt",
    )  # fmt: skip
    return folder / "digits.oar", json.loads(result.stdout)


def test_the_help_says_what_can_be_made() -> None:
    made: dict[str, list[str]] = {}
    for variant in select(TARGETS, PRECISIONS, calibrated=True)[0]:
        made.setdefault(variant.target, []).append(variant.precision)
    assert made["x86"] == ["fp32", "int8w", "int16w", "int8"]
    assert made["arm64"] == made["armv7"] == ["fp32", "fp16", "int8w", "int16w", "int8"]
    assert made["opencl"] == ["fp16"]
    said = " ".join(_opt("--help").output.split())
    assert "x86, arm64 and armv7 are made in fp32, int8w and int16w (" in said
    assert ") and int8, arm64 and armv7 also in fp16, and opencl in fp16 alone." in said


def test_the_bundle_obeys_the_schema(digits: tuple[Path, dict[str, Any]]) -> None:
    bundle, said = digits
    data = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    validate(data, "bundle")
    validate(said, "opt")
    assert [it["id"] for it in data["variants"]] == ["x86-fp32", "arm64-fp32", "armv7-fp32"]
    assert [it["file"] for it in data["variants"]] == ["x86-fp32.nb", "arm64-fp32.nb", "arm64-fp32.nb"]
    assert [it["id"] for it in said["variants"]] == ["x86-fp32", "arm64-fp32", "armv7-fp32"]
    assert said["golden"] == 4
    assert data["name"] == said["name"] == "digits"
    assert data["created_by"] == {"tool": "oarlock opt", "version": oarlock.__version__}
    assert data["outputs"][0]["meaning"] == "probabilities"
    assert data["labels"]["count"] == 10
    assert data["golden"]["tolerances"] == {"fp32": {"max_relative_error": 1e-5}}
    assert "restored-attributes" in {each["name"] for each in data["source"]["repairs"]}
    assert [each["name"] for each in data["source"]["files"]] == ["inference.pdmodel", "inference.pdiparams"]


def test_the_bundle_holds_its_files_and_nothing_of_this_machine(digits: tuple[Path, dict[str, Any]]) -> None:
    bundle, _ = digits
    opened = Bundle.open(bundle)
    text = (bundle / "bundle.json").read_text(encoding="utf-8")
    assert str(bundle.parent) not in text
    assert not re.search(r"20\d\d-\d\d|\d\d:\d\d", text), "a time"
    listed = set(re.findall(r'"file": "([^"]+)"', text))
    assert listed | {"bundle.json"} == set(_files(bundle))
    for name in listed:
        opened.file(name)
    assert _names(bundle.parent) == {"digits.oar", "preprocess.json", "labels.txt"}, "nothing is left beside it"


def test_the_variant_answers_the_goldens_as_the_reference_did(digits: tuple[Path, dict[str, Any]]) -> None:
    bundle = Bundle.open(digits[0])
    preprocessor = oarlock.Preprocessor(bundle.preprocess) if bundle.preprocess else None
    assert preprocessor is not None
    with bundle.open_session("x86-fp32") as session:
        for case in bundle.data["golden"]["cases"]:
            feeds = {it["name"]: np.load(bundle.file(it["file"])) for it in case["inputs"]}
            if case["image"] is not None:
                image = images.load(bundle.file(case["image"]["file"]))
                np.testing.assert_array_equal(preprocessor(image)[np.newaxis], feeds["x"])
            found = session.run(feeds)
            for output in case["outputs"]:
                expected = np.load(bundle.file(output["file"]))
                assert expected.dtype == np.float32
                error = np.abs(found[output["name"]] - expected).max() / np.abs(expected).max()
                assert error <= 1e-5


def test_a_pir_program_gives_what_the_legacy_one_gives(models: Path, pir_models: Path, tmp_path: Path) -> None:
    bundles = []
    for name, folder in (("legacy", models), ("pir", pir_models)):
        destination = tmp_path / f"{name}.oar"
        _opt(folder / "digits", "-o", destination, "--preprocess", "none", "--name", "same")
        bundles.append(Bundle.open(destination).data)
    legacy, pir = bundles
    validate(pir, "bundle")
    assert (legacy["source"]["kind"], pir["source"]["kind"]) == ("legacy", "pir")
    assert [file["name"] for file in pir["source"]["files"]] == ["inference.json", "inference.pdiparams"]
    assert pir["source"]["paddle_version"] == "3.3"
    assert pir["outputs"] == [{**legacy["outputs"][0], "name": "fetch_name_0"}]
    for ours, theirs in zip(pir["variants"], legacy["variants"], strict=True):
        assert (ours["id"], ours["ops"], ours["kernels"]) == (theirs["id"], theirs["ops"], theirs["kernels"])
    bundle = Bundle.open(tmp_path / "pir.oar")
    with bundle.open_session("x86-fp32") as session:
        for case in pir["golden"]["cases"]:
            (found,) = session.run({it["name"]: np.load(bundle.file(it["file"])) for it in case["inputs"]}).values()
            (output,) = case["outputs"]
            assert output["name"] == "fetch_name_0"
            expected = np.load(bundle.file(output["file"]))
            assert np.abs(found - expected).max() / np.abs(expected).max() <= 1e-5


def test_of_both_formats_pir_is_taken_aloud(models: Path, pir_models: Path, tmp_path: Path) -> None:
    for folder in (models, pir_models):
        shutil.copytree(folder / "digits", tmp_path / "digits", dirs_exist_ok=True)
    options = ("-o", tmp_path / "d.oar", "--preprocess", "none", "--no-golden", "--target", "x86")
    for source, taken, other in (
        (tmp_path / "digits", "inference.json", "inference.pdmodel"),
        (tmp_path / "digits" / "inference.pdmodel", "inference.pdmodel", "inference.json"),
    ):
        said = _opt(source, *options).stderr
        assert f"{taken} is taken. Give the path of {other} for the other." in said
        assert Bundle.open(tmp_path / "d.oar").data["source"]["files"][0]["name"] == taken


def test_equal_input_gives_equal_bytes(models: Path, copy: Copy, tmp_path: Path) -> None:
    elsewhere = copy("digits")
    options = ("--no-golden", "--preprocess", "none")
    _opt(models / "digits", "-o", tmp_path / "a.oar", "--target", "x86,arm64,armv7", "--name", "same", *options)
    _opt(elsewhere, "-o", tmp_path / "b.oar", "--target", "armv7,x86,arm64,x86", "--name", "same", *options)
    assert _files(tmp_path / "a.oar") == _files(tmp_path / "b.oar")
    assert set(_files(tmp_path / "a.oar")) == {"bundle.json", "x86-fp32.nb", "arm64-fp32.nb"}


def test_a_classifier_of_imagenet_gets_its_labels_aloud(models: Path, tmp_path: Path) -> None:
    result = _opt(models / "thousand", "-o", tmp_path / "t.oar", "--no-golden", "--explain")
    assert "Note: the model has 1000 classes and no labels; ImageNet's are assumed." in result.stderr
    assert re.search(r"repair +channel-parameters, once: \S", result.stdout)
    assert re.search(r"x86-fp32 +\d+ operators became \d+; kernels: ", result.stdout)
    assert re.search(r"arm64-fp32 +arm64-fp32\.nb +\d+\.\d kB +\d+ +\d+\.\d\d +-", result.stdout)
    assert f"{tmp_path}/t.oar: t, Paddle Lite 2.12, no golden cases, made in " in result.stdout
    assert len((tmp_path / "t.oar" / "labels.txt").read_text(encoding="utf-8").splitlines()) == 1000


def test_a_model_of_tensors(models: Path, tmp_path: Path) -> None:
    _opt(models / "two-tensors", "-o", tmp_path / "t.oar", "--target", "x86")
    data = Bundle.open(tmp_path / "t.oar").data
    validate(data, "bundle")
    assert data["preprocess"] is None
    assert data["labels"] is None
    assert [it["meaning"] for it in data["outputs"]] == ["tensor", "tensor"]
    assert [case["image"] for case in data["golden"]["cases"]] == [None, None]
    assert len(data["golden"]["cases"][0]["inputs"]) == 2


def test_a_model_without_parameters(models: Path, tmp_path: Path) -> None:
    result = _opt(models / "no-parameters", "-o", tmp_path / "n.oar", "--target", "x86", "--no-golden", "--explain")
    assert re.search(r"repair +none was needed", result.stdout)
    with Bundle.open(tmp_path / "n.oar").open_session() as session:
        (found,) = session.run({"x": np.array([[-1, 0, 1, 2]], np.float32)}).values()
    assert found.tolist() == [[0, 0, 1, 2]]


def test_explains_with_json_on_stderr(models: Path, tmp_path: Path) -> None:
    result = _opt(
        models / "digits", "-o", tmp_path / "d.oar", "--preprocess", "none", "--no-golden", "--json", "--explain"
    )
    validate(json.loads(result.stdout), "opt")
    assert "repair       restored-attributes, 2 times: PaddlePaddle 3 no longer writes" in result.stderr
    assert "output       softmax_0.tmp_0: probabilities" in result.stderr


def test_pairs_that_cannot_be_are_skipped_aloud(models: Path, tmp_path: Path) -> None:
    result = _opt(
        models / "digits", "-o", tmp_path / "d.oar", "--preprocess", "none", "--no-golden", "--json",
        "--target", "x86,opencl", "--precision", "fp32,int8",
    )  # fmt: skip
    said = json.loads(result.stdout)
    validate(said, "opt")
    assert [it["id"] for it in said["skipped"]] == ["x86-int8", "opencl-fp32", "opencl-int8"]
    assert "Note: opencl-fp32 is skipped: Paddle Lite's kernels for OpenCL are its fp16 ones" in result.stderr


# ---- What is refused ---------------------------------------------------------------------------------------------


def _refused(code: str, *arguments: str | Path) -> str:
    result = _opt(*arguments, "--json", status=1)
    said = json.loads(result.stdout)
    validate(said, "failure")
    assert said["error"]["code"] == code
    assert f"Error: {said['error']['message']}\n" in result.stderr
    return str(said["error"]["message"])


@pytest.mark.parametrize(
    ("change", "code"), [(rename_swish("frobnicate"), "OAR-NO-KERNEL"), (spoil_epsilon, "OAR-OPT-ABORTED")]
)
def test_a_failure_leaves_the_older_bundle(
    copy: Copy, models: Path, tmp_path: Path, change: Callable[[Any], None], code: str
) -> None:
    bundle = tmp_path / "d.oar"
    options = ("-o", bundle, "--preprocess", "none", "--no-golden")
    _opt(models / "digits", *options)
    before = _files(bundle)
    broken = copy("digits", change)
    _refused(code, broken, *options)
    assert _files(bundle) == before
    assert _names(tmp_path) == {"d.oar", "digits"}


def test_every_failure_writes_nothing(copy: Copy, models: Path, tmp_path: Path) -> None:
    out = ("-o", tmp_path / "new.oar")
    (tmp_path / "labels").write_text("one\ntwo\n", encoding="utf-8")
    wrong = copy("digits")
    (wrong / "inference.pdiparams").write_bytes(b"hello")
    before = _names(tmp_path)
    digits = models / "digits"
    _refused("OAR-PREPROCESS", digits, *out)
    _refused("OAR-LABELS", digits, *out, "--preprocess", "none", "--labels", tmp_path / "labels")
    _refused("OAR-SOURCE-PARAMS", wrong, *out)
    _refused("OAR-SOURCE-NOT-FOUND", tmp_path / "nothing.pdmodel", *out)
    _refused("OAR-SOURCE-NOT-FOUND", "DPN69", *out)
    _refused("OAR-TARGET", digits, *out, "--target", "opencl")
    _refused("OAR-OPT-TIMEOUT", digits, *out, "--preprocess", "none", "--timeout", "0.001")
    _refused("OAR-DESTINATION", digits, "-o", tmp_path / "no" / "such" / "x.oar")
    assert _names(tmp_path) == before


def test_only_bundles_are_replaced(models: Path, tmp_path: Path) -> None:
    options = ("--preprocess", "none", "--no-golden", "--target", "x86")
    file, folder, link, empty = (tmp_path / f"{name}.oar" for name in ("file", "folder", "link", "empty"))
    file.write_text("precious", encoding="utf-8")
    folder.mkdir()
    (folder / "thesis.txt").write_text("precious", encoding="utf-8")
    (folder / "bundle.json").write_text("[1]", encoding="utf-8")
    link.symlink_to(folder)
    empty.mkdir()
    for destination, said in ((file, "is a file or a link"), (link, "is a file or a link"), (folder, "is no bundle")):
        assert said in _refused("OAR-DESTINATION", models / "digits", "-o", destination, *options)
    assert file.read_text(encoding="utf-8") == (folder / "thesis.txt").read_text(encoding="utf-8") == "precious"
    for _ in range(2):
        _opt(models / "digits", "-o", empty, *options)
    assert _names(empty) == {"bundle.json", "x86-fp32.nb"}


def test_a_missing_engine_is_told_before_anything_is_done(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "empty"))
    message = _refused("OAR-ENGINE-NOT-INSTALLED", models / "digits", "-o", tmp_path / "x.oar")
    assert "`oarlock lite install`" in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m", "-o", "x"], "x does not end in .oar"),
        (["m", "-o", "x.oar", "--target", "x86,x87"], "'x87' is not one of x86, arm64, armv7, opencl"),
        (["m", "-o", "x.oar", "--precision", "fp64"], "'fp64' is not one of fp32, fp16, int8w, int16w, int8"),
        (["m", "-o", "x.oar", "--timeout", "0"], "expected a number of seconds above 0"),
        (["m", "-o", "x.oar", "--timeout", "nan"], "expected a number of seconds above 0"),
        (["m", "-o", "x.oar", "--name", ""], "--name"),
        (["./m", "-o", "x.oar", "--weights", "random"], "--weights is for models of the zoo, but ./m is a path"),
        (["./m", "-o", "x.oar", "--seed", "1"], "--seed is for models of the zoo"),
        (["DPN68", "-o", "x.oar", "--weights", "imagenet"], "--weights"),
        (["EfficientNetLite0", "-o", "x.oar", "--seed", "1"], "--seed is for --weights random"),
        (["m"], "Missing option '-o'"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    assert said in _opt(*arguments, status=2).stderr


# ---- Interrupted -------------------------------------------------------------------------------------------------


@pytest.fixture
def slow(tmp_path: Path, models: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts an opt whose optimiser stops and waits; returns once it does."""
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n", encoding="utf-8")
    stand_in.chmod(0o755)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from oarlock_opt.lite import worker\n"
        f"worker.worker_program = lambda: Path({str(stand_in)!r})\n"
        "from oarlock.cli import main\n"
        "sys.argv[0] = 'oarlock'\n"
        "main()\n"
    )
    started = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, "opt", str(models / "digits"), "-o", str(tmp_path / "out" / "d.oar")]
        options = ["--preprocess", "none", "--no-golden", "--target", "x86"]
        (tmp_path / "out").mkdir(exist_ok=True)
        process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, start_new_session=True)
        started.append(process)
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="ascii"):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_ctrl_c_leaves_nothing(slow: Callable[[], subprocess.Popen[bytes]], tmp_path: Path) -> None:
    process = slow()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Interrupted." in said
    assert b"Traceback" not in said
    assert _names(tmp_path / "out") == set()
    worker = int((tmp_path / "pid").read_text(encoding="ascii"))
    wait_until(lambda: not is_running(worker))


def test_what_a_killed_run_left_is_removed_by_the_next(
    slow: Callable[[], subprocess.Popen[bytes]], models: Path, tmp_path: Path
) -> None:
    process = slow()
    process.kill()
    process.wait()
    assert len(_names(tmp_path / "out")) == 1, "a killed process cannot clean up"
    _opt(models / "digits", "-o", tmp_path / "out" / "d.oar", "--preprocess", "none", "--no-golden", "--target", "x86")
    assert _names(tmp_path / "out") == {"d.oar"}


def test_a_full_disk(models: Path, small_disk: SmallDisk) -> None:
    disk = small_disk(256)
    options = ("-o", disk / "d.oar", "--preprocess", "none", "--no-golden", "--target", "x86")
    _opt(models / "digits", *options)
    before = _files(disk / "d.oar")
    outcomes = set()
    free = os.statvfs(disk).f_bavail * 4096
    for left in range(0, 60_000, 4096):
        (disk / "filler").write_bytes(bytes(free - left))
        result = CliRunner().invoke(opt, [str(models / "digits"), *map(str, options), "--json"])
        if result.exit_code == 0:
            break
        outcomes.add(json.loads(result.stdout)["error"]["code"])
        assert "disk is full" in json.loads(result.stdout)["error"]["message"]
        assert _files(disk / "d.oar") == before
        assert _names(disk) == {"d.oar", "filler"}
    assert outcomes == {"OAR-DESTINATION", "OAR-OPT-OUTPUT"}
    assert result.exit_code == 0, "there was room in the end"


# ---- As a library ------------------------------------------------------------------------------------------------


def test_the_listener_is_told_of_every_step(models: Path, tmp_path: Path) -> None:
    heard: list[str] = []

    class Listener(pipeline.Listener):
        def remark(self, sentence: str) -> None:
            heard.append("remark")

        def started(self, step: str) -> None:
            heard.append(f"> {step}")

        def ended(self, step: str, seconds: float) -> None:
            assert seconds > 0
            heard.append(f"< {step}")

    request = pipeline.Request(
        str(models / "two-tensors"), tmp_path / "t.oar", targets=("arm64", "armv7"), labels="none"
    )
    report = pipeline.make_bundle(request, Listener())
    optimising, recording = "optimising arm64-fp32, armv7-fp32", "recording PaddlePaddle's answers"
    reading = "reading inference.pdmodel"
    steps = [f"> {optimising}", f"< {optimising}", f"> {recording}", f"< {recording}"]
    assert heard == [f"> {reading}", f"< {reading}", steps[0], "remark", *steps[1:]]
    assert report.data == json.loads((tmp_path / "t.oar" / "bundle.json").read_text(encoding="utf-8"))


def test_errors_carry_what_paddle_lite_printed(copy: Copy, tmp_path: Path) -> None:
    request = pipeline.Request(str(copy("digits", spoil_epsilon)), tmp_path / "d.oar", preprocess="none", golden=False)
    with pytest.raises(OptimizerAbortedError) as caught:
        pipeline.make_bundle(request)
    assert "required type is FLOAT" in caught.value.output
    assert "batch_norm" in caught.value.message
