"""What data/engines.json says: the Paddle Lite versions and targets that Oarlock knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEFAULT_VERSION", "INTERFACES", "OFFERED_VERSIONS", "TARGETS", "WHEELS", "Architecture", "Interface"]


@dataclass(frozen=True)
class Architecture:
    """How to tell that a shared library is for a target.

    ``bits`` and ``machine`` (EM_*) are of the ELF header; ``libc`` is the C library it names, which tells Linux
    ("libc.so.6") from Android ("libc.so").
    """

    bits: int
    machine: int
    libc: str


@dataclass(frozen=True)
class Interface:
    """What is known of the C++ interface of a version.

    ``layout`` is the version after which the layout of its classes is called (native/plugin/layouts); ``reported`` is
    what the library says of its own version.
    """

    layout: str
    reported: str


_DATA = json.loads((Path(__file__).parent / "data" / "engines.json").read_text(encoding="utf-8"))

DEFAULT_VERSION: str = _DATA["default"]
OFFERED_VERSIONS: tuple[str, ...] = tuple(_DATA["offered"])
TARGETS: dict[str, Architecture] = {name: Architecture(**fields) for name, fields in _DATA["targets"].items()}
WHEELS: dict[str, dict[str, str]] = _DATA["wheels"]
"""By version: the fields package, filename and sha256 of its PinnedFile."""
INTERFACES: dict[str, Interface] = {version: Interface(**fields) for version, fields in _DATA["interfaces"].items()}
