"""Finding a source model, and the sentence for everything that is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oarlock_opt.errors import (
    AmbiguousSourceError,
    BadParamsError,
    SourceError,
    SourceNotFoundError,
    UnsupportedSourceError,
)
from oarlock_opt.source import SourceFiles, find_files, open_source

_PIR = '{"base_code":{"magic":"pir","trainable":true,"version":4},"program":{"regions":[]}}'


def _touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(_PIR if name.endswith(".json") and name != "bundle.json" else "", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("names", "program", "params"),
    [
        (("inference.pdmodel", "inference.pdiparams"), "inference.pdmodel", "inference.pdiparams"),
        (("model.pdmodel", "model.pdiparams"), "model.pdmodel", "model.pdiparams"),
        (("__model__", "__params__"), "__model__", "__params__"),
        (("__model__", "params"), "__model__", "params"),
        (("dpn68.pdmodel", "dpn68.pdiparams", "readme.txt"), "dpn68.pdmodel", "dpn68.pdiparams"),
        (("inference.pdmodel", "other.pdmodel"), "inference.pdmodel", None),
        (("inference.json", "inference.pdiparams"), "inference.json", "inference.pdiparams"),
        (("model.json", "model.pdiparams"), "model.json", "model.pdiparams"),
        (("dpn68.json", "dpn68.pdiparams", "preprocess.txt"), "dpn68.json", "dpn68.pdiparams"),
        (("inference.json", "inference.pdmodel", "inference.pdiparams"), "inference.json", "inference.pdiparams"),
        (("dpn68.json", "dpn68.pdmodel", "dpn68.pdiparams"), "dpn68.json", "dpn68.pdiparams"),
        (("inference.json", "other.pdmodel", "other.json"), "inference.json", None),
    ],
)
def test_finds_the_files_of_a_folder(tmp_path: Path, names: tuple[str, ...], program: str, params: str | None) -> None:
    folder = _touch(tmp_path / "model", *names)
    expected = SourceFiles(folder / program, None if params is None else folder / params)
    assert find_files(folder) == expected
    assert find_files(folder / program) == expected


@pytest.mark.parametrize(
    ("names", "error", "sentence"),
    [
        ((), SourceNotFoundError, "holds no model, expected inference.json, inference.pdmodel, model.json"),
        (
            ("a.pdmodel", "b.pdmodel"),
            AmbiguousSourceError,
            "holds 2 models, a.pdmodel, b.pdmodel; give the path of the one",
        ),
        (
            ("inference.pdmodel", "model.pdmodel"),
            AmbiguousSourceError,
            "holds 2 models, inference.pdmodel, model.pdmodel",
        ),
        (("inference.pdmodel", "model.json"), AmbiguousSourceError, "holds 2 models, inference.pdmodel, model.json"),
        (("a.pdmodel", "b.json"), AmbiguousSourceError, "holds 2 models, a.pdmodel, b.json"),
        (("__model__", "params", "__params__"), AmbiguousSourceError, "two parameter files, __params__, params"),
        (("bundle.json", "x86-fp32.nb"), UnsupportedSourceError, "is a bundle already"),
    ],
)
def test_refuses_folders(tmp_path: Path, names: tuple[str, ...], error: type[SourceError], sentence: str) -> None:
    folder = _touch(tmp_path / "model", *names)
    with pytest.raises(error) as caught:
        find_files(folder)
    assert sentence in caught.value.message
    assert str(folder) in caught.value.message


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("model.nb", "is a Paddle Lite model already"),
        ("inference.pdiparams", "give the .json or .pdmodel file beside it"),
        ("dpn68.pdparams", "--weights"),
        ("model.onnx", "is an ONNX model"),
        ("picture.jpg", "not a source model, expected a .json (PIR) or .pdmodel file"),
    ],
)
def test_refuses_other_files(tmp_path: Path, name: str, sentence: str) -> None:
    path = _touch(tmp_path, name) / name
    with pytest.raises(UnsupportedSourceError) as caught:
        find_files(path)
    assert sentence in caught.value.message
    assert str(path) in caught.value.message


def test_json_that_is_no_pir_is_not_called_so(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UnsupportedSourceError, match="not a PIR program"):
        find_files(path)
    with pytest.raises(SourceNotFoundError, match="holds no model"):
        find_files(tmp_path)
    (tmp_path / "some.pdmodel").touch()
    assert find_files(tmp_path) == SourceFiles(tmp_path / "some.pdmodel", None)


def test_a_missing_path_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="no such file or folder"):
        find_files(tmp_path / "nothing.pdmodel")


@pytest.mark.parametrize(
    ("named", "passed_over"), [("", "m.pdmodel"), ("m.json", "m.pdmodel"), ("m.pdmodel", "m.json")]
)
def test_the_other_format_is_known(tmp_path: Path, named: str, passed_over: str) -> None:
    folder = _touch(tmp_path / "model", "m.json", "m.pdmodel", "m.pdiparams")
    assert find_files(folder / named).passed_over == folder / passed_over
    (folder / passed_over).unlink()
    assert find_files(folder / named).passed_over is None


def test_a_pir_program_may_have_spaces(tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    path.write_text('{ "base_code" : { "magic" : "pir", "version" : 1 } }', encoding="utf-8")
    assert find_files(tmp_path).format == "pir"


def test_opens_a_model(models: Path) -> None:
    model = open_source(models / "digits")
    assert (model.format, model.paddle_version, model.zoo) == ("legacy", "3.3.1", None)
    assert model.folder == models / "digits"
    assert [path.name for path in model.files.all] == ["inference.pdmodel", "inference.pdiparams"]


def test_a_model_without_parameters_needs_no_file(models: Path) -> None:
    assert open_source(models / "no-parameters").files.params is None


def test_missing_parameters_are_named(copy: Callable[..., Path]) -> None:
    folder = copy("digits")
    (folder / "inference.pdiparams").unlink()
    with pytest.raises(SourceNotFoundError) as caught:
        open_source(folder)
    assert "its 10 parameters are missing, expected inference.pdiparams beside it" in caught.value.message


def test_the_parameters_of_another_model_are_refused(copy: Callable[..., Path], models: Path) -> None:
    folder = copy("digits")
    (folder / "inference.pdiparams").write_bytes((models / "thousand" / "inference.pdiparams").read_bytes())
    with pytest.raises(BadParamsError, match="the file belongs to another model"):
        open_source(folder)
