"""The place ``ssh:HOST`` or ``ssh:HOST:DIR``: a board that OpenSSH leads to.

Program, engine and bundle lie in DIR as ``oarlock deploy`` puts them there, so that what is verified is what was
deployed. They stay there for the next time, which sends only what has changed since; processes, connections and parts
do not stay.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from oarlock import Bundle
from oarlock._closing import Closing
from oarlock.bundle import Variant
from oarlock.errors import OarlockError
from oarlock.places import BenchOptions
from oarlock_opt.devices import preflight, transfer
from oarlock_opt.devices.connection import FAILED, Connection, connection_error
from oarlock_opt.devices.endings import program_error
from oarlock_opt.devices.measuring import bench_result
from oarlock_opt.devices.payload import Payload, payload
from oarlock_opt.devices.preflight import Facts
from oarlock_opt.devices.programs import CLASSIFY, find_program
from oarlock_opt.devices.remote import RemoteRunner
from oarlock_opt.errors import HostError, UnfitError

__all__ = ["DEFAULT_FOLDER", "Ssh", "split_host"]

DEFAULT_FOLDER = "~/.cache/oarlock/device"

_ENTER = "case $1 in '~/'*) cd \"$HOME/${1#'~/'}\" ;; *) cd \"$1\" ;; esac || exit 71; shift\n"
# Without exec: the shell tells of a signal by its exit status.
_SERVE = _ENTER + '"$@"; exit $?'
# Ends with its input, which a program that does not read it would not notice.
_WATCHED = (
    _ENTER
    + """exec 3<&0
