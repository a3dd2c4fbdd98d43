"""oarlock predict, over files and folders."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from skimage import data

from oarlock.classifier import MAX_WORKERS, Classifier
from oarlock.cli import main
from oarlock.commands.predict import predict
from oarlock.images import MAX_PIXELS

from ...schemas import validate
from ..helpers import Build, make_bundle


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four good pictures in two folders, and things that are none."""
    folder = tmp_path / "pictures"
    (folder / "b").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    cat = Image.fromarray(data.chelsea()[::4, ::4].copy())
    for name in ("b/2.png", "b/10.JPEG", "cat.jpg", "a.gif", ".hidden.png", ".thumbnails/cat.png"):
        cat.save(folder / name, format="PNG" if name.endswith("png") else None)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def _run(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["predict", *map(str, arguments)])
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def _lines(result: Result) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    for line in lines:
        validate(line, "predict")
    return lines


def test_json(bundle: Path, pictures: Path) -> None:
    [line] = _lines(_run(bundle, pictures / "cat.jpg", "--json", "--top", "3"))
    with Classifier.open(bundle) as classifier:
        [best] = classifier.classify(pictures / "cat.jpg", top=3)
    assert line["file"] == str(pictures / "cat.jpg")
    assert line["variant"] == "x86-fp32"
    assert line["top"] == [vars(it) for it in best]
    assert line["ms"] > 0


def test_folders_in_order(bundle: Path, pictures: Path) -> None:
    lines = _lines(_run(bundle, pictures, "--json"))
    found = [Path(it["file"]).relative_to(pictures).as_posix() for it in lines]
    assert found == ["a.gif", "b/10.JPEG", "b/2.png", "cat.jpg"]
    again = _lines(_run(bundle, pictures / "b", pictures / "cat.jpg", pictures / "b", "--json"))
    assert [Path(it["file"]).name for it in again] == ["10.JPEG", "2.png", "cat.jpg", "10.JPEG", "2.png"]


def test_table(bundle: Path, pictures: Path) -> None:
    lines = _run(bundle, pictures / "cat.jpg", "--top", "2").stdout.splitlines()
    with Classifier.open(bundle) as classifier:
        [best] = classifier.classify(pictures / "cat.jpg", top=2)
    assert lines[0].startswith(f"{pictures / 'cat.jpg'}  (x86-fp32, ")
    assert lines[0].endswith(" ms)")
    assert lines[1:] == [f"  {it.score:.4f}  {it.class_id:>5}  {it.label}" for it in best]


def test_csv(bundle: Path, pictures: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_run(bundle, pictures, "--csv", "--top", "2").stdout)))
    assert len(rows) == 8
    assert [row["rank"] for row in rows[:2]] == ["1", "2"]
    assert rows[0]["label"] == f"class {rows[0]['class_id']}, thing"
    assert 0 < float(rows[0]["score"]) < 1
    assert float(rows[0]["ms"]) > 0
    assert {row["error"] for row in rows} == {""}


def test_without_labels(build: Build, tmp_path: Path, pictures: Path) -> None:
    bundle = make_bundle(build, tmp_path / "x.oar", labels=None)
    [line] = _lines(_run(bundle, pictures / "cat.jpg", "--json"))
    assert {it["label"] for it in line["top"]} == {None}
    assert len(_run(bundle, pictures / "cat.jpg").stdout.splitlines()) == 6


class TestBrokenPictures:
    @pytest.fixture(autouse=True)
    def _break(self, pictures: Path) -> None:
        (pictures / "b" / "11.png").write_bytes(b"")
        (pictures / "b" / "12.jpg").write_text("text")

    def test_json(self, bundle: Path, pictures: Path) -> None:
        result = _run(bundle, pictures, "--json", status=1)
        lines = _lines(result)
        assert [Path(it["file"]).name for it in lines] == ["a.gif", "10.JPEG", "11.png", "12.jpg", "2.png", "cat.jpg"]
        assert ["error" in it for it in lines] == [False, False, True, True, False, False]
        assert lines[2]["error"]["code"] == "OAR-BAD-IMAGE"
        assert "11.png: is empty" in lines[2]["error"]["message"]
        assert result.stderr == "Error: 2 of 6 pictures could not be classified\n"

    def test_table(self, bundle: Path, pictures: Path) -> None:
        lines = _run(bundle, pictures, "--top", "1", status=1).stdout.splitlines()
        assert len(lines) == 12
        assert lines[4:6] == [
            f"{pictures / 'b' / '11.png'}",
            f"  error: {pictures / 'b' / '11.png'}: is empty, expected a picture",
        ]

    def test_csv(self, bundle: Path, pictures: Path) -> None:
        rows = list(csv.DictReader(io.StringIO(_run(bundle, pictures, "--csv", status=1).stdout)))
        [empty] = [row for row in rows if row["file"].endswith("11.png")]
        assert empty["error"].startswith("OAR-BAD-IMAGE: ")
        assert empty["class_id"] == ""

    def test_engine_that_gives_nan(self, build: Build, tmp_path: Path, pictures: Path) -> None:
        bundle = make_bundle(build, tmp_path / "x.oar", variants={"x86-fp32": ("--marker", "fake_nan")})
        lines = _lines(_run(bundle, pictures / "cat.jpg", "--json", status=1))
        assert lines[0]["error"]["code"] == "OAR-NOT-FINITE"


