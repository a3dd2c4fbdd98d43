"""The program for a target: where ``./build.sh native PRESET`` put it, and what it asks of a machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from oarlock import store
from oarlock._archive import RELEASE_LIBRARY
from oarlock.store import TARGETS
from oarlock_opt.errors import ProgramMissingError

__all__ = ["CLASSIFY", "PRESETS", "Binary", "Program", "beyond_libc", "find_program", "read_binary"]

CLASSIFY = "oarlock-classify"
"""The program's name."""

PRESETS = {"arm64": "armv8", "armv7": "armv7hf", "x86": "host"}
"""What ``./build.sh native`` calls the targets that the program can be built for."""

_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?$")


@dataclass(frozen=True)
class Binary:
    """What an ELF file asks for: shared libraries by their names, and the smallest glibc that has its symbols.

    ``bits`` and ``machine`` (EM_*) are of its header; ``glibc`` is None where it asks for none.
    """

    bits: int
    machine: int
    needed: frozenset[str]
    glibc: tuple[int, int] | None


@dataclass(frozen=True)
class Program:
    """The folder with oarlock-classify for a target, ready to copy.

    ``files`` are all in it, relative to ``folder``. ``needed`` are the shared libraries that a machine must have,
    beside those in the folder and the engine; ``glibc`` is the smallest version that serves.
    """

    target: str
    folder: Path
    files: tuple[Path, ...]
    needed: frozenset[str]
    glibc: tuple[int, int] | None

    @property
    def executable(self) -> Path:
        """The program itself."""
        return self.folder / CLASSIFY


def find_program(target: str, programs: Path | None = None) -> Program:
    """The program for "arm64", "armv7" or "x86".

    ``programs`` is what --programs names: the folder of one program, or a folder with one for each target, called
    after it; None is ``programs`` in the store's home, where ``./build.sh native`` puts them. Raises
    ProgramMissingError.
    """
    root = store.home() / "programs" if programs is None else programs
    folder = root if (root / CLASSIFY).is_file() else root / target
    executable = folder / CLASSIFY
    advice = f"build it with `./build.sh native {PRESETS[target]}`, or name its folder with --programs"
    if not executable.is_file():
        raise ProgramMissingError(f"{folder}: holds no {CLASSIFY} for {target}; {advice}")
    binary = read_binary(executable)
    if binary is None or (binary.bits, binary.machine) != (TARGETS[target].bits, TARGETS[target].machine):
        raise ProgramMissingError(f"{executable}: is no program for {target}; {advice}")
    files = tuple(sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()))
    binaries = [it for it in (read_binary(folder / file) for file in files) if it is not None]
    names = {file.name for file in files}
    return Program(target, folder, files, _needed(binaries, names), _newest(it.glibc for it in binaries))


def read_binary(path: Path) -> Binary | None:
    """What an ELF file asks for; None for a file that is none. Raises OSError."""
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return None
        try:
            elf = ELFFile(file)
            sections = list(elf.iter_sections())
            needed = {str(tag.needed) for section in sections for tag in _needed_tags(section)}
            versions = [
                it for section in sections if isinstance(section, GNUVerNeedSection) for it in _versions(section)
            ]
            return Binary(elf.elfclass, _number(elf), frozenset(needed), _newest(versions))
        except (ELFError, UnicodeDecodeError, ValueError, LookupError):
            return None


def _number(elf: Any) -> int:
    """e_machine as a number, which pyelftools translates."""
    elf.stream.seek(18)
    return int.from_bytes(elf.stream.read(2), "little" if elf.little_endian else "big")


def _needed_tags(section: Any) -> list[Any]:
    return list(section.iter_tags("DT_NEEDED")) if isinstance(section, DynamicSection) else []


def _versions(section: Any) -> list[tuple[int, int]]:
    names = [auxiliary.name for _, auxiliaries in section.iter_versions() for auxiliary in auxiliaries]
    return [(int(match[1]), int(match[2])) for name in names if (match := _GLIBC.match(name))]


def _newest(versions: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    return max((it for it in versions if it is not None), default=None)


def _needed(binaries: Iterable[Binary], there: set[str]) -> frozenset[str]:
    """What neither the C library's own package nor the folder nor the engine brings."""
    wanted = {name for binary in binaries for name in binary.needed}
    brought = there | {RELEASE_LIBRARY, "liblite_pybind.so"}
    return beyond_libc(wanted - brought)


def beyond_libc(names: Iterable[str]) -> frozenset[str]:
    """Those of the shared libraries that the C library's own package does not bring."""
    return frozenset(name for name in names if not re.match(r"(lib(c|m|dl|rt|pthread|util)\.so|ld-linux)", name))
