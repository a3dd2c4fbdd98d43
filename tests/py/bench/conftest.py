"""A home with the fake engine, a stand-in for Paddle Lite whose model is right without taking time.

Measurements are made in child processes, so that this one stays without an engine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ..helpers import Build, install_fake_engine, make_bundle


@pytest.fixture(scope="session")
def home_of_all(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the engine, and the verdicts of models that were tried."""
    home = tmp_path_factory.mktemp("bench") / "home"
    install_fake_engine(build, home)
    return home


@pytest.fixture(autouse=True)
def home(home_of_all: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home that $OARLOCK_HOME names."""
    monkeypatch.setenv("OARLOCK_HOME", str(home_of_all))
    return home_of_all


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    """A classifier of ten classes with an x86 and an arm64 variant."""
    return make_bundle(build, tmp_path / "small.oar")