"$@" </dev/null & program=$!
{ cat <&3 >/dev/null; kill "$program"; } 2>/dev/null & watcher=$!
wait "$program"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"""
)
_CAT = _ENTER + 'cat "$1" 2>/dev/null || :'
_NO_FOLDER = 71


def split_host(text: str) -> tuple[str, str | None]:
    """HOST and DIR of "HOST" or "HOST:DIR"; an IPv6 address is in brackets, "[fe80::1]:DIR"."""
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        host, folder = address, rest.removeprefix(":") if bracket else ""
    else:
        host, _, folder = text.partition(":")
    return host, folder or None


class Ssh(Closing):
    """A place for ``verify`` and for ``bench``. It connects when it is first asked something."""

    def __init__(
        self,
        text: str,
        *,
        threads: int = 1,
        programs: Path | None = None,
        remark: Callable[[str], None] = lambda sentence: None,
        progress: transfer.Progress = lambda done, total: None,
    ) -> None:
        """``text`` is what follows "ssh:". ``progress`` is told of what is being sent."""
        self._name = f"ssh:{text}"
        self._host, folder = split_host(text)
        self._folder = folder or DEFAULT_FOLDER
        self._threads = threads
        self._programs = programs
        self._remark = remark
        self._progress = progress
        self._connection: Connection | None = None
        self._facts: Facts | None = None
        self._environment: dict[str, str] = {}
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    @property
    def name(self) -> str:
        """As ``--on`` has it."""
        return self._name

    @property
    def connection(self) -> Connection:
        """Connected when it is first asked for. Raises what Connection raises."""
        if self._connection is None:
            self._connection = Connection(self._host)
        return self._connection

    @property
    def facts(self) -> Facts:
        """What the board is. Raises as ``connection``."""
        if self._facts is None:
            self._facts = preflight.ask(self.connection, self._folder)
        return self._facts

    @property
    def environment(self) -> dict[str, str]:
        """What the program says of the board; what the board says of itself before one has run. Never connects."""
        if self._environment or self._facts is None:
            return self._environment
        there = self._facts
        return {"processor": there.processor, "machine": there.machine, "system": there.system, "libc": there.libc}

    def refusal(self, bundle: Bundle, variant: Variant) -> str | None:
        """Another architecture, instructions or memory that are not there, no program or engine for it here.

        Raises the errors of the connection.
        """
        if (reason := preflight.misfit(self.facts, variant)) is not None:
            return reason
        return self._refusal_here(bundle, variant)

    def fitting(self, bundle: Bundle) -> list[Variant]:
        """The variants that can run there. Raises UnfitError with every reason when there is none."""
        reasons = {variant: preflight.misfit(self.facts, variant) for variant in bundle.variants}
        fit = [variant for variant, reason in reasons.items() if reason is None]
        if not fit:
            listed = "; ".join(f"{variant.id}: {reason}" for variant, reason in reasons.items())
            raise UnfitError(f"{self._name}: no variant of {bundle.path} can run there: {listed}")
        return fit

    def bring(self, bundle: Bundle, variants: Sequence[Variant], *, keep: bool = True) -> tuple[Payload, int]:
        """Have there what running the variants takes, after a preflight; returns it, and the bytes that were sent.

        With ``keep`` variants of the same bundle that are there stay in it. Raises UnfitError, TransferError,
        ProgramMissingError, EngineNotInstalledError and the errors of the connection.
        """
        target = self.facts.target
        assert target is not None
        program = find_program(target, self._programs)
        wanted = payload(bundle, variants, program)
        facts = self._facts = preflight.ask(self.connection, self._folder, sorted(wanted.needed))
        preflight.check(self._name, facts, wanted)
        for sentence in preflight.kernel_remarks(bundle, wanted):
            self._remark(f"{self._name}: {sentence}")
        if keep and (others := self._there(bundle, wanted)):
            ids = {it.id for it in (*wanted.variants, *others)}
            wanted = payload(bundle, [it for it in bundle.variants if it.id in ids], program)
        sent = transfer.send(self.connection, self._folder, wanted.items, free=facts.disk, progress=self._progress)
        transfer.remove_others(self.connection, self._folder, wanted.bundle, wanted.items)
        return wanted, sent

    def open(self, bundle: Bundle, variant: Variant) -> RemoteRunner:
        """Bring a variant there and load it. Raises what ``bring`` raises, DeviceProgramError, and the program's."""
        there, _ = self.bring(bundle, [variant])
        command = self.connection.command(
            _SERVE,
            self._folder,
            f"./{CLASSIFY}",
            "--serve",
            there.bundle,
            "--variant",
            variant.id,
            "--threads",
            str(self._threads),
            "--engine",
            there.engine,
        )
        runner = RemoteRunner(command, ending=lambda status, output: self._ending(status, output))
        self._environment = runner.environment
        return runner

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        """Measure there (oarlock.places.Place). Raises what ``open`` raises."""
        self._remark = remark
        opened = Bundle.open(bundle)
        with self:
            fit = self.fitting(opened)
            if options.variant is not None:
                variant = opened.pick_variant(options.variant)
                if (reason := self.refusal(opened, variant)) is not None:
                    raise UnfitError(f"{self._name}: {variant.id} cannot run there: {reason}")
                fit = [variant]
            there, _ = self.bring(opened, fit)
            return self._bench(there, options)

    def cancel(self) -> None:
        """End a benchmark from another thread."""
        with self._lock:
            self._cancelled = True
            if self._running is not None:
                self._running.kill()
        self.close()

    def close(self) -> None:
        """Close the connection; runners that are open fail from then on."""
        if self._connection is not None:
            self._connection.close()

    def _bench(self, there: Payload, options: BenchOptions) -> dict[str, Any]:
        arguments = [f"./{CLASSIFY}", "--bench", "--json", *options.arguments(), "--engine", there.engine, there.bundle]
        with self._lock:
            process = self._running = self.connection.start(_WATCHED, self._folder, *arguments)
            if self._cancelled:
                process.kill()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # Its stdin stays open as long as it is to run; stderr is short.
            output = process.stdout.read()
            status = process.wait()
            assert process.stderr is not None
            words = process.stderr.read().decode(errors="replace")
        finally:
            process.kill()
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.stdout.close()
        return bench_result(self._name, output, lambda: self._ending(status, words))

    def _refusal_here(self, bundle: Bundle, variant: Variant) -> str | None:
        assert self.facts.target is not None
        try:
            payload(bundle, [variant], find_program(self.facts.target, self._programs))
        except OarlockError as error:
            return error.message
        return None

    def _there(self, bundle: Bundle, wanted: Payload) -> list[Variant]:
        """The variants of this bundle that are there already, and are the same ones."""
        done = self.connection.run(_CAT, self._folder, f"{wanted.bundle}/bundle.json")
        try:
            hashes = {it["id"]: it["sha256"] for it in json.loads(done.stdout)["variants"]}
        except (ValueError, LookupError, TypeError):
            return []
        version = wanted.variants[0].engine_version
        return [it for it in bundle.variants if hashes.get(it.id) == it.sha256 and it.engine_version == version]

    def _ending(self, status: int | None, output: str) -> HostError:
        if status == FAILED:
            return connection_error(self._host, output)
        if status == _NO_FOLDER:
            return UnfitError(f"{self._name}: {self._folder} is gone")
        return program_error(self._name, status, output)
