"""Engines that other distributions bring, and the sentence where none does."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from oarlock import _engines
from oarlock._checks import host_install
from oarlock.cli import main
from oarlock.errors import MissingPackageError


def test_without_oarlock_opt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_engines, "entry_points", lambda group: ())
    picture = tmp_path / "cat.png"
    picture.touch()
    result = CliRunner().invoke(main, ["predict", str(tmp_path), str(picture), "--engine", "paddle"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: the engine paddle comes with oarlock-opt: {host_install()}\n"


def test_the_engine_of_that_name_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    points = tuple(EntryPoint(name, module, "oarlock.engines") for name, module in (("a", "json"), ("b", "csv")))
    monkeypatch.setattr(_engines, "entry_points", lambda group: points if group == "oarlock.engines" else ())
    assert getattr(_engines.load_engine_module("b"), "__name__", "") == "csv"
    with pytest.raises(MissingPackageError, match="the engine c comes with oarlock-opt"):
        _engines.load_engine_module("c")
