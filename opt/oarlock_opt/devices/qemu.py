"""The place ``qemu`` or ``qemu:CPU``: the program for ARM on this machine, instruction by instruction.

What it computes is what the board computes, with the board's own engine; how long it takes says nothing. A processor
that is named has the instructions of that one and no more, so that one which the board lacks is met here first.
"""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oarlock import Bundle
from oarlock._closing import Closing
from oarlock.bundle import Variant
from oarlock.errors import ClosedError, InvalidArgumentError, MissingPackageError, NotFoundError, OarlockError
from oarlock.places import BenchOptions
from oarlock_opt.devices.counting import feeds, instructions_per_run
from oarlock_opt.devices.endings import program_error
from oarlock_opt.devices.engines import find_engine
from oarlock_opt.devices.programs import Program, beyond_libc, find_program, read_binary
from oarlock_opt.devices.remote import RemoteRunner
from oarlock_opt.devices.sysroot import find_sysroot
from oarlock_opt.errors import HostError, UnfitError

__all__ = ["CPUS", "Qemu", "likely_instructions"]

CPUS = {
    "arm64": ("cortex-a53", "cortex-a72", "cortex-a76", "max"),
    "armv7": ("cortex-a7", "cortex-a15", "max"),
}
"""What is emulated for a target; without a name it is "max", which has everything that qemu knows."""

_PROGRAMS = {"arm64": "qemu-aarch64", "armv7": "qemu-arm"}
# What the processors lack of what Paddle Lite may use.
_LACKS = {
    "cortex-a53": ("fp16", "dot product"),
    "cortex-a72": ("fp16", "dot product"),
    "cortex-a76": (),
    "cortex-a7": ("fp16", "dot product"),
    "cortex-a15": ("fp16", "dot product"),
    "max": (),
}
_INSTRUCTIONS = {
    "fp16": "arithmetic in fp16 (ARMv8.2, asimdhp)",
    "dot product": "dot products of bytes (ARMv8.2, asimddp)",
}

_NO_TIMES: dict[str, Any] = {
    **dict.fromkeys(("init_ms", "first_ms", "p50_ms", "p90_ms", "p99_ms", "mean_ms", "min_ms", "max_ms")),
    "warmup": 1,
    "runs": 1,
    "peak_rss_bytes": None,
}
_REMARK = (
    "Under emulation time says nothing; what is counted are the instructions of one run, the second. "
    "How long a processor takes for them depends on which they are and on its memory."
)
_NO_COUNT = (
    "Under emulation time says nothing, and instructions could not be counted: this qemu takes no plugins of version "
    "1, or oarlock-opt was installed without its own. The variant ran."
)