class TestRefused:
    def _failure(self, *arguments: str | Path) -> str:
        result = _run(*arguments, "--json", status=1)
        failure = json.loads(result.stdout)
        validate(failure, "failure")
        message: str = failure["error"]["message"]
        assert result.stderr == f"Error: {message}\n"
        return message

    def test_paths(self, bundle: Path, tmp_path: Path, pictures: Path) -> None:
        assert (
            self._failure(bundle, pictures, tmp_path / "nowhere.jpg")
            == f"{tmp_path / 'nowhere.jpg'}: no such file or folder"
        )
        (tmp_path / "empty").mkdir()
        assert self._failure(bundle, tmp_path / "empty").startswith(
            f"{tmp_path / 'empty'}: the folder holds no picture (.jpg,"
        )

    def test_bundles(self, bundle: Path, tmp_path: Path, pictures: Path) -> None:
        assert str(tmp_path / "nowhere.oar") in self._failure(tmp_path / "nowhere.oar", pictures)
        assert "made for ARM" in self._failure(bundle, pictures, "--variant", "arm64-fp32")
        assert "x86-fp32" in self._failure(bundle, pictures, "--variant", "x86-fp64")
        text = tmp_path / "text.oar"
        text.write_text("text")
        assert str(text) in self._failure(text, pictures)
        (bundle / "x86-fp32.nb").unlink()
        assert "x86-fp32.nb" in self._failure(bundle, pictures)

    def test_no_classifier(self, build: Build, tmp_path: Path, pictures: Path) -> None:
        bundle = make_bundle(build, tmp_path / "x.oar", preprocess=None)
        assert "small does not take pictures" in self._failure(bundle, pictures)

    def test_engine_not_installed(
        self, bundle: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "empty"))
        assert self._failure(bundle, pictures).endswith("run `oarlock lite install`")

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--json", "--csv"], "--json and --csv exclude each other"),
            (["--top", "0"], "--top"),
            (["--threads", "65"], "--threads"),
            (["--thread", "1"], "No such option"),
        ],
    )
    def test_usage(self, bundle: Path, pictures: Path, options: list[str], sentence: str) -> None:
        assert sentence in _run(bundle, pictures, *options, status=2).stderr

    def test_no_picture_named(self, bundle: Path) -> None:
        assert "Missing argument 'IMAGE...'" in _run(bundle, status=2).stderr


def test_limits_are_the_librarys() -> None:
    limits = {option.name: option.type for option in predict.params}
    assert limits["workers"].max == MAX_WORKERS  # type: ignore[attr-defined]
    assert {option.name: option.default for option in predict.params}["max_pixels"] == MAX_PIXELS


def test_a_higher_limit_is_pillows_too(bundle: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    for limit, expected in ((MAX_PIXELS, 5), (MAX_PIXELS + 1, None)):
        _run(bundle, pictures / "cat.jpg", "--max-pixels", str(limit))
        assert expected == Image.MAX_IMAGE_PIXELS


def test_ctrl_c(bundle: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def prepare(self: Classifier, image: object) -> object:
        if calls:
            raise KeyboardInterrupt
        calls.append(image)
        return original(self, image)  # type: ignore[arg-type]

    original = Classifier.prepare
    monkeypatch.setattr(Classifier, "prepare", prepare)
    result = _run(bundle, pictures, "--json", status=130)
    assert len(_lines(result)) == 1
    assert result.stderr == "Interrupted after 1 picture.\n"


def test_file_names_that_are_no_utf8(bundle: Path, pictures: Path) -> None:
    odd = os.fsencode(pictures) + b"/\xff\xe9.jpg"
    shutil.copy(pictures / "cat.jpg", os.fsdecode(odd))
    [line] = _lines(_run(bundle, os.fsdecode(odd), "--json"))
    assert os.fsencode(line["file"]) == odd
    for form in ((), ("--csv",)):
        assert "??.jpg" in _run(bundle, os.fsdecode(odd), *form).stdout
