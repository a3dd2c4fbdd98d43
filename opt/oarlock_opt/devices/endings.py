"""How oarlock-classify came to its end on another machine, as an error that says what to do."""

from __future__ import annotations

import re
import signal

from oarlock._endings import describe_ending, ended_from_outside
from oarlock_opt.errors import DeviceProgramError, HostError, UnfitError

__all__ = ["LIBRARY_PACKAGES", "missing_library", "program_error"]

LIBRARY_PACKAGES = {
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libjpeg.so.62": "libjpeg62-turbo",
    "libjpeg.so.8": "libjpeg-turbo8",
    "libpng16.so.16": "libpng16-16",
    "libz.so.1": "zlib1g",
}
"""The packages of Debian (and of Ubuntu, which alone has libjpeg.so.8) that bring a library."""

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_MISSING = re.compile(r"error while loading shared libraries: (\S+): cannot open shared object file")
_OLD_LIBC = re.compile(r"version [`'](GLIBC(?:XX)?_[\d.]+)' not found")
_WRONG_FORMAT = re.compile(r"Exec format error|cannot execute binary file|Invalid ELF image|wrong ELF class")
# The shell of a board tells of signals by its exit status.
_SHELL_SIGNALS = 128


def missing_library(where: str, name: str) -> UnfitError:
    """The error for a shared library that a place lacks."""
    package = LIBRARY_PACKAGES.get(name)
    advice = f"install it there, on Debian with: sudo apt-get install {package}" if package else "install it there"
    return UnfitError(f"{where}: the library {name} is missing; {advice}")


def program_error(where: str, status: int | None, output: str, *, instructions: str = "") -> HostError:
    """The error for oarlock-classify, which ended before it had answered.

    ``status`` is its exit status as ``subprocess`` gives it, or as a shell does, with 128 and more for signals; None
    while it lives and talks nonsense. ``output`` is what it wrote to stderr. ``instructions`` is a clause about the
    instructions that it may have met, for SIGILL.
    """
    if status is not None and status > _SHELL_SIGNALS and status - _SHELL_SIGNALS in set(signal.Signals):
        status = _SHELL_SIGNALS - status
    if found := _MISSING.search(output):
        return missing_library(where, found[1])
    if found := _OLD_LIBC.search(output):
        return UnfitError(
            f"{where}: its C or C++ library is too old for this program, which needs {found[1]}; build the program on "
            "the board itself"
        )
    if _WRONG_FORMAT.search(output):
        return UnfitError(f"{where}: the program is for another kind of processor than the one there")
    if status in (_NOT_FOUND, _NOT_EXECUTABLE):
        return UnfitError(
            f"{where}: oarlock-classify cannot be started there ({_last_line(output) or f'exit status {status}'}); "
            "a folder on a disk that forbids programs (noexec), or a system without the loader of its target"
        )
    if status == -signal.SIGILL:
        return DeviceProgramError(f"{where}: met an instruction that this processor lacks (SIGILL){instructions}")
    if status is None:
        return DeviceProgramError(f"{where}: what answers there is no oarlock-classify: it talks nonsense")
    words = f"oarlock-classify {describe_ending(status, _without_qemu(output))}"
    advice = "; try a smaller model, or close what else runs there" if ended_from_outside(status) else ""
    return DeviceProgramError(f"{where}: {words}{advice}", output=output)


def _without_qemu(output: str) -> str:
    return "\n".join(line for line in output.splitlines() if not line.startswith("qemu: uncaught target signal"))


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""
