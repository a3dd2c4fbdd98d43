"""What data/engines.json says: the Paddle Lite versions and targets that Oarlock knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from oarlock._pypi import PinnedFile

__all__ = ["DEFAULT_VERSION", "OFFERED_VERSIONS", "TARGETS", "WHEELS", "Architecture"]

# The wheels hold a plain library, which any Python loads; these options make pip choose them whatever Python runs it.
_PIP_OPTIONS = ("--only-binary=:all:", "--python-version", "37", "--platform", "manylinux1_x86_64")


@dataclass(frozen=True)
class Architecture:
    """How to tell that a shared library is for a target.

    ``bits`` and ``machine`` (EM_*) are of the ELF header; ``libc`` is the C library it names, which tells Linux
    ("libc.so.6") from Android ("libc.so").
    """

    bits: int
    machine: int
    libc: str


_DATA = json.loads(files("oarlock").joinpath("data/engines.json").read_text(encoding="utf-8"))

DEFAULT_VERSION: str = _DATA["default"]
OFFERED_VERSIONS: tuple[str, ...] = tuple(_DATA["offered"])
TARGETS: dict[str, Architecture] = {name: Architecture(**fields) for name, fields in _DATA["targets"].items()}
WHEELS: dict[str, PinnedFile] = {
    version: PinnedFile(version=version, pip_options=_PIP_OPTIONS, **fields)
    for version, fields in _DATA["wheels"].items()
}
