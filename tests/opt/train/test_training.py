"""What a training leaves, when it stops, and what an export refuses."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oarlock.errors import InvalidArgumentError
from oarlock.preprocess import PreprocessSpec, ResizeShort
from oarlock_opt.errors import DestinationError, TrainingDataError, TrainingFailedError
from oarlock_opt.train import DataSet, Epoch, Recipe, checkpoint, export, train
from oarlock_opt.zoo import weights
from oarlock_opt.zoo.errors import BadWeightsError, ExportError, PaddleMissingError, WeightsMismatchError
from tests.conftest import ROOT
from tests.digits import LABELS, NETWORK, PREPROCESS
from tests.opt.train.conftest import SHORT


def test_equal_seeds_give_equal_weights_and_others_others(
    few_digits: DataSet, short_training: Path, tmp_path: Path
) -> None:
    again = train(NETWORK, few_digits, PREPROCESS, tmp_path / "again", SHORT)
    other = train(NETWORK, few_digits, PREPROCESS, tmp_path / "other", replace(SHORT, seed=1))
    first, second, third = (weights.read(each.weights) for each in (checkpoint.read(short_training), again, other))
    assert list(first) == list(second) == list(third)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    assert not np.array_equal(first["out.weight"], third["out.weight"])


def test_a_checkpoint_tells_how_it_came_about(few_digits: DataSet, short_training: Path) -> None:
    assert {path.name for path in short_training.iterdir()} == {"weights.pdparams", "training.json"}
    trained = checkpoint.read(short_training)
    assert trained.plan == checkpoint.Plan(NETWORK, PREPROCESS, LABELS, SHORT)
    (epoch,) = trained.epochs
    assert epoch.number == epoch.epochs == 1
    assert epoch.accuracy is not None
    assert 0 <= epoch.accuracy <= 1
    assert str(short_training.parent) not in (short_training / "training.json").read_text(encoding="utf-8")
    state = weights.read(trained.weights)
    # PaddleClas' names, block by block: one, two and one.
    assert {name.partition(".")[0] for name in state} == {
        "conv1_x_1_func", "dpn1", "dpn2", "dpn3", "dpn4", "conv5_x_x_bn", "out",
    }  # fmt: skip
    assert state["out.weight"].shape == (64 + 3 * 8, len(LABELS))


def test_each_epoch_is_told_and_kept(few_digits: DataSet, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    told: list[Epoch] = []

    def progress(epoch: Epoch) -> None:
        told.append(epoch)
        assert checkpoint.read(tmp_path / "trained").epochs == tuple(told)
        if epoch.number == 2:
            raise StoppedError

    recipe = Recipe(epochs=4, batch=64, warm_up_epochs=1)
    with pytest.raises(StoppedError):
        train(NETWORK, replace(few_digits, test_list=None), PREPROCESS, tmp_path / "trained", recipe, progress=progress)
    assert [path.name for path in tmp_path.iterdir()] == ["trained"]
    # 3 batches an epoch: the last of the warm-up is two thirds of the way up, that of the next on the cosine of 9.
    assert told[0].learning_rate == pytest.approx(0.1 * 2 / 3)
    assert told[1].learning_rate == pytest.approx(0.1 * (1 + np.cos(np.pi * 2 / 9)) / 2)
    assert str(told[0]).startswith("epoch 1 of 4: loss ")
    assert "accuracy" not in str(told[0])


def test_a_loss_that_is_no_number_ends_it(few_digits: DataSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailedError, match=r"the loss is (nan|inf) in epoch 1, .* below 1e\+30"):
        train(NETWORK, few_digits, PREPROCESS, tmp_path / "trained", replace(SHORT, learning_rate=1e30))
    assert not list(tmp_path.iterdir())


def test_what_paddlepaddle_refuses_is_a_sentence(few_digits: DataSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailedError, match=r"^PaddlePaddle failed: \w+: "):
        train(replace(NETWORK, groups=5), few_digits, PREPROCESS, tmp_path / "trained", SHORT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("epochs", 0, "recipe.epochs is 0, expected 1 or more"),
        ("learning_rate", float("nan"), "recipe.learning_rate is nan, expected a number above 0"),
        ("warm_up_epochs", 1, "recipe.warm_up_epochs is 1, expected fewer than the 1 epochs"),
        ("label_smoothing", 1.0, "recipe.label_smoothing is 1.0"),
        ("seed", -1, "recipe.seed is -1"),
    ],
)
def test_recipes_that_are_none(field: str, value: float, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        replace(SHORT, **{field: value})


@pytest.mark.parametrize(
    ("preprocess", "message"),
    [
        (PreprocessSpec(resize=ResizeShort(32), center_crop=None), "gives pictures of any size"),
        (replace(PREPROCESS, layout="NHWC"), "expected 'NCHW'"),
    ],
)
def test_preprocessing_that_no_network_takes(
    preprocess: PreprocessSpec, message: str, few_digits: DataSet, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        train(NETWORK, few_digits, preprocess, tmp_path / "trained", SHORT)


def _with_a_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine").touch()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (_with_a_file, "holds what no training made"),
        (Path.touch, "is a file or a link"),
        (lambda path: path.parent.rmdir(), "there is no folder"),
    ],
)
def test_destinations_that_are_not_replaced(
    prepare: Callable[[Path], None], message: str, few_digits: DataSet, tmp_path: Path
) -> None:
    (tmp_path / "parent").mkdir()
    out = tmp_path / "parent" / "out"
    prepare(out)
    with pytest.raises(DestinationError, match=message):
        train(NETWORK, few_digits, PREPROCESS, out, SHORT)
    assert not (out / "training.json").exists()


def test_an_export_of_what_is_no_training(short_training: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(short_training, broken)
    with pytest.raises(ExportError, match=r"holds training\.json and 1 more, which no export made"):
        export(short_training, broken)
    (broken / "weights.pdparams").write_bytes(b"\x80\x04N.")
    with pytest.raises(BadWeightsError, match=r"broken/weights\.pdparams: holds nothing, expected a state dict"):
        export(broken, tmp_path / "out")
    record = json.loads((broken / "training.json").read_text(encoding="utf-8"))
    shutil.copy(short_training / "weights.pdparams", broken)
    for change, kind, message in (
        ({"labels": ["0", "1"]}, WeightsMismatchError, "out.weight is"),
        ({"recipe": {"epoch": 1}}, TrainingDataError, r"training\.json: is not the record of a training"),
    ):
        (broken / "training.json").write_text(json.dumps({**record, **change}), encoding="utf-8")
        with pytest.raises(kind, match=message):
            export(broken, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


@pytest.mark.full
def test_equal_trainings_export_equal_bytes(short_training: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        export(short_training, tmp_path / name, "pir")
    export(short_training, tmp_path / "second", "pir")  # an earlier export is replaced
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("first", "second")
    )
    assert first == second
    assert set(first) >= {"inference.json", "inference.pdiparams", "preprocess.json", "labels.txt"}


def test_without_paddlepaddle(few_digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PaddleMissingError, match=r"training needs it: run `pip install 'oarlock-opt\[reference\]'`"):
        train(NETWORK, few_digits, PREPROCESS, tmp_path / "trained", SHORT)


@pytest.mark.parametrize(
    ("paddle", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", "PaddlePaddle's process died of SIGKILL"),
        ("raise RuntimeError('it rains')", "PaddlePaddle failed: RuntimeError: it rains"),
    ],
)
def test_a_broken_paddlepaddle(
    paddle: str, message: str, few_digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paddle.py").write_text(paddle, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TrainingFailedError, match=message):
        train(NETWORK, few_digits, PREPROCESS, tmp_path / "trained", SHORT)
    assert not (tmp_path / "trained").exists()


def test_a_killed_training_leaves_no_process_and_a_whole_checkpoint(few_digits: DataSet, tmp_path: Path) -> None:
    out = tmp_path / "trained"
    code = (
        "import sys; from pathlib import Path; from tests.digits import *; from oarlock_opt.train import *\n"
        "root, file, out = map(Path, sys.argv[1:])\n"
        "train(NETWORK, DataSet(root, file, None, LABELS), PREPROCESS, out, Recipe(), progress=lambda it: print(it))"
    )
    command = [sys.executable, "-u", "-c", code, str(few_digits.root), str(few_digits.train_list), str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().startswith("epoch 1 of 200")
        (child,) = Path(f"/proc/{owner.pid}/task/{owner.pid}/children").read_text(encoding="ascii").split()
        owner.kill()
    until = time.monotonic() + 30
    while _lives(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(child)
    assert checkpoint.read(out).epochs
    assert weights.read(checkpoint.read(out).weights)


def _lives(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_importing_it_loads_no_paddlepaddle() -> None:
    code = "import sys, oarlock_opt.train; assert 'paddle' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
