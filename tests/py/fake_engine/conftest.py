"""A store that holds the fake engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..helpers import Build, install_fake_engine, make_bundle


@pytest.fixture(scope="session")
def engine(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fake engine's library in a store, which $OARLOCK_HOME names for every test here."""
    return install_fake_engine(build, tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def home(engine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store's home."""
    folder = engine.parents[3]
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    return folder


@pytest.fixture
def model(build: Build, tmp_path: Path) -> Path:
    """x: float32 (any, 3, 8, 8) to y: float32 (any, 10)."""
    return build.make_nb(tmp_path / "model.nb")


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    """A classifier of ten classes with an x86 and an arm64 variant."""
    return make_bundle(build, tmp_path / "small.oar")
