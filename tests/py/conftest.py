"""Fixtures of the runtime's tests.

A process can load one engine only. In the process that runs all tests that is Paddle Lite itself; the tests that need
the fake engine are in fake_engine/, and test_fake_engine.py runs them in processes of their own.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .helpers import Build

ROOT = Path(__file__).parents[2]

if "OARLOCK_TEST_FAKE_ENGINE" not in os.environ:
    collect_ignore = ["fake_engine"]


@pytest.fixture(scope="session")
def build() -> Build:
    """The native build with tests: $OARLOCK_TEST_BUILD, else build/host; the core is in its folder native."""
    return Build(Path(os.environ.get("OARLOCK_TEST_BUILD", ROOT / "build" / "host")) / "native")
