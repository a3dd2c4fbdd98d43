"""What the tests of oarlock-opt share: models that PaddlePaddle exported, and ways to change them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oarlock_opt.importer.legacy import read_program

_EXPORTER = Path(__file__).with_name("export_models.py")

Copy = Callable[..., Path]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of export_models.py, each in a folder of its name. Not to be written to."""
    return _export(tmp_path_factory.mktemp("models"), pir=False)


@pytest.fixture(scope="session")
def pir_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same models as PIR programs."""
    return _export(tmp_path_factory.mktemp("pir-models"), pir=True)


def _export(folder: Path, *, pir: bool) -> Path:
    done = subprocess.run(
        [sys.executable, str(_EXPORTER), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "FLAGS_enable_pir_api": str(int(pir))},
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(models: Path, tmp_path: Path) -> Copy:
    """Copies a model: ``copy("digits")`` gives its folder, ``copy("digits", change)`` lets ``change`` edit its program.

    ``change`` is called with every operator.
    """

    def make(name: str, change: Callable[[Any], None] | None = None) -> Path:
        folder = tmp_path / name
        shutil.copytree(models / name, folder)
        if change is not None:
            program = read_program(folder / "inference.pdmodel")
            for op in program.blocks[0].ops:
                change(op)
            (folder / "inference.pdmodel").write_bytes(program.SerializeToString())
        return folder

    return make


def rename_swish(op_type: str) -> Callable[[Any], None]:
    """A change that makes another operator of the model's swish."""

    def change(op: Any) -> None:
        if op.type == "swish":
            op.type = op_type

    return change


def drop_scale(op: Any) -> None:
    """A change that takes scale and bias from a batch_norm, which crashes Paddle Lite 2.12 where no pass mends it."""
    if op.type == "batch_norm":
        for slot in op.inputs:
            if slot.parameter in ("Scale", "Bias"):
                del slot.arguments[:]


def spoil_epsilon(op: Any) -> None:
    """A change that makes a text of a batch_norm's epsilon, on which Paddle Lite aborts."""
    if op.type == "batch_norm":
        (epsilon,) = (attr for attr in op.attrs if attr.name == "epsilon")
        epsilon.Clear()
        epsilon.name, epsilon.type, epsilon.s = "epsilon", 2, "small"
