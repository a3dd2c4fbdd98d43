"""oarlock deploy: to a host by a real sshd, and to a folder; what is there runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oarlock import Bundle
from tests.conftest import run_oarlock
from tests.opt.devices.conftest import Board, oarlock
from tests.schemas import validate

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)).save(path)
    return path


def _classified(command: str, picture: Path, folder: Path | None = None) -> dict[str, object]:
    words = command.replace("PICTURE", f"{picture} --json")
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True, cwd=folder)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_to_a_host(board: Board, bundle: Path, programs: Path, picture: Path, tmp_path: Path) -> None:
    to = f"ssh:board:{tmp_path / 'a folder'}"
    arguments = ("deploy", bundle, "--programs", programs, "--to", to)
    data = json.loads(oarlock(*arguments, "--json").stdout)
    validate(data, "deploy")
    assert data["variants"] == ["x86-fp32", "x86-int16w"]
    assert [each["id"] for each in data["skipped"]] == ["arm64-fp32"]
    assert data["sent"] == data["size"]
    assert _classified(data["command"], picture)["variant"] == "x86-fp32"

    again = oarlock(*arguments)
    assert "all there already" in again.stdout
    assert data["command"] in again.stdout
    one = json.loads(oarlock(*arguments, "--variant", "x86-int16w", "--json").stdout)
    assert one["variants"] == ["x86-int16w"]
    assert sorted(path.name for path in (tmp_path / "a folder" / "small.oar").glob("*.nb")) == ["x86-int16w.nb"]
    # What is verified there is what was deployed; what is added for it does not displace that.
    oarlock("verify", bundle, "--programs", programs, "--on", to, "--variant", "x86-int16w")
    assert len(Bundle.open(tmp_path / "a folder" / "small.oar").variants) == 1


def test_to_a_folder(bundle: Path, programs: Path, picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ready"
    arguments = ("deploy", bundle, "--programs", programs, "--to", folder)
    refused = oarlock(*arguments, status=1)
    assert "its variants are for x86, arm64; choose with --target" in refused.stderr
    done = oarlock(*arguments, "--target", "x86", "--json")
    data = json.loads(done.stdout)
    validate(data, "deploy")
    # It is whole: it may go elsewhere.
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(folder, moved / "ready")
    answer = _classified(data["command"], picture, moved)
    assert answer["variant"] == "x86-fp32"
    run_oarlock("selftest", moved / "ready" / "small.oar")


def test_an_older_deployment_is_replaced_and_nothing_else(bundle: Path, programs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ready"
    folder.mkdir()
    arguments = ("deploy", bundle, "--programs", programs, "--to", folder, "--target", "x86")
    oarlock(*arguments)
    (folder / "left").write_text("x")
    oarlock(*arguments)
    assert not (folder / "left").exists()
    (folder / "oarlock-classify").unlink()
    assert "holds something else, and is not replaced" in oarlock(*arguments, status=1).stderr


def test_places_that_are_none(board: Board, bundle: Path, programs: Path) -> None:
    for to, sentence in (
        ("ssh:board", "name the folder, such as ssh:board:oarlock"),
        ("adb", "expected ssh:HOST:DIR or a folder"),
    ):
        assert sentence in oarlock("deploy", bundle, "--programs", programs, "--to", to, status=1).stderr
    assert (
        "--target is for a folder"
        in oarlock("deploy", bundle, "--to", "ssh:board:x", "--target", "x86", status=2).stderr
    )
