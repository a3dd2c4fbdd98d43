"""What a board is, asked before anything is copied, and whether a variant fits it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from oarlock import Bundle, nb
from oarlock.bundle import Variant
from oarlock_opt.devices.connection import Connection
from oarlock_opt.devices.endings import missing_library
from oarlock_opt.devices.payload import Payload
from oarlock_opt.errors import DeviceError, UnfitError

__all__ = ["Facts", "ask", "check", "kernel_remarks", "misfit", "needed_memory"]

_SCRIPT = Path(__file__).with_name("preflight.sh")

# What the program and the engine take beside weights: measured with DPN68 on ARM (146 MB, 51 MB of weights twice).
_BASE_MEMORY = 48 << 20
# Weights that are stored smaller are made float32 when they are loaded.
_GROWTH = {"int8w": 4, "int16w": 2}


@dataclass(frozen=True)
class Facts:
    """A machine. ``features`` are those that all cores have, by the kernel's names; memory and disk in bytes.

    ``target`` is "arm64", "armv7", "x86" or None; a value of None is one that the machine does not tell. ``existing``
    is the folder, or the nearest above it that there is; ``missing`` are the shared libraries that were asked for and
    not found.
    """

    machine: str
    target: str | None
    processor: str
    system: str
    features: frozenset[str]
    libc: str
    memory: int | None
    disk: int | None
    existing: str
    writable: bool
    missing: tuple[str, ...]

    @property
    def glibc(self) -> tuple[int, int] | None:
        """The version of glibc; None for another C library."""
        found = re.match(r"glibc (\d+)\.(\d+)", self.libc)
        return (int(found[1]), int(found[2])) if found else None


def ask(connection: Connection, folder: str, libraries: Sequence[str] = ()) -> Facts:
    """Ask a host. ``folder`` is where things will be put. Raises the connection's errors, DeviceError."""
    done = connection.run(_SCRIPT.read_text(encoding="utf-8"), folder, *libraries)
    values: dict[str, list[str]] = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        key, _, value = line.partition("=")
        values.setdefault(key, []).append(value.strip())
    if "machine" not in values:
        words = (done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"])[-1]
        raise DeviceError(f"ssh:{connection.host}: has no POSIX shell that could be asked what it is ({words})")
    one = {key: value[0] for key, value in values.items()}
    features = [frozenset(line.split()) for line in values.get("features", [])]
    return Facts(
        machine=one["machine"],
        target=_target(one["machine"], one.get("bits", "")),
        processor=one.get("processor") or one["machine"],
        system=one.get("system", ""),
        features=frozenset.intersection(*features) if features else frozenset(),
        libc=one.get("libc", ""),
        memory=_kilobytes(one.get("memory", "")),
        disk=_kilobytes(one.get("disk", "")),
        existing=one.get("existing", ""),
        writable=one.get("writable") == "yes",
        missing=tuple(values.get("missing", ())),
    )


def misfit(facts: Facts, variant: Variant) -> str | None:
    """Why a variant cannot run on a machine, a clause; None when it can, as far as can be told."""
    if facts.target is None:
        return (
            f"it is for {variant.target}, and the machine there is {facts.machine}, for which there is no Paddle Lite"
        )
    wanted = "arm64" if variant.target == "opencl" else variant.target
    if wanted != facts.target:
        return f"it is for {variant.target}, and the machine there runs {facts.target}"
    if (
        variant.precision == "fp16"
        and variant.target in ("arm64", "armv7")
        and facts.features
        and "asimdhp" not in facts.features
    ):
        return f"it computes in fp16, which the processor there ({facts.processor}) has no instructions for (asimdhp)"
    if variant.target == "armv7" and facts.features and not facts.features & {"neon", "asimd"}:
        return f"Paddle Lite needs NEON, which the processor there ({facts.processor}) lacks"
    if facts.memory is not None and (needed := needed_memory(variant)) > facts.memory:
        return f"it takes some {_megabytes(needed)} of memory, and {_megabytes(facts.memory)} are available there"
    return None


def needed_memory(variant: Variant) -> int:
    """An estimate of the bytes that running a variant takes: its weights as they are computed with, twice, and more."""
    return _BASE_MEMORY + 2 * variant.size * _GROWTH.get(variant.precision, 1)


def check(where: str, facts: Facts, payload: Payload) -> None:
    """Whether program and engine run on a machine, and can be put there. Raises UnfitError."""
    for name in facts.missing:
        raise missing_library(where, name)
    if payload.glibc is not None and (facts.glibc is None or facts.glibc < payload.glibc):
        needs = ".".join(map(str, payload.glibc))
        raise UnfitError(
            f"{where}: has {facts.libc or 'a C library that is not known'}, and the program needs glibc {needs} or "
            "later; build it on the board itself, or update the board"
        )
    if not facts.writable:
        raise UnfitError(f"{where}: {facts.existing} cannot be written to; name another folder with ssh:HOST:DIR")


def kernel_remarks(bundle: Bundle, payload: Payload) -> Iterator[str]:
    """Sentences on variants with operators that the engine's library does not name, as one without extra kernels."""
    library = next((item for item in payload.items if item.name == payload.engine), None)
    if library is None:
        return
    content = library.read()
    for variant in payload.variants:
        operators = nb.describe(bundle.file(variant.file))["ops"]
        lacking = [it for it in operators if f"{it}\0".encode() not in content]
        if lacking:
            yield (
                f"{variant.id} has the operators {', '.join(lacking)}, which the Paddle Lite library for "
                f"{payload.target} does not seem to know: install one with extra kernels (…with_extra….tar.gz)"
            )


def _target(machine: str, bits: str) -> str | None:
    if machine in ("x86_64", "amd64"):
        return "x86"
    if machine in ("aarch64", "arm64") or machine.startswith(("armv7", "armv8")):
        # A 32-bit system may have a 64-bit kernel.
        return "armv7" if bits == "32" or not machine.endswith("64") else "arm64"
    return None


def _kilobytes(text: str) -> int | None:
    return int(text) * 1024 if text.isdigit() else None


def _megabytes(size: int) -> str:
    return f"{math.ceil(size / 1e6)} MB"
