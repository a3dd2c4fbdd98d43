"""A real sshd on a loopback port, with keys and configuration of its own, which stands for a board."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oarlock.cli import main
from oarlock_opt.devices.connection import Connection
from tests.conftest import ROOT
from tests.py.fake_engine.test_selftest import _bundle as golden_bundle
from tests.py.helpers import Build, install_fake_engine

_PATIENCE = 20.0


class Board:
    """A running sshd. ``names`` are what ssh calls it by the configuration of the tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        for key in ("host", "user"):
            _make_key(folder / key)
        (folder / "authorized_keys").write_bytes((folder / "user.pub").read_bytes())
        self.trust()

    @property
    def configuration(self) -> str:
        """For ssh_config: the hosts "board" and "other", which are both this one."""
        return "\n".join(
            (
                "Host board other",
                "  HostName 127.0.0.1",
                f"  Port {self._port}",
                f"  IdentityFile {self._folder / 'user'}",
                "  IdentitiesOnly yes",
                "  IdentityAgent none",
                f"  UserKnownHostsFile {self._folder / 'known_hosts'}",
                "  GlobalKnownHostsFile /dev/null",
                "  StrictHostKeyChecking yes",
                "Host nobody",
                "  HostName 127.0.0.1",
                f"  Port {_free_port()}",
            )
        )

    def start(self, *settings: str) -> None:
        """Start, with more lines of sshd_config, and wait until it answers."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd has its children
        lines = (
            f"Port {self._port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self._folder / 'host'}",
            f"AuthorizedKeysFile {self._folder / 'authorized_keys'}",
            f"PidFile {self._folder / 'pid'}",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "MaxSessions 30",
            *settings,
        )
        (self._folder / "sshd_config").write_text("\n".join(lines) + "\n")
        program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None, "OpenSSH's server is missing: apt-get install openssh-server"
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-D", "-e", "-f", str(self._folder / "sshd_config")], stdin=subprocess.DEVNULL, stderr=log
            )
        end = time.monotonic() + _PATIENCE
        while True:
            with closing(socket.socket()) as trial, suppress(OSError):
                trial.connect(("127.0.0.1", self._port))
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and every connection."""
        if self._process is not None:
            self.cut()
            self._process.kill()
            self._process.wait()

    def cut(self) -> None:
        """End every connection, as a network does that is gone."""
        assert self._process is not None
        for child in _descendants(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)

    def trust(self) -> None:
        """Have the client know the key of the host."""
        kind, key, *_ = (self._folder / "host.pub").read_text().split()
        (self._folder / "known_hosts").write_text(f"[127.0.0.1]:{self._port} {kind} {key}\n")

    def forget(self) -> None:
        """Have the client know no key."""
        (self._folder / "known_hosts").write_text("")

    def change_key(self) -> None:
        """Give the host another key; a running one keeps its old one."""
        _make_key(self._folder / "host")

    def refuse(self) -> None:
        """Let nobody in."""
        (self._folder / "authorized_keys").write_text("")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_key(path: Path) -> None:
    path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def _descendants(process: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = list(parents.get(process, ()))
    for each in found:
        found += parents.get(each, ())
    return found


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    """A board that is on; ssh, from PATH, uses a configuration in which "board" and "other" are it.

    ssh has the user's configuration from the home in the password database, whatever $HOME says; so it is given
    another by a program of its name.
    """
    board = Board(tmp_path / "board")
    configuration = tmp_path / "ssh_config"
    configuration.write_text(board.configuration + "\n")
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {configuration} "$@"\n')
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    board.start()
    yield board
    board.stop()


@pytest.fixture
def connection(board: Board) -> Iterator[Connection]:
    """A connection to the board."""
    with Connection("board") as connection:
        yield connection


def oarlock(*arguments: str | Path, status: int = 0) -> Result:
    """Run the command line in this process; it must end with ``status`` and no exception of its own."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == status, f"{arguments}\n{result.output}\n{result.exception!r}"
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture(scope="session")
def classify_build() -> Path:
    """The build of oarlock-classify for this machine, with tests: $OARLOCK_TEST_BUILD, else build/host."""
    return Path(os.environ.get("OARLOCK_TEST_BUILD", ROOT / "build" / "host"))


@pytest.fixture(scope="session")
def programs(classify_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for --programs, with the program for this machine."""
    folder = tmp_path_factory.mktemp("programs")
    install = ["cmake", "--install", classify_build, "--component", "classify", "--prefix", folder / "x86"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\nrun `./build.sh native host`, or set OARLOCK_TEST_BUILD"
    return folder


@pytest.fixture(scope="session")
def build(classify_build: Path) -> Build:
    """The native build within it, which has the fake engine."""
    return Build(classify_build / "native")


@pytest.fixture
def home(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose Paddle Lite for this machine is the fake engine."""
    install_fake_engine(build, tmp_path / "home")
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    """A small bundle with goldens, by the fake engine's formula: two x86 variants and one for arm64."""
    variants: dict[str, tuple[str, ...]] = {"x86_fp32": (), "x86_int16w": (), "arm64_fp32": ("--target", "arm")}
    made = golden_bundle(build, tmp_path / "small.oar", **variants)
    manifest = made / "bundle.json"
    data = json.loads(manifest.read_text())
    data["golden"]["tolerances"]["int16w"] = {"max_relative_error": 1e-3}
    manifest.write_text(json.dumps(data))
    return made