class Qemu(Closing):
    """A place for ``verify`` and for ``bench``. ``cpu`` is "" for "max"."""

    def __init__(self, cpu: str = "", *, threads: int = 1, programs: Path | None = None) -> None:
        """Raises InvalidArgumentError for a processor that is not among CPUS."""
        every = dict.fromkeys(name for names in CPUS.values() for name in names)
        if cpu and cpu not in every:
            raise InvalidArgumentError(f"qemu:{cpu} is no processor, expected one of: {', '.join(every)}")
        self._cpu = cpu
        self._threads = threads
        self._programs = programs
        self._environment: dict[str, str] = {}
        self._runners: weakref.WeakSet[RemoteRunner] = weakref.WeakSet()
        self._cancelled = False

    @property
    def name(self) -> str:
        """As ``--on`` has it."""
        return f"qemu:{self._cpu}" if self._cpu else "qemu"

    @property
    def cpu(self) -> str:
        """What qemu calls it."""
        return self._cpu or "max"

    @property
    def environment(self) -> dict[str, str]:
        """What the program says, but for the processor: /proc/cpuinfo there is that of this machine."""
        here = self._environment.get("processor")
        return {**self._environment, "processor": self.cpu if here is None else f"{self.cpu}, emulated on {here}"}

    def refusal(self, bundle: Bundle, variant: Variant) -> str | None:
        """Another target, another processor; qemu, libraries, the program or the engine are not installed."""
        if variant.target not in CPUS:
            why = "has no GPU" if variant.target == "opencl" else "is for arm64 and armv7"
            return f"it is for {variant.target}, and qemu {why}"
        if self.cpu not in CPUS[variant.target]:
            return f"it is for {variant.target}, and {self.cpu} is not; there are {', '.join(CPUS[variant.target])}"
        try:
            self.command(bundle, variant)
        except OarlockError as error:
            return error.message
        return None

    def open(self, bundle: Bundle, variant: Variant) -> RemoteRunner:
        """Load a variant under emulation. Raises MissingPackageError, ProgramMissingError, EngineNotInstalledError,
        DeviceProgramError, and the program's own errors.
        """
        return self._open(bundle, variant, self._threads)

    def bench(self, bundle: Path, options: BenchOptions, *, remark: Callable[[str], None]) -> dict[str, Any]:
        """Count instructions (oarlock.places.Place); there are no times. ``options.runs`` and the like say nothing.

        Raises what ``open`` raises, UnfitError, BadShapeError (an input whose size the bundle leaves open).
        """
        opened = Bundle.open(bundle)
        variant = self._chosen(opened, options.variant)
        runs = [
            {**_NO_TIMES, "threads": threads, "instructions": self._count(opened, variant, threads)}
            for threads in options.threads or (1,)
        ]
        return {
            "ok": True,
            "bundle": str(opened.path.absolute()),
            "variant": variant.id,
            "place": self.name,
            "environment": self.environment,
            "power": options.power,
            "runs": runs,
            "sustained": None,
            "remarks": [_REMARK if runs[0]["instructions"] is not None else _NO_COUNT],
        }

    def _count(self, bundle: Bundle, variant: Variant, threads: int) -> int | None:
        return instructions_per_run(
            lambda settings: self._open(bundle, variant, threads, settings),
            lambda runner: feeds(bundle, runner.inputs),
        )

    def cancel(self) -> None:
        """End a benchmark from another thread."""
        self._cancelled = True
        self.close()

    def close(self) -> None:
        """End what still runs."""
        for runner in list(self._runners):
            runner.kill()

    def _open(self, bundle: Bundle, variant: Variant, threads: int, settings: Sequence[str] = ()) -> RemoteRunner:
        command = self.command(bundle, variant, *settings)
        if self._cancelled:
            raise ClosedError("the benchmark was cancelled")
        runner = RemoteRunner(
            [*command, "--serve", str(bundle.path.absolute()), "--variant", variant.id, "--threads", str(threads)],
            ending=lambda status, output: self._ending(variant, status, output),
            environment=emulated_environment(),
        )
        self._runners.add(runner)
        self._environment = runner.environment
        return runner

    def _chosen(self, bundle: Bundle, wanted: str | None) -> Variant:
        """The variant that is wanted, else the first that can run here. Raises UnfitError, NotFoundError."""
        there = {it.id: it for it in bundle.variants}
        if wanted is not None and wanted not in there:
            raise NotFoundError(f"{bundle.path}: has no variant {wanted}; it has {', '.join(there)}")
        reasons = {}
        for variant in bundle.variants if wanted is None else (there[wanted],):
            reason = self.refusal(bundle, variant)
            if reason is None:
                return variant
            reasons[variant.id] = reason
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise UnfitError(f"{self.name}: nothing of {bundle.path} can run there: {listed}")

    def command(self, bundle: Bundle, variant: Variant, *options: str) -> list[str]:
        """The command line of the program under emulation, up to its options; ``options`` are qemu's.

        Raises what ``open`` raises before it starts something.
        """
        target = variant.target
        emulator = shutil.which(_PROGRAMS[target])
        if emulator is None:
            raise MissingPackageError(
                f"qemu: {_PROGRAMS[target]} is not installed here: sudo apt-get install qemu-user"
            )
        program = find_program(target, self._programs)
        engine = find_engine(target, variant.engine_version).library
        sysroot = find_sysroot(target, _needed(program, engine))
        folders = ":".join(map(str, (program.folder, *sysroot.libraries)))
        settings = ["-L", str(sysroot.root), "-cpu", self.cpu, "-E", f"LD_LIBRARY_PATH={folders}"]
        return [emulator, *settings, *options, str(program.executable), "--engine", str(engine)]

    def _ending(self, variant: Variant, status: int | None, output: str) -> HostError:
        return program_error(self.name, status, output, instructions=likely_instructions(self.cpu, variant.precision))


def likely_instructions(cpu: str, precision: str) -> str:
    """A clause on what a processor lacks that a variant may have asked for, with the processors that have it."""
    wanted = {"fp16": "fp16", "int8": "dot product"}.get(precision)
    lacks = _LACKS[cpu]
    if not lacks:
        return f": qemu's {cpu} has no such instruction; a newer qemu may"
    likely = [wanted] if wanted in lacks else lacks
    have = [name for name, without in _LACKS.items() if not without]
    words = " or ".join(_INSTRUCTIONS[name] for name in likely)
    return f": a {cpu} has none for {words}, which {' and '.join(have)} have, and a board with a {cpu} would stop here"


def emulated_environment() -> dict[str, str]:
    """Environment variables of this process, without what is for this machine's libraries alone."""
    return {name: value for name, value in os.environ.items() if name not in ("LD_LIBRARY_PATH", "LD_PRELOAD")}


def _needed(program: Program, engine: Path) -> frozenset[str]:
    binary = read_binary(engine)
    return program.needed | (frozenset() if binary is None else beyond_libc(binary.needed))
