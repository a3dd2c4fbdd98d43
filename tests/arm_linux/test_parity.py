"""Both programs, ``oarlock predict`` and ``oarlock-classify``, on the same bundle and pictures: they must agree."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import oarlock

from ..conftest import run_oarlock
from ..py.helpers import Build, make_bundle
from ..schemas import validate
from .conftest import Program
from .picture_files import damaged, pictures
from .serving import Served

Run = Callable[..., subprocess.CompletedProcess[str]]

_TOP_ALL = ("--top", "1000")


def _lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        validate(line, "predict")
    return lines


def _without_time(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "ms"} for line in lines]


def _outcome(line: dict[str, Any]) -> object:
    return line["error"]["code"] if "error" in line else line["top"]


class _Both:
    """Runs the one program and the other with the fake engine."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __call__(
        self, *arguments: str | Path, status: int = 0, **options: Any
    ) -> list[subprocess.CompletedProcess[str]]:
        if "stdin" in options:
            content = Path(options.pop("stdin")).read_bytes()
            return [self._piped(command, content, status) for command in self._commands(*arguments)]
        return [
            run_oarlock("predict", *arguments, status=status, env=self._program.environment, **options),
            self._program.run(*arguments, status=status, **options),
        ]

    def _commands(self, *arguments: str | Path) -> list[list[str | Path]]:
        return [[Path(sys.executable).with_name("oarlock"), "predict", *arguments], [self._program.path, *arguments]]

    def _piped(self, command: list[str | Path], content: bytes, status: int) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, input=content, capture_output=True, env=self._program.environment, check=False)
        assert done.returncode == status, done.stderr
        return subprocess.CompletedProcess(command, status, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def both(program: Program) -> _Both:
    return _Both(program)


# ---- Paddle Lite itself


@pytest.fixture(scope="module")
def lite0_x86(lite0_source: Path, engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EfficientNet-Lite0 with its ImageNet weights, for this machine alone."""
    bundle = tmp_path_factory.mktemp("parity") / "lite0.oar"
    run_oarlock("opt", lite0_source, "-o", bundle, "--target", "x86", "--no-golden")
    return bundle


@pytest.fixture(scope="module")
def real_pictures(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Photographs as they are, and as JPEG files that lie on their side."""
    folder = tmp_path_factory.mktemp("pictures")
    files = [photographs / name for name in ("chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "retina.jpg")]
    for orientation in (6, 7):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files.append(folder / f"{orientation}.jpg")
        Image.open(photographs / "astronaut.png").convert("RGB").save(files[-1], quality=85, exif=exif)
    return files


def test_same_answers_to_the_bit(classify_build: Path, lite0_x86: Path, real_pictures: list[Path]) -> None:
    python = _lines(run_oarlock("predict", lite0_x86, *real_pictures, "--json", *_TOP_ALL))
    program = classify_build / "native" / "oarlock-classify"
    done = subprocess.run(
        [program, lite0_x86, *real_pictures, "--json", *_TOP_ALL], capture_output=True, text=True, check=True
    )
    assert _without_time(_lines(done)) == _without_time(python)
    assert [len(line["top"]) for line in python] == [1000] * len(real_pictures)


def test_same_logits_to_the_bit(classify_build: Path, lite0_x86: Path, real_pictures: list[Path]) -> None:
    command = [classify_build / "native" / "oarlock-classify", lite0_x86, "--serve", "--variant", "x86-fp32"]
    with Served(command) as served, oarlock.Classifier.open(lite0_x86) as classifier:
        bundle = oarlock.Bundle.open(lite0_x86)
        with bundle.open_session("x86-fp32") as session:
            [described] = served.greeting["inputs"]
            assert (described["name"], described["dtype"]) == (session.inputs[0].name, "float32")
            for path in real_pictures[:3]:
                upright = oarlock.images.load(path)
                _, [tensor] = served.ask({"do": "tensor"}, [upright])
                assert np.array_equal(tensor, classifier.prepare(upright))
                message, [logits] = served.ask({"do": "run", "names": [described["name"]]}, [tensor[np.newaxis]])
                [[name, expected]] = session.run({described["name"]: tensor[np.newaxis]}).items()
                assert message["names"] == [name]
                assert message["seconds"] > 0
                assert np.array_equal(logits, expected)


@pytest.mark.full
def test_same_selftest(classify_build: Path, lite0: Path) -> None:
    python = json.loads(run_oarlock("selftest", lite0, "--json").stdout)
    program = classify_build / "native" / "oarlock-classify"
    done = subprocess.run([program, lite0, "--selftest", "--json"], capture_output=True, text=True, check=True)
    ours = json.loads(done.stdout)
    validate(ours, "selftest")
    assert ours == python
    text = subprocess.run([program, lite0, "--selftest"], capture_output=True, text=True, check=True).stdout
    assert text == run_oarlock("selftest", lite0).stdout


# ---- The fake engine, whose scores depend on every pixel


def test_same_pixels_of_every_kind(both: _Both, bundle: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures")
    python, ours = (_lines(done) for done in both(bundle, folder, "--json"))
    assert len(ours) == len(list(folder.iterdir()))
    assert _without_time(ours) == _without_time(python)


def test_damaged_pictures_are_refused_alike(both: _Both, bundle: Path, tmp_path: Path) -> None:
    folder = damaged(pictures(tmp_path / "pictures"), tmp_path / "damaged")
    python, ours = (_lines(done) for done in both(bundle, folder, "--json", status=1))
    assert [line["file"] for line in ours] == [line["file"] for line in python]
    refusals = {"OAR-BAD-IMAGE", "OAR-TRUNCATED-IMAGE", "OAR-UNSUPPORTED-IMAGE", "OAR-IMAGE-TOO-LARGE"}
    differing = 0
    for theirs, our in zip(python, ours, strict=True):
        if _outcome(theirs) == _outcome(our):
            continue
        differing += 1
        if "error" not in our:
            # Versions of libjpeg hide damage in different ways.
            assert "error" not in theirs
            assert our["file"].endswith(".jpg")
            continue
        # Whether a file ends too early or is damaged is seen at different places; a PNG file whose damage is behind
        # its last pixel is whole for Pillow.
        assert our["error"]["code"] in refusals
        assert "error" in theirs or our["file"].endswith(".png")
    assert differing <= 0.1 * len(ours)
    assert 0.2 < sum("error" in line for line in ours) / len(ours) < 0.98


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "OAR-BAD-IMAGE", id="empty"),
        pytest.param(b"hello, world", "OAR-BAD-IMAGE", id="text"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(20), "OAR-BAD-IMAGE", id="heif"),
        pytest.param(b"\xff\xd8\xff\xe0", "OAR-TRUNCATED-IMAGE", id="cut"),
        pytest.param(None, "OAR-NOT-FOUND", id="dangling link"),
    ],
)
def test_same_codes_for_what_is_no_picture(
    both: _Both, bundle: Path, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "picture.jpg"
    if content is None:
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.write_bytes(content)
    for done in both(bundle, path, "--json", status=1):
        [line] = _lines(done)
        assert line["file"] == str(path)
        assert line["error"]["code"] == code
        assert done.stderr == "Error: 1 of 1 pictures could not be classified\n"


def test_same_limit_of_pixels(both: _Both, bundle: Path, tmp_path: Path) -> None:
    for suffix in ("png", "jpg"):
        Image.new("RGB", (30, 20)).save(tmp_path / f"large.{suffix}")
    for done in both(bundle, tmp_path, "--json", "--max-pixels", "599", status=1):
        assert [line["error"]["code"] for line in _lines(done) if "error" in line] == ["OAR-IMAGE-TOO-LARGE"] * 2


@pytest.mark.parametrize("suffix", ["gif", "bmp", "webp", "tiff"])
def test_other_formats_are_to_be_converted(program: Program, bundle: Path, tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (8, 8), (200, 100, 50)).save(tmp_path / f"picture.{suffix}")
    [line] = _lines(program.run(bundle, tmp_path, "--json", status=1))
    assert line["error"]["code"] == "OAR-UNSUPPORTED-IMAGE"
    assert "convert it" in line["error"]["message"]


def test_cmyk_is_to_be_converted(program: Program, bundle: Path, tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (10, 20, 30, 40)).save(tmp_path / "print.jpg")
    [line] = _lines(program.run(bundle, tmp_path, "--json", status=1))
    assert line["error"]["code"] == "OAR-UNSUPPORTED-IMAGE"
    assert "CMYK" in line["error"]["message"]


@pytest.mark.parametrize("form", ["text", "csv"])
def test_same_words(both: _Both, bundle: Path, tmp_path: Path, form: str) -> None:
    pictures(tmp_path / "pictures")
    (tmp_path / "pictures" / 'broken, "odd".png').write_bytes(b"nothing")
    options = [] if form == "text" else ["--csv"]
    outputs = []
    for done in both(bundle, tmp_path / "pictures", *options, status=1):
        if form == "csv":
            rows = list(csv.reader(io.StringIO(done.stdout)))
            outputs.append([[*row[:6], *([""] if row[7] else row[6:7] and ["ms"])] for row in rows])
        else:
            lines = [line for line in done.stdout.splitlines() if "error:" not in line]
            outputs.append([[line.split(", ")[0] if line.endswith(" ms)") else line] for line in lines])
    assert outputs[0] == outputs[1]


def test_same_picture_through_a_pipe(both: _Both, bundle: Path, tmp_path: Path) -> None:
    picture = pictures(tmp_path / "pictures") / "rgb.png"
    python, ours = (_lines(done) for done in both(bundle, "-", "--json", stdin=picture))
    assert _without_time(ours) == _without_time(python)
    assert ours[0]["file"] == "-"


def test_a_name_that_is_no_utf8(both: _Both, bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    odd = os.path.join(os.fsencode(folder), b"caf\xe9.png")  # noqa: PTH118
    Image.new("RGB", (8, 8), (200, 100, 50)).save(tmp_path / "plain.png")
    os.rename(tmp_path / "plain.png", odd)  # noqa: PTH104
    python, ours = (_lines(done) for done in both(bundle, folder, "--json"))
    assert ours[0]["file"] == python[0]["file"]
    assert os.fsencode(ours[0]["file"]) == odd


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        pytest.param(("nowhere.oar", "{picture}"), 1, "OAR-NOT-FOUND", id="no bundle"),
        pytest.param(("{bundle}", "nowhere.png"), 1, "OAR-NOT-FOUND", id="no picture"),
        pytest.param(("{bundle}", "{empty}"), 1, "OAR-NOT-FOUND", id="empty folder"),
        pytest.param(("{bundle}", "{picture}", "--variant", "x86-int8"), 1, "OAR-NOT-FOUND", id="no variant"),
        pytest.param(("{bundle}", "{picture}", "--variant", "arm64-fp32"), 1, "OAR-WRONG-TARGET", id="other target"),
        pytest.param(("{tensors}", "{picture}"), 1, "OAR-NOT-A-CLASSIFIER", id="no classifier"),
        pytest.param(("{changed}", "{picture}"), 1, "OAR-HASH-MISMATCH", id="changed model"),
        pytest.param(("{cut}", "{picture}"), 1, "OAR-BAD-BUNDLE", id="bad manifest"),
        pytest.param(("{future}", "{picture}"), 1, "OAR-VERSION-MISMATCH", id="format of the future"),
        pytest.param(("{bundle}",), 2, None, id="no pictures"),
        pytest.param(("{bundle}", "{picture}", "--top", "0"), 2, None, id="top"),
        pytest.param(("{bundle}", "{picture}", "--threads", "65"), 2, None, id="threads"),
        pytest.param(("{bundle}", "{picture}", "--max-pixels", "many"), 2, None, id="pixels"),
        pytest.param(("{bundle}", "{picture}", "--csv"), 2, None, id="two formats"),
        pytest.param(("{bundle}", "{picture}", "--unknown"), 2, None, id="unknown option"),
        pytest.param(("{bundle}", "-", "-"), 2, None, id="standard input twice"),
    ],
)
def test_same_exit_status_and_code(
    both: _Both, build: Build, tmp_path: Path, arguments: tuple[str, ...], status: int, code: str | None
) -> None:
    places = _places(build, tmp_path)
    named = [argument.format(**places) for argument in arguments]
    for done in both(*named, "--json", status=status):
        assert "Error: " in done.stderr
        if code is None:
            assert done.stdout == ""
            continue
        failure = json.loads(done.stdout)
        validate(failure, "failure")
        assert failure["error"]["code"] == code
        assert failure["error"]["message"] in done.stderr


def _places(build: Build, folder: Path) -> dict[str, Path]:
    places = {name: make_bundle(build, folder / f"{name}.oar") for name in ("bundle", "changed", "cut")}
    places["tensors"] = make_bundle(build, folder / "tensors.oar", preprocess=None, labels=None)
    places["future"] = make_bundle(build, folder / "future.oar", format_version=2)
    model = places["changed"] / "x86-fp32.nb"
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    (places["cut"] / "bundle.json").write_text("{", encoding="utf-8")
    places["picture"] = folder / "picture.png"
    Image.new("RGB", (8, 8), (200, 100, 50)).save(places["picture"])
    places["empty"] = folder / "empty"
    places["empty"].mkdir()
    return places
