"""What a place must have to run a bundle: the program, the engine and the bundle, as files and where they go.

FOLDER/oarlock-classify, its plugin, licences
FOLDER/libpaddle_light_api_shared.so       the engine, where the program looks first; for x86 engine/lite.so
FOLDER/NAME.oar/                           the bundle, bundle.json last
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from oarlock import Bundle, store
from oarlock._files import sha256_file
from oarlock.bundle import Variant
from oarlock_opt.devices.engines import find_engine
from oarlock_opt.devices.programs import CLASSIFY, Program, beyond_libc, read_binary
from oarlock_opt.errors import UnfitError

__all__ = ["Item", "Payload", "payload"]

_SIGNATURE = "bundle.sig"
_X86_FOLDER = "engine"


@dataclass(frozen=True)
class Item:
    """A file to be put at ``name`` below the folder: that at ``path``, or ``content``."""

    name: str
    path: Path | None = None
    content: bytes = b""
    executable: bool = False

    @cached_property
    def size(self) -> int:
        """Bytes. Raises OSError."""
        return len(self.content) if self.path is None else self.path.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """In lower-case hexadecimal. Raises OSError."""
        return hashlib.sha256(self.content).hexdigest() if self.path is None else sha256_file(self.path)

    def read(self) -> bytes:
        """All of it. Raises OSError."""
        return self.content if self.path is None else self.path.read_bytes()


@dataclass(frozen=True)
class Payload:
    """Everything for one target. ``bundle`` and ``engine`` are names below the folder; ``variants`` are in the bundle.

    ``needed`` are the shared libraries that the machine must have, ``glibc`` the smallest version that serves.
    """

    target: str
    items: tuple[Item, ...]
    bundle: str
    engine: str
    variants: tuple[Variant, ...]
    needed: frozenset[str]
    glibc: tuple[int, int] | None

    @property
    def size(self) -> int:
        """Bytes of all files. Raises OSError."""
        return sum(item.size for item in self.items)


def payload(bundle: Bundle, variants: Sequence[Variant], program: Program) -> Payload:
    """What is needed to run ``variants``, which are of one version of Paddle Lite, by ``program``.

    A signed bundle is taken whole, for the signature is over all of it. Raises EngineNotInstalledError, UnfitError,
    and what ``Bundle.file`` raises.
    """
    versions = {variant.engine_version for variant in variants}
    if len(versions) != 1:
        raise UnfitError(
            f"{bundle.path}: {', '.join(it.id for it in variants)} are for Paddle Lite {' and '.join(sorted(versions))}"
            ", and a program loads one; choose with --variant"
        )
    engine = find_engine(program.target, versions.pop())
    signed = (bundle.path / _SIGNATURE).is_file()
    kept = bundle.variants if signed else tuple(variants)
    folder = _bundle_name(bundle)
    engine_items = _engine_items(engine)
    items = [
        *(
            Item(str(PurePosixPath(file)), program.folder / file, executable=file.name == CLASSIFY)
            for file in program.files
        ),
        *engine_items,
        *_bundle_items(bundle, kept, folder, signed=signed),
    ]
    binary = read_binary(engine.library)
    needed = program.needed | (frozenset() if binary is None else _others(binary.needed, engine_items))
    floors = [it for it in (program.glibc, None if binary is None else binary.glibc) if it is not None]
    return Payload(program.target, tuple(items), folder, engine_items[0].name, kept, needed, max(floors, default=None))


def _others(needed: frozenset[str], engine: Sequence[Item]) -> frozenset[str]:
    return beyond_libc(needed) - {PurePosixPath(item.name).name for item in engine}


def _bundle_name(bundle: Bundle) -> str:
    # "." and "lite0.oar/" have a name, too.
    name = bundle.path.absolute().name
    return name if name.endswith(".oar") else f"{name}.oar"


def _engine_items(engine: store.Engine) -> list[Item]:
    """The library first."""
    if engine.target != "x86":
        return [Item(engine.library.name, engine.library)]
    root = engine.library.parent
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name != store.RECORD)
    files.sort(key=lambda path: path != engine.library)
    return [Item(f"{_X86_FOLDER}/{path.relative_to(root)}", path) for path in files]


def _bundle_items(bundle: Bundle, kept: Sequence[Variant], folder: str, *, signed: bool) -> list[Item]:
    """All files that the kept variants need, their hashes checked; bundle.json is the last."""
    dropped = {it.file for it in bundle.variants} - {it.file for it in kept}
    items = [Item(f"{folder}/{name}", bundle.file(name)) for name in bundle.files if name not in dropped]
    if signed:
        items.append(Item(f"{folder}/{_SIGNATURE}", bundle.path / _SIGNATURE))
        return [*items, Item(f"{folder}/bundle.json", content=bundle._json)]
    ids = {it.id for it in kept}
    data = {**bundle.data, "variants": [it for it in bundle.data["variants"] if it["id"] in ids]}
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return [*items, Item(f"{folder}/bundle.json", content=text.encode("utf-8", "surrogateescape"))]
