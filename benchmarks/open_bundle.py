"""What opening a bundle of 50 MB costs the second time, when its hash is known and its model was tried before."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks._measure import Ratio, compare
from benchmarks._oarlock import make_dpn68
from oarlock import Bundle, store

# The core remembers no file that was changed a moment ago.
_SETTLED = 3.5


def run() -> list[Ratio]:
    """Two ratios, each of a later time to the first: the path of a file with its hash checked, and a session."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = make_dpn68(Path(folder), "x86")
        time.sleep(_SETTLED)
        home = _home(Path(folder))
        before = os.environ.get("OARLOCK_HOME")
        os.environ["OARLOCK_HOME"] = str(home)
        try:
            return [_hash(bundle, home), _probe(bundle, home)]
        finally:
            del os.environ["OARLOCK_HOME"]
            if before is not None:
                os.environ["OARLOCK_HOME"] = before


def _hash(bundle: Path, home: Path) -> Ratio:
    def again() -> None:
        Bundle.open(bundle).file("x86-fp32.nb")

    def first() -> None:
        (home / "verified").unlink(missing_ok=True)
        again()

    return compare(
        "open_bundle, 50 MB: hash known", ("the second time", again), ("the first", first), pairs=21, limit=0.1
    )


def _probe(bundle: Path, home: Path) -> Ratio:
    def again() -> None:
        Bundle.open(bundle).open_session("x86-fp32").close()

    def first() -> None:
        shutil.rmtree(home / "probes", ignore_errors=True)
        again()

    return compare(
        "open_bundle, 50 MB: model tried before", ("the second time", again), ("the first", first), pairs=7, limit=0.5
    )


def _home(folder: Path) -> Path:
    """A home of its own with the installed engines."""
    home = folder / "home"
    home.mkdir()
    (home / "lite").symlink_to(store.home() / "lite")
    return home
