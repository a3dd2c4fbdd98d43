"""What predict refuses, in a sentence that says why: other machines and versions, damaged and foreign files."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.schemas import validate


def _edit(bundle: Path, change: Callable[[dict], None]) -> None:
    manifest = bundle / "bundle.json"
    data = json.loads(manifest.read_text())
    change(data)
    manifest.write_text(json.dumps(data))


def _only_arm(bundle: Path) -> None:
    _edit(bundle, lambda data: data.update(variants=[v for v in data["variants"] if v["target"] != "x86"]))


def _arm_as_x86(bundle: Path) -> None:
    """A bundle that lies: the arm64 file, under the name, size and hash of the x86 variant."""
    shutil.copy(bundle / "arm64-fp32.nb", bundle / "x86-fp32.nb")
    _rehash(bundle)


def _other_version(bundle: Path) -> None:
    model = bundle / "x86-fp32.nb"
    content = bytearray(model.read_bytes())
    content[2:18] = b"v2.11".ljust(16, b"\0")
    model.write_bytes(content)
    _rehash(bundle)


def _truncated(bundle: Path) -> None:
    model = bundle / "x86-fp32.nb"
    model.write_bytes(model.read_bytes()[:-1000])


def _truncated_and_recorded(bundle: Path) -> None:
    _truncated(bundle)
    _rehash(bundle)


def _text(bundle: Path) -> None:
    (bundle / "x86-fp32.nb").write_text("No model, but a letter.\n" * 100)
    _rehash(bundle)


def _flipped_bit(bundle: Path) -> None:
    model = bundle / "x86-fp32.nb"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)


def _missing(bundle: Path) -> None:
    (bundle / "x86-fp32.nb").unlink()


def _next_format(bundle: Path) -> None:
    _edit(bundle, lambda data: data.update(format_version=2))


def _rehash(bundle: Path) -> None:
    content = (bundle / "x86-fp32.nb").read_bytes()

    def change(data: dict) -> None:
        [variant] = [v for v in data["variants"] if v["id"] == "x86-fp32"]
        variant.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())

    _edit(bundle, change)


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (_only_arm, "OAR-WRONG-TARGET", ["x86", "arm64-fp32"]),
        (_arm_as_x86, "OAR-WRONG-TARGET", ["x86-fp32.nb", "ARM", "x86-64"]),
        (_other_version, "OAR-VERSION-MISMATCH", ["x86-fp32.nb", "2.11", "2.12"]),
        (_truncated, "OAR-BAD-BUNDLE", ["x86-fp32.nb", "bytes"]),
        (_truncated_and_recorded, "OAR-BAD-MODEL", ["x86-fp32.nb"]),
        (_text, "OAR-BAD-MODEL", ["x86-fp32.nb"]),
        (_flipped_bit, "OAR-HASH-MISMATCH", ["x86-fp32.nb"]),
        (_missing, "OAR-BAD-BUNDLE", ["x86-fp32.nb"]),
        (_next_format, "OAR-VERSION-MISMATCH", ["format_version", "2"]),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_refused(
    lite0: Path,
    photographs: Path,
    oarlock_cli: Run,
    tmp_path: Path,
    damage: Callable[[Path], None],
    code: str,
    words: list[str],
) -> None:
    bundle = tmp_path / "damaged.oar"
    shutil.copytree(lite0, bundle)
    damage(bundle)
    done = oarlock_cli("predict", bundle, photographs / "coffee.png", "--json", status=1)
    failure = json.loads(done.stdout)
    validate(failure, "failure")
    assert failure["error"]["code"] == code
    assert all(word in failure["error"]["message"] for word in words), failure["error"]["message"]
    assert done.stderr.startswith("Error: ")


def test_a_file_that_is_no_bundle(photographs: Path, oarlock_cli: Run, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,\n")
    for path in (letter, tmp_path, tmp_path / "nowhere.oar"):
        done = oarlock_cli("predict", path, photographs / "coffee.png", status=1)
        assert str(path) in done.stderr
