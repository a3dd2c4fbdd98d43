"""verify, bench and deploy over a real sshd on this machine, by the real program; the engine is the fake one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock import Bundle
from oarlock_opt.devices.ssh import Ssh, split_host
from oarlock_opt.errors import ConnectionLostError, UnfitError
from tests.opt.devices.conftest import Board, oarlock
from tests.py.helpers import Build, make_bundle
from tests.schemas import validate

pytestmark = pytest.mark.usefixtures("home")


def _verify(bundle: Path, programs: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = oarlock("verify", bundle, "--programs", programs, "--json", *arguments, status=status)
    data: dict[str, Any] = json.loads(done.stdout)
    validate(data, "verify")
    return data


def test_verify_there(board: Board, bundle: Path, programs: Path, tmp_path: Path) -> None:
    place = f"ssh:board:{tmp_path / 'there'}"
    data = _verify(bundle, programs, "--on", place)
    assert data["on"] == place
    assert data["sentence"].startswith(f"On {place}, 2 of 3 variants answered as the reference on the goldens")
    assert data["environment"]["machine"] == "x86_64"
    by_id = {each["id"]: each for each in data["variants"]}
    assert by_id["arm64-fp32"]["refusal"] == "it is for arm64, and the machine there runs x86"
    stages = by_id["x86-fp32"]["goldens"]
    assert stages["preprocessing"]["ok"]
    assert stages["engine"]["count"] == 3
    # What is not for it stays here; a second variant does not displace the first.
    assert sorted(path.name for path in (tmp_path / "there" / "small.oar").glob("*.nb")) == [
        "x86-fp32.nb",
        "x86-int16w.nb",
    ]
    assert [it.id for it in Bundle.open(tmp_path / "there" / "small.oar").variants] == ["x86-fp32", "x86-int16w"]
    host = _verify(bundle, programs, "--on", "host")
    assert host["variants"][0]["goldens"] == stages, "the same core and engine"


def test_two_hosts_at_once(board: Board, bundle: Path, programs: Path, tmp_path: Path) -> None:
    first, second = (f"ssh:{name}:{tmp_path / name}" for name in ("board", "other"))
    data = _verify(bundle, programs, "--on", f"{first},{second}", "--on", "host", "--variant", "x86-fp32")
    assert data["on"] == f"{first}, {second}, host"
    assert [each["on"] for each in data["variants"]] == [first, second, "host"]
    assert all(each["ok"] for each in data["variants"])
    assert data["environment"][f"{second} machine"] == "x86_64"
    text = oarlock("verify", bundle, "--programs", programs, "--on", first, "--on", second, "--variant", "x86-fp32")
    assert [line.split()[0] for line in text.stdout.splitlines()[2:5]] == ["place", first, second]
    assert f"x86-fp32 on {second}: " in text.stdout


def test_one_host_of_two_is_off(board: Board, bundle: Path, programs: Path, tmp_path: Path) -> None:
    place = f"ssh:board:{tmp_path / 'there'}"
    data = _verify(bundle, programs, "--on", place, "--on", "ssh:nobody", "--variant", "x86-fp32", status=1)
    here, there = data["variants"]
    assert here["ok"]
    assert there["error"]["code"] == "OAR-UNREACHABLE"
    assert data["sentence"] == "x86-fp32 on ssh:nobody: not as the reference."


def test_the_only_host_is_off(board: Board, bundle: Path, programs: Path) -> None:
    done = oarlock("verify", bundle, "--programs", programs, "--on", "ssh:nobody", "--json", status=1)
    assert json.loads(done.stdout)["error"]["code"] == "OAR-UNREACHABLE"
    assert "ssh:nobody: does not answer" in done.stderr


def test_wrong_architecture(board: Board, build: Build, programs: Path, tmp_path: Path) -> None:
    bundle = make_bundle(build, tmp_path / "arm.oar", variants={"arm64-fp32": ("--target", "arm")})
    data = _verify(bundle, programs, "--on", f"ssh:board:{tmp_path / 'there'}", status=1)
    assert data["variants"][0]["refusal"] == "it is for arm64, and the machine there runs x86"
    assert not (tmp_path / "there").exists(), "nothing was sent"
    done = oarlock("deploy", bundle, "--programs", programs, "--to", f"ssh:board:{tmp_path / 'there'}", status=1)
    assert "arm64-fp32: it is for arm64, and the machine there runs x86" in done.stderr


def test_the_program_is_missing(board: Board, bundle: Path, tmp_path: Path) -> None:
    data = _verify(bundle, tmp_path / "none", "--on", "ssh:board", "--variant", "x86-fp32", status=1)
    assert "none/x86: holds no oarlock-classify for x86; build it with" in data["variants"][0]["refusal"]


def test_the_connection_breaks_off_between_answers(board: Board, bundle: Path, programs: Path, tmp_path: Path) -> None:
    opened = Bundle.open(bundle)
    with Ssh(f"board:{tmp_path / 'there'}", programs=programs) as place:
        runner = place.open(opened, opened.variants[0])
        assert runner.environment["machine"] == "x86_64"
        board.cut()
        with pytest.raises(ConnectionLostError, match="ssh:board: the connection broke off"):
            runner.run({"x": np.zeros((1, 3, 8, 8), np.float32)})


def test_a_missing_library_is_told_before_anything_is_sent(
    board: Board, bundle: Path, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oarlock_opt.devices import ssh
    from oarlock_opt.devices.programs import Program, find_program

    def with_another(target: str, folder: Path | None) -> Program:
        found = find_program(target, folder)
        return Program(target, found.folder, found.files, found.needed | {"libgomp.so.99"}, found.glibc)

    monkeypatch.setattr(ssh, "find_program", with_another)
    opened = Bundle.open(bundle)
    there = tmp_path / "there"
    with (
        Ssh(f"board:{there}", programs=programs) as place,
        pytest.raises(UnfitError, match=r"the library libgomp\.so\.99 is missing"),
    ):
        place.open(opened, opened.variants[0])
    assert not there.exists()


def test_bench_there(board: Board, bundle: Path, programs: Path, home: Path, tmp_path: Path) -> None:
    (home / "programs").symlink_to(programs)
    place = f"ssh:board:{tmp_path / 'there'}"
    arguments = ("--on", place, "--variant", "x86-fp32", "--runs", "3", "--threads", "1", "--json")
    data = json.loads(oarlock("bench", bundle, *arguments).stdout)
    validate(data, "bench")
    assert data["place"] == place
    assert data["bundle"] == str(tmp_path / "there" / "small.oar")
    assert data["runs"][0]["runs"] == 3


def test_hosts_and_folders() -> None:
    assert split_host("pi") == ("pi", None)
    assert split_host("me@pi:a/b") == ("me@pi", "a/b")
    assert split_host("pi:") == ("pi", None)
    assert split_host("[fe80::1]:/opt/x") == ("fe80::1", "/opt/x")
