from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oarlock._files import sha256_file
from oarlock_opt import reference, zoo
from oarlock_opt.interface import Interface
from oarlock_opt.source import open_source
from oarlock_opt.zoo import weights
from oarlock_opt.zoo.errors import (
    BadWeightsError,
    ExportError,
    PaddleMissingError,
    UnknownModelError,
    WeightsMismatchError,
    WeightsUnavailableError,
)
from oarlock_opt.zoo.export import ExportResult, export
from tests.schemas import validate, validate_part

FILES = ["inference.pdmodel", "inference.pdiparams", "preprocess.json", "labels.txt"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportResult]:
    folder = tmp_path_factory.mktemp("exported") / "new" / "dpn68"
    return folder, export("dpn68", "random", folder, seed=5)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_it_writes(exported: tuple[Path, ExportResult]) -> None:
    folder, result = exported
    validate(result.to_json(), "export")
    assert (result.name, result.weights, result.seed) == ("DPN68", "random", 5)
    assert [file.file for file in result.files] == FILES
    assert sorted(content(folder)) == sorted([".oarlock-export", *FILES])
    for file in result.files:
        assert file.size == (folder / file.file).stat().st_size
        assert file.sha256 == sha256_file(folder / file.file)
    preprocess = json.loads((folder / "preprocess.json").read_text())
    validate_part(preprocess, "bundle", "$defs/preprocess")
    assert preprocess == zoo.get("DPN68").preprocess.to_json()
    assert (folder / "labels.txt").read_text().splitlines() == zoo.get("DPN68").labels()


def test_the_program(exported: tuple[Path, ExportResult]) -> None:
    folder, _ = exported
    interface = Interface.of(open_source(folder).graph)
    [input_] = interface.inputs
    assert (input_.name, input_.shape, input_.dtype) == ("x", (-1, 3, 224, 224), "float32")
    [output] = interface.outputs
    assert (output.shape, output.dtype) == ((-1, 1000), "float32")
    assert interface.probabilities == (False,)
    # Nothing of this machine: no path, no call stack.
    raw = (folder / "inference.pdmodel").read_bytes()
    assert b".py" not in raw
    assert b"op_callstack" not in raw
    assert os.fsencode(Path.cwd()) not in raw


def test_it_answers_as_the_network_does(exported: tuple[Path, ExportResult]) -> None:
    import paddle

    folder, _ = exported
    entry = zoo.get("DPN68")
    network = entry.build()
    weights.load(network, weights.state_for(entry, "random", 5), source="random")
    network.eval()
    picture = np.random.RandomState(0).standard_normal((2, 3, 224, 224)).astype(np.float32)
    with paddle.no_grad():
        expected = network(paddle.to_tensor(picture)).numpy()
    [found] = reference.run(open_source(folder).files, [{"x": picture}]).outputs[0].values()
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_equal_arguments_give_equal_bytes(exported: tuple[Path, ExportResult], tmp_path: Path) -> None:
    folder, result = exported
    # Another process, another folder, another hash seed.
    command = [sys.executable, "-m", "oarlock_opt.zoo.export", "DPN68", "--weights", "random", "--seed", "5"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [*command, "-o", "again"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == result.to_json()
    assert content(tmp_path / "again") == content(folder)


def test_a_file_of_weights(tmp_path: Path) -> None:
    import paddle

    network = zoo.get("DPN68").build()
    paddle.save(network.state_dict(), str(tmp_path / "mine.pdparams"))
    (tmp_path / "out").mkdir()  # an empty folder may be filled
    result = export("DPN68", str(tmp_path / "mine.pdparams"), tmp_path / "out")
    assert result.seed is None
    # The parameter file holds every value once, in the order of the parameters' names.
    raw = (tmp_path / "out" / "inference.pdiparams").read_bytes()
    assert network.out.weight.numpy().tobytes() in raw
    assert network.conv5_x_x_bn._variance.numpy().tobytes() in raw


def test_an_older_export_is_replaced(exported: tuple[Path, ExportResult], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in content(exported[0]):
        (folder / name).write_text("older")
    assert export("DPN68", "random", folder, seed=5) == exported[1]
    assert content(folder) == content(exported[0])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("stranger", ["notes.txt", "inference.pdmodel", "inference.json"])
def test_other_folders_are_refused_and_kept(tmp_path: Path, stranger: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / stranger).write_text("precious")
    with pytest.raises(ExportError, match=f"out: holds {stranger}, which no export made; nothing was changed"):
        export("DPN68", "random", folder)
    assert content(folder) == {stranger: b"precious"}


def test_an_export_with_something_added_is_refused(tmp_path: Path) -> None:
    for name in (".oarlock-export", *FILES, "b.txt", "a.txt"):
        (tmp_path / name).touch()
    with pytest.raises(ExportError, match=r"holds a\.txt and 1 more, which no export made"):
        export("DPN68", "random", tmp_path)


def test_files_and_links_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    monkeypatch.chdir(tmp_path / "folder")
    for path, message in (
        (tmp_path / "file", "is a file, expected a folder to write into"),
        (tmp_path / "link", "is a link, which is not replaced; name a folder"),
        (Path(), "is the current folder, which cannot be replaced"),
    ):
        with pytest.raises(ExportError, match=message):
            export("DPN68", "random", path)
    assert (tmp_path / "file").read_text() == "precious"


def test_failures_leave_nothing(tmp_path: Path) -> None:
    import paddle

    paddle.save(zoo.get("DPN68").build().state_dict(), str(tmp_path / "dpn68.pdparams"))
    (tmp_path / "text.pdparams").write_text("text")
    before = sorted(path.name for path in tmp_path.iterdir())
    for name, source, error, message in (
        ("DPN92", "dpn68.pdparams", WeightsMismatchError, r"dpn68\.pdparams: does not fit the network.* 481 entries"),
        ("DPN92", "text.pdparams", BadWeightsError, r"text\.pdparams: no pickle at byte 0"),
        ("DPN92", "none.pdparams", WeightsUnavailableError, r"none\.pdparams: no such file"),
        ("DPN99", "text.pdparams", UnknownModelError, "did you mean"),
    ):
        with pytest.raises(error, match=message):
            export(name, str(tmp_path / source), tmp_path / "out")
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_without_paddlepaddle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PaddleMissingError, match=r"run `pip install 'oarlock-opt\[reference\]'`"):
        export("DPN68", "random", tmp_path / "out")


def test_a_broken_paddlepaddle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "paddle.py").write_text("import numpy.no_such_module")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with pytest.raises(PaddleMissingError, match=r"PaddlePaddle cannot be imported: No module named 'numpy.no_such"):
        export("DPN68", "random", tmp_path / "out")
    (tmp_path / "paddle.py").write_text("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ExportError, match="DPN68: PaddlePaddle could not export it: its process died of SIGKILL"):
        export("DPN68", "random", tmp_path / "out")
    (tmp_path / "paddle.py").write_text("raise RuntimeError('it rains')")
    with pytest.raises(ExportError, match="could not export it: RuntimeError: it rains"):
        export("DPN68", "random", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_as_a_program_it_ends_stderr_with_the_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "oarlock_opt.zoo.export", "DPN68", "--weights", "imagenet", "-o", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: DPN68: PyPI has no ImageNet weights for it.")
    validate(json.loads(done.stdout), "failure")
    assert list(tmp_path.iterdir()) == []
