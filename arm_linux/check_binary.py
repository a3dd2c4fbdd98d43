#!/usr/bin/env python3
"""Check that programs and libraries built for boards run there: ``check_binary.py [OPTIONS] FILE...``.

Read from the files themselves, by ``readelf`` of any binutils: which versions of glibc, libstdc++ and libgcc their
symbols ask for, which shared libraries they name, for which processor they are, and whether they are stripped. Prints
a line for each file, and a sentence for each thing that is not as it should be; exit status 1 then. Python 3.8,
standard library only.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# What a system with each glibc has besides: the libstdc++ and libgcc of the compiler that its distribution came with.
# From the ABI page of GCC's manual; Debian 11 and Ubuntu 20.04 (JetPack 5) both bring libstdc++ 6.0.28.
BASELINES = {
    "2.31": {"GLIBC": "2.31", "GLIBCXX": "3.4.28", "CXXABI": "1.3.12", "GCC": "10.0.0"},
    "2.36": {"GLIBC": "2.36", "GLIBCXX": "3.4.30", "CXXABI": "1.3.13", "GCC": "12.0.0"},
}

# What a board has, by soname; Paddle Lite's library is the plugin's, and lies beside it.
ALLOWED = re.compile(
    r"(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|ld-linux-aarch64\.so\.1|ld-linux-armhf\.so\.3"
    r"|libstdc\+\+\.so\.6|libgcc_s\.so\.1|libjpeg\.so\.(62|8)|libpng16\.so\.16|libz\.so\.1"
    r"|libpaddle_light_api_shared\.so|liblite_pybind\.so)$"
)


@dataclass(frozen=True)
class Binary:
    """What an ELF file says of itself: processor, sonames it needs, versions its symbols ask for, size in bytes."""

    path: Path
    machine: str
    needed: tuple[str, ...]
    versions: dict[str, str]  # the highest of each family: {"GLIBC": "2.29"}
    stripped: bool
    size: int


def read(path: Path) -> Binary:
    """Describe a file. Raises ValueError when readelf cannot read it."""
    done = subprocess.run(
        ["readelf", "-W", "-h", "-d", "-S", "--version-info", path],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    machine = re.search(r"^ *Machine: +(.+?) *$", done.stdout, re.M)
    if done.returncode != 0 or machine is None:
        raise ValueError(f"{path}: is no program or library: {done.stderr.strip() or 'no ELF header'}")
    versions: dict[str, str] = {}
    for family, version in re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI|GCC)_([0-9.]+) ", done.stdout):
        versions[family] = max(versions.get(family, "0"), version, key=_numbers)
    needed = tuple(re.findall(r"\(NEEDED\) +Shared library: \[(.+?)\]", done.stdout))
    stripped = re.search(r"\] \.(symtab|debug_info) ", done.stdout) is None
    return Binary(path, machine[1], needed, versions, stripped, path.stat().st_size)


def problems(binary: Binary, baseline: dict[str, str], machine: str | None) -> list[str]:
    """What would keep the file from running on a system of that baseline, a sentence each."""
    found = [
        f"{binary.path}: needs {family}_{version}, where the baseline has {baseline[family]}"
        for family, version in sorted(binary.versions.items())
        if _numbers(version) > _numbers(baseline[family])
    ]
    found += [
        f"{binary.path}: needs {name}, which boards need not have" for name in binary.needed if not ALLOWED.match(name)
    ]
    if machine is not None and binary.machine != machine:
        found.append(f"{binary.path}: is for {binary.machine}, expected {machine}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Checks that programs and libraries built for boards run there.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--glibc", choices=sorted(BASELINES), default="2.31", help="the oldest system to run on")
    parser.add_argument("--machine", choices=("AArch64", "ARM"), help="the processor they must be for")
    parser.add_argument(
        "--max-kb", type=int, help="the most that the files may have together, stripped, in kB of 1000 bytes"
    )
    options = parser.parse_args(arguments)
    found: list[str] = []
    total = 0
    for path in options.files:
        try:
            binary = read(path)
        except ValueError as error:
            found.append(str(error))
            continue
        asked = " ".join(f"{family}_{version}" for family, version in sorted(binary.versions.items()))
        print(f"{path}: {binary.machine}, {binary.size} bytes; {asked}; {' '.join(binary.needed)}")
        found += problems(binary, BASELINES[options.glibc], options.machine)
        if options.max_kb is not None and not binary.stripped:
            found.append(f"{path}: is not stripped, so its size says nothing; install with cmake --install … --strip")
        total += binary.size
    if options.max_kb is not None and total > options.max_kb * 1000:
        found.append(f"the files have {total} bytes together, expected at most {options.max_kb} kB")
    for sentence in found:
        print(f"check_binary.py: {sentence}", file=sys.stderr)
    return 1 if found else 0


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    raise SystemExit(main())
