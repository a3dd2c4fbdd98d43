"""One connection to a host, by OpenSSH's own client and the user's configuration.

The first command opens it, the others go through it (ControlMaster); its socket is in a private folder. There is no
terminal and no question: what would need a password, or a yes, is an error that says what to do.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from oarlock._closing import Closing
from oarlock.errors import ClosedError, InvalidArgumentError, MissingPackageError
from oarlock_opt.errors import (
    AccessRefusedError,
    ConnectionLostError,
    DeviceError,
    HostKeyError,
    UnreachableError,
)

__all__ = ["FAILED", "Connection", "connection_error"]

FAILED = 255
"""The exit status of ssh for a failure of its own."""

_OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
)
# Seconds after which the connection closes that nobody uses, if this process should die without closing it.
_PERSIST = 60
_LONGEST_SOCKET = 80  # of 107 bytes; ssh adds some of its own


class Connection(Closing):
    """A connection to a host as ssh knows it: a name, an address, USER@HOST, or a Host of the configuration.

    Any thread may start commands. Closed after use.
    """

    def __init__(self, host: str) -> None:
        """Connect.

        Raises MissingPackageError, InvalidArgumentError, UnreachableError, HostKeyError, AccessRefusedError,
        ConnectionLostError, DeviceError.
        """
        if not host or host.startswith("-") or any(it.isspace() or not it.isprintable() for it in host):
            raise InvalidArgumentError(f"ssh:{host!r} names no host, expected ssh:HOST or ssh:HOST:DIR")
        program = shutil.which("ssh")
        if program is None:
            raise MissingPackageError(
                f"ssh:{host}: OpenSSH's client is not installed here: sudo apt-get install openssh-client"
            )
        self._host = host
        folder = Path(tempfile.mkdtemp(prefix="oarlock-ssh-"))
        if len(os.fsencode(folder)) > _LONGEST_SOCKET:
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix="oarlock-ssh-", dir=Path(os.sep, "tmp")))
        settings = [part for option in _OPTIONS for part in ("-o", option)]
        self._command = [program, *settings, "-T", "-S", str(folder / "s")]
        self._lock = threading.Lock()
        self._closed = False
        self._end = weakref.finalize(self, _end, self._command, host, folder)
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    @property
    def host(self) -> str:
        """As it was given."""
        return self._host

    def open(self) -> None:
        """Connect where the connection is not there, or not any more. Raises as the class does."""
        with self._lock, tempfile.TemporaryFile() as output:
            self._check_open()
            if self._is_open():
                return
            master = ["-o", "ControlMaster=yes", "-o", f"ControlPersist={_PERSIST}", "-f", "-N"]
            done = subprocess.run(
                [*self._command, *master, self._host],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,  # a pipe would be open as long as the connection
                env=_environment(),
                start_new_session=True,
                check=False,
            )
            if done.returncode != 0:
                output.seek(0)
                raise connection_error(self._host, output.read().decode(errors="replace"))

    def command(self, script: str, *arguments: str) -> list[str]:
        """The command line that runs a POSIX shell script there, with $1 and so on, and gives its exit status.

        Raises ClosedError.
        """
        self._check_open()
        # The login shell may be another one, so it gets three quoted words.
        words = ["sh", "-c", script, "oarlock", *arguments]
        client = ["-o", "ControlMaster=no", self._host, "--", *map(shlex.quote, words)]
        return [*self._command, *client]

    def run(self, script: str, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a script there, ``data`` on its stdin, and return what came of it, whatever its exit status.

        Where the connection has broken off since, ssh makes one for this script alone; ``open`` makes one for all.
        Raises ConnectionLostError and the others that are the connection's.
        """
        done = subprocess.run(
            self.command(script, *arguments), input=data, capture_output=True, env=_environment(), check=False
        )
        if done.returncode == FAILED:
            raise connection_error(self._host, done.stderr.decode(errors="replace"))
        return done

    def start(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a script there, with three pipes; exit status FAILED is a failure of ssh's. Raises as ``run`` does."""
        return subprocess.Popen(
            self.command(script, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )

    def close(self) -> None:
        """Close it; commands that run through it end. Closing again does nothing. Any thread."""
        self._closed = True
        self._end()

    def _check_open(self) -> None:
        # Without its socket ssh would make a connection of its own.
        if self._closed:
            raise ClosedError(f"ssh:{self._host}: the connection was closed")

    def _is_open(self) -> bool:
        check = [*self._command, "-O", "check", self._host]
        return subprocess.run(check, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _environment() -> dict[str, str]:
    """Messages of ssh and of its libraries in English, and no window that asks for a password."""
    return {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}


def _end(command: Sequence[str], host: str, folder: Path) -> None:
    with suppress(OSError):
        subprocess.run([*command, "-O", "exit", host], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    shutil.rmtree(folder, ignore_errors=True)


_UNREACHABLE = re.compile(
    r"connect to (?:host|address) .*?: (.+)|(Connection timed out|No route to host|Network is unreachable)"
)
_NO_NAME = re.compile(r"Could not resolve hostname (\S+): (.+)")
_CHANGED = re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING")
_OFFENDING = re.compile(r"Offending .*?key in (.+)")
_REMEDY = re.compile(r"(ssh-keygen -f .+ -R .+)")
_REFUSED = re.compile(r"Permission denied|Too many authentication failures|No supported authentication methods")
_LOST = re.compile(
    r"closed by|reset by|Broken pipe|not responding|Connection closed|Connection reset|read from master failed|"
    r"kex_exchange_identification|mux_client|send disconnect|control persist|master session"
)


def connection_error(host: str, output: str) -> DeviceError:
    """The error for a failure of ssh's own, by what it printed."""
    name = f"ssh:{host}"
    if found := _NO_NAME.search(output):
        return UnreachableError(
            f"{name}: there is no host called {found[1]} ({found[2].strip()}); see whether `ssh {host} true` finds it"
        )
    if _CHANGED.search(output):
        where = f" in {found[1].strip()}" if (found := _OFFENDING.search(output)) else ""
        remedy = found[1].strip() if (found := _REMEDY.search(output)) else "ssh-keygen -R HOST"
        return HostKeyError(
            f"{name}: its key is not the one that is known of it{where}: it was set up again, or it is another machine "
            f"that has its address; when you are sure that it is yours, forget the old key with `{remedy}` and connect "
            f"once with `ssh {host}`"
        )
    if "Host key verification failed" in output or "host key is known" in output:
        return HostKeyError(
            f"{name}: its key is not known here; connect once with `ssh {host} true`, compare the fingerprint that it "
            "shows with the board's, and say yes"
        )
    if _REFUSED.search(output):
        return AccessRefusedError(
            f"{name}: does not let you in without a password ({_last(output)}), and Oarlock never asks for one; put "
            f"your key there with `ssh-copy-id {host}`, and a passphrase into the agent with `ssh-add`"
        )
    if found := _UNREACHABLE.search(output):
        reason = (found[1] or found[2]).strip()
        return UnreachableError(f"{name}: does not answer ({reason}); is it on, and in this network?")
    if _LOST.search(output) or not output.strip():
        words = f" ({_last(output)})" if output.strip() else ""
        return ConnectionLostError(
            f"{name}: the connection broke off{words}; try again: what was sent is kept, and it goes on from there"
        )
    return DeviceError(f"{name}: ssh failed: {_last(output)}; see what `ssh {host} true` says")


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""
