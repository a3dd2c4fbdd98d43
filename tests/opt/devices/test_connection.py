"""A connection to a real sshd, and the sentence for each way in which there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from oarlock.errors import InvalidArgumentError, MissingPackageError
from oarlock_opt.devices import connection as ssh
from oarlock_opt.devices.connection import Connection
from oarlock_opt.errors import (
    AccessRefusedError,
    ConnectionLostError,
    DeviceError,
    HostKeyError,
    UnreachableError,
)
from tests.opt.devices.conftest import Board


def test_arguments_input_and_status(connection: Connection) -> None:
    done = connection.run('cat; printf "%s|" "$@"; exit 3', "it's", "a  b", "$HOME", "", data=b"\x00\xff")
    assert done.returncode == 3
    assert done.stdout == b"\x00\xffit's|a  b|$HOME||"


def test_one_connection_serves(board: Board, connection: Connection, tmp_path: Path) -> None:
    for _ in range(3):
        connection.run(":")
    log = (tmp_path / "board" / "log").read_text()
    assert log.count("Accepted publickey") == 1


def test_after_a_cut_the_next_command_connects_again(board: Board, connection: Connection) -> None:
    process = connection.start("echo here; cat")
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    board.cut()
    _, words = process.communicate(timeout=20)
    assert process.returncode == ssh.FAILED
    assert isinstance(ssh.connection_error("board", words.decode()), ConnectionLostError)
    assert connection.run("echo again").stdout == b"again\n"


def test_nothing_is_left(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    with Connection("board") as connection:
        connection.run(":")
        folder = Path(connection._command[-1]).parent
        assert (folder.stat().st_mode & 0o777) == 0o700
    assert not folder.exists()
    assert not list((tmp_path / "tmp").iterdir())


def test_the_key_has_changed(board: Board) -> None:
    board.stop()
    board.change_key()
    board.start()
    with pytest.raises(
        HostKeyError, match=r"its key is not the one that is known of it in .*known_hosts:1.*ssh-keygen -f"
    ):
        Connection("board")


def test_the_key_is_not_known(board: Board) -> None:
    board.forget()
    with pytest.raises(HostKeyError, match="its key is not known here; connect once with `ssh board true`"):
        Connection("board")


def test_nobody_is_let_in(board: Board) -> None:
    board.refuse()
    with pytest.raises(
        AccessRefusedError, match=r"does not let you in without a password \(.*publickey.*ssh-copy-id board"
    ):
        Connection("board")


def test_no_such_host(board: Board) -> None:
    with pytest.raises(UnreachableError, match=r"there is no host called no-such-host\.invalid"):
        Connection("no-such-host.invalid")


def test_nobody_listens(board: Board) -> None:
    with pytest.raises(UnreachableError, match=r"ssh:nobody: does not answer \(Connection refused\)"):
        Connection("nobody")


@pytest.mark.parametrize("host", ["", "-oProxyCommand=touch x", "a b"])
def test_no_host_at_all(host: str) -> None:
    with pytest.raises(InvalidArgumentError, match="names no host"):
        Connection(host)


def test_no_client_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPackageError, match="openssh-client"):
        Connection("board")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("ssh: connect to host pi port 22: No route to host", UnreachableError),
        ("ssh: connect to host pi port 22: Connection timed out", UnreachableError),
        ("Received disconnect: Too many authentication failures", AccessRefusedError),
        ("Timeout, server pi not responding.", ConnectionLostError),
        ("client_loop: send disconnect: Broken pipe", ConnectionLostError),
        ("/home/me/.ssh/config: line 3: Bad configuration option: nonsense", DeviceError),
    ],
)
def test_words_of_ssh(words: str, kind: type[DeviceError]) -> None:
    error = ssh.connection_error("pi", f"{words}\r\n")
    assert type(error) is kind
    assert error.message.startswith("ssh:pi: ")


def test_a_password_is_never_asked_for(board: Board, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "askpass"
    program.write_text(f"#!/bin/sh\ntouch {asked}\n")
    program.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(program))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.setenv("DISPLAY", ":0")
    key = tmp_path / "board" / "user"
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(key)], check=True)
    with pytest.raises(AccessRefusedError, match="ssh-add"):
        Connection("board")
    assert not asked.exists()
    assert os.environ["SSH_ASKPASS_REQUIRE"] == "force"
