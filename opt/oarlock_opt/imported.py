"""A source model on its way to the optimiser: hashed, read, repaired and written as a legacy program, or remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oarlock_opt._code import code_hash
from oarlock_opt._hashing import Hashing
from oarlock_opt.cache import Cache, Entry, key_of
from oarlock_opt.errors import BadGraphError, SourceError
from oarlock_opt.source import SourceFiles, ZooOrigin, read_graph

if TYPE_CHECKING:
    from oarlock_opt.importer.graph import Graph
    from oarlock_opt.importer.repair import AppliedRepair
    from oarlock_opt.interface import Interface

__all__ = ["FileHash", "Imported", "SourceHashes", "import_model", "keep"]

_KIND = "programs"
_HASHES_KIND = "hashes"
_SETTLED_NS = 2_000_000_000
_PROGRAM, _PARAMS = "model.pdmodel", "model.pdiparams"


@dataclass(frozen=True)
class FileHash:
    """A file of the source as bundle.schema.json has it."""

    name: str
    sha256: str
    size: int

    def to_json(self) -> dict[str, Any]:
        """The file as an item of ``source.files``."""
        return asdict(self)


class SourceHashes:
    """The hashes of a source's files, made by threads while others work, from ``begin`` on or when they are asked for.

    Those of files that keep their identity (device, inode, size and times of change) are remembered in ``cache``.
    """

    def __init__(self, files: SourceFiles, cache: Cache) -> None:
        self._files = files
        self._cache = cache
        self._before = self._state()
        self._key = key_of(files=self._before) if cache.enabled else ""
        known = cache.find(_HASHES_KIND, self._key)
        self._known: list[str] | None = None if known is None else known.facts
        self._hashings: list[Hashing] = []
        self._found: tuple[FileHash, ...] | None = None

    def begin(self) -> None:
        """Start the threads, where there is anything to hash."""
        if self._known is None and not self._hashings:
            self._hashings = [Hashing(path) for path in self._files.all]

    def get(self) -> tuple[FileHash, ...]:
        """The hashes, waited for. Raises OSError, and SourceError as ``check`` does."""
        if self._found is None:
            self.begin()
            hashes = self._known if self._known is not None else [each.result() for each in self._hashings]
            self.check()
            self._found = tuple(
                FileHash(path.name, digest, state[2])
                for path, digest, state in zip(self._files.all, hashes, self._before, strict=True)
            )
        return self._found

    def keep(self) -> None:
        """Remember the hashes, unless a file is so new that a change might leave its times as they are."""
        settled = time.time_ns() - _SETTLED_NS
        if self._known is None and all(max(state[-2:]) < settled for state in self._before):
            self._cache.keep(_HASHES_KIND, self._key, [each.sha256 for each in self.get()], {})

    def check(self) -> None:
        """Raise SourceError when a file was changed since this object was made."""
        if self._state() != self._before:
            raise SourceError(f"{self._files.program}: the model was changed while it was read; try again")

    def _state(self) -> list[tuple[int, ...]]:
        stats = [path.stat() for path in self._files.all]
        return [(it.st_dev, it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns) for it in stats]


@dataclass
class Imported:
    """A model that is ready for the optimiser.

    ``program`` is what the optimiser reads; ``interface`` is what that takes and gives. ``op_count`` is the number of
    operators before the passes. ``hashes`` are of ``files``, the source's own.
    """

    files: SourceFiles
    zoo: ZooOrigin | None
    hashes: SourceHashes
    program: SourceFiles
    interface: Interface
    paddle_version: str | None
    op_count: int
    repairs: tuple[AppliedRepair, ...]
    _origins: tuple[str, ...]
    _key: Callable[[], str]
    _graph: Graph | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """Stands for the model in the keys of what is made from it; "" when nothing is to be remembered.

        Waits for the hashes, and raises what they raise.
        """
        return self._key()

    @property
    def graph(self) -> Graph:
        """The graph with the passes applied; read again from ``program`` when the model was remembered."""
        if self._graph is None:
            self._graph = self.read_graph()
        return self._graph

    def read_graph(self) -> Graph:
        """The same graph read once more, for the caller to change. Raises OSError."""
        from oarlock_opt.importer import legacy

        graph = legacy.read(self.program)
        for node, origin in zip(graph.nodes, self._origins, strict=True):
            node.origin = origin
        return graph


def import_model(
    files: SourceFiles,
    zoo: ZooOrigin | None,
    *,
    lite_version: str,
    folder: Path,
    cache: Cache,
    on_read: Callable[[], object] = lambda: None,
) -> Imported:
    """Make of a source what the optimiser of a version of Paddle Lite takes, in the empty folder ``folder``.

    ``on_read`` is called before a model that was not remembered is read.

    Raises SourceError and OSError.
    """
    hashes = SourceHashes(files, cache)

    def key() -> str:
        if not cache.enabled:
            return ""
        return key_of(
            source=[each.sha256 for each in hashes.get()],
            format=files.format,
            lite=lite_version,
            code=code_hash("importer", "interface.py"),
        )

    # In a cache without programs there is none to look for: the model is read at once, and hashed when there is time.
    if cache.holds(_KIND) and (entry := cache.find(_KIND, key())):
        known = _remembered(entry, files, zoo, hashes, key, folder)
        if known is not None:
            return known
    on_read()
    model = _import(files, zoo, hashes, key, lite_version, folder)
    hashes.check()
    return model


def keep(model: Imported, cache: Cache) -> None:
    """Remember a model, once there is time: it waits for the hashes. Raises OSError and SourceError."""
    model.hashes.keep()
    cache.keep(_KIND, model.key, _facts(model), _own_files(model))


def _import(
    files: SourceFiles,
    zoo: ZooOrigin | None,
    hashes: SourceHashes,
    key: Callable[[], str],
    lite_version: str,
    folder: Path,
) -> Imported:
    from oarlock_opt.importer import legacy, passes
    from oarlock_opt.interface import Interface

    graph = read_graph(files)
    op_count = len(graph.nodes)
    try:
        repairs = passes.run(graph, lite_version)
        passes.refuse_limits(graph)
    except BadGraphError as error:
        raise BadGraphError(f"{files.program}: {error.message}", op=error.op, attribute=error.attribute) from error
    return Imported(
        files,
        zoo,
        hashes,
        legacy.write(graph, folder, files.params),
        Interface.of(graph),
        graph.paddle_version,
        op_count,
        repairs,
        tuple(node.origin for node in graph.nodes),
        key,
        graph,
    )


def _own_files(model: Imported) -> dict[str, Path]:
    """The files of the program that are not the source's."""
    files = {_PROGRAM: model.program.program}
    if model.program.params is not None and model.program.params != model.files.params:
        files[_PARAMS] = model.program.params
    return files


def _facts(model: Imported) -> dict[str, Any]:
    return {
        "interface": model.interface.to_json(),
        "paddle_version": model.paddle_version,
        "op_count": model.op_count,
        "repairs": [each.to_json() for each in model.repairs],
        "origins": model._origins,
    }


def _remembered(
    entry: Entry, files: SourceFiles, zoo: ZooOrigin | None, hashes: SourceHashes, key: Callable[[], str], folder: Path
) -> Imported | None:
    """The model of an entry; None when that is damaged."""
    from oarlock_opt.importer.repair import AppliedRepair
    from oarlock_opt.interface import Interface

    if not all(entry.take(name, folder / name) for name in entry.files):
        return None
    facts: Mapping[str, Any] = entry.facts
    return Imported(
        files,
        zoo,
        hashes,
        SourceFiles(folder / _PROGRAM, folder / _PARAMS if _PARAMS in entry.files else files.params),
        Interface.from_json(facts["interface"]),
        facts["paddle_version"],
        facts["op_count"],
        tuple(AppliedRepair(**each) for each in facts["repairs"]),
        tuple(facts["origins"]),
        key,
    )
