"""The cache of what took time to make: imported programs, optimised models, reference answers.

    HOME/cache/KIND/KEY/entry.json      what is known of the entry, and the hash of each of its files
    HOME/cache/KIND/KEY/…               the files

A key is the hash of everything that the result depends on, so an entry is never out of date; it is damaged or right,
and damaged ones are noticed when they are read, dropped and made again. An entry appears complete or not at all,
whoever writes at the same time. When the whole is larger than its limit, what was not used for the longest time goes.

An entry of another user, who may write into a home that is shared, is not believed, unless that user is root: a hash
guards against damage, not against intent.

Nothing depends on the cache: where it cannot be read or written, work is done again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oarlock import _core, store
from oarlock._files import lock, sha256_file, temporary_sibling
from oarlock.errors import InvalidArgumentError
from oarlock_opt._hashing import Hashing

__all__ = ["DEFAULT_SIZE", "Cache", "Entry", "key_of", "size_limit"]

DEFAULT_SIZE = 2_000_000_000
"""Bytes that the cache may take unless OARLOCK_CACHE_SIZE says otherwise."""

_FORMAT = 1
_RECORD = "entry.json"
_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}


def size_limit() -> int:
    """$OARLOCK_CACHE_SIZE in bytes: a number with or without K, M, G or T ("500M", "2.5GB"); 0 turns the cache off.

    Raises InvalidArgumentError.
    """
    text = os.environ.get("OARLOCK_CACHE_SIZE", "").strip()
    if not text:
        return DEFAULT_SIZE
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", text.upper())
    if match is None:
        raise InvalidArgumentError(
            f"OARLOCK_CACHE_SIZE is {text!r}, expected a size such as 500MB or 2GB, or 0 for none"
        )
    return int(float(match[1]) * _UNITS[match[2]])


def key_of(**parts: Any) -> str:
    """The key for a result that depends on ``parts``, which JSON can hold, and on this version of Oarlock."""
    whole = {"format": _FORMAT, "oarlock": _core.text(_core.library().oar_version()), **parts}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


class Cache:
    """A cache in a folder, which need not exist.

    ``limit`` is the size in bytes that it may have; 0 makes a cache that finds and keeps nothing. ``remark`` is told,
    once, when nothing can be kept.
    """

    def __init__(self, folder: Path, *, limit: int, remark: Callable[[str], None] = lambda sentence: None) -> None:
        self._folder = folder
        self._limit = limit
        self._remark = remark

    @classmethod
    def of_user(cls, remark: Callable[[str], None] = lambda sentence: None) -> Cache:
        """The user's cache, with the size that the environment gives it. Raises InvalidArgumentError."""
        return cls(store.home() / "cache", limit=size_limit(), remark=remark)

    @classmethod
    def none(cls) -> Cache:
        """A cache that finds and keeps nothing."""
        return cls(Path(os.devnull), limit=0)

    @property
    def enabled(self) -> bool:
        """Whether anything can be found or kept."""
        return self._limit > 0

    def holds(self, kind: str) -> bool:
        """Whether there may be an entry of that kind."""
        return self.enabled and (self._folder / kind).is_dir()

    def find(self, kind: str, key: str) -> Entry | None:
        """The entry under a key; None where there is none. Its files are checked when they are taken out."""
        if not self.enabled:
            return None
        folder = self._folder / kind / key
        try:
            if folder.stat().st_uid not in (os.geteuid(), 0):
                return None
            record = json.loads((folder / _RECORD).read_bytes())
            body = record["body"]
            if record["sha256"] != _digest(body):
                raise ValueError("the record is damaged")
            entry = Entry(folder, body["facts"], body["files"])
        except OSError:
            return None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            _remove(folder)
            return None
        with suppress(OSError):  # a read-only cache is good to read
            os.utime(folder / _RECORD)
        return entry

    def keep(
        self,
        kind: str,
        key: str,
        facts: Any,
        files: Mapping[str, Path],
        hashes: Mapping[str, str] | None = None,
    ) -> None:
        """Keep ``facts``, which JSON can hold, and files under the names given. A key that is there stays as it is.

        ``hashes`` has the SHA-256 of files where it is known. A file is linked where that is possible, and must not be
        changed afterwards; if it is, the entry is damaged, which the next ``Entry.take`` notices. Failures are remarks.
        """
        if not self.enabled:
            return
        known = hashes or {}
        destination = self._folder / kind / key
        try:
            if sum(path.stat().st_size for path in files.values()) > self._limit:
                return
            destination.parent.mkdir(parents=True, exist_ok=True)
            with temporary_sibling(destination) as folder:
                new = folder / "entry"
                new.mkdir()
                for name, path in files.items():
                    _link(path, new / name)
                digests = {name: known.get(name) or sha256_file(new / name) for name in files}
                body = {"facts": facts, "files": digests}
                text = json.dumps({"sha256": _digest(body), "body": body}, sort_keys=True)
                (new / _RECORD).write_text(text, encoding="utf-8")
                # Another process may have kept it meanwhile; what has no record is the rest of a removal.
                if not (destination / _RECORD).exists():
                    _remove(destination)
                    _rename(new, destination)
            self._shrink()
        except OSError as error:
            self._remark(
                f"nothing is kept in the cache {self._folder}: {error.strerror or error}. Another folder is chosen "
                "with OARLOCK_HOME, and --no-cache does without."
            )
            self._limit = 0

    def _shrink(self) -> None:
        """Remove what was not used for the longest time until the rest is within the limit."""
        with lock(self._folder / "lock"):
            entries = sorted(self._entries(), key=lambda entry: entry[0], reverse=True)
            total = 0
            for _, size, folder in entries:
                total += size
                if total > self._limit:
                    _remove(folder)

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """When it was last used, its size and its folder, for each entry."""
        for record in self._folder.glob(f"[!.]*/[!.]*/{_RECORD}"):
            # Another process may remove it meanwhile.
            with suppress(OSError):
                size = sum(each.stat().st_size for each in os.scandir(record.parent))
                yield record.stat().st_mtime, size, record.parent


@dataclass(frozen=True)
class Entry:
    """Something that was kept: what is known of it, and its files with their SHA-256."""

    folder: Path
    facts: Any
    files: Mapping[str, str]

    def take(self, name: str, destination: Path) -> bool:
        """Copy a file out, checked against its hash; False, and the entry is gone, when it is damaged or missing.

        Raises OSError when the copy cannot be written.
        """
        intact, failure = False, None
        # A disk that fails, like a file that is missing, is an entry that is damaged.
        with suppress(OSError), (self.folder / name).open("rb") as file:
            source = Path(f"/proc/self/fd/{file.fileno()}")  # which is this file, whatever another process removes
            hashing = Hashing(source)
            try:
                shutil.copyfile(source, destination)
            except OSError as error:
                failure = error
            intact = hashing.result() == self.files.get(name)
        if intact:
            if failure is not None:
                raise failure
            return True
        with suppress(OSError):
            destination.unlink()
        _remove(self.folder)
        return False


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _link(path: Path, destination: Path) -> None:
    try:
        os.link(path, destination)
    except OSError:
        shutil.copyfile(path, destination)


def _rename(folder: Path, destination: Path) -> None:
    try:
        folder.rename(destination)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another process was faster
            raise


def _remove(folder: Path) -> None:
    # The record first: what is left of an entry without it is none.
    with suppress(OSError):
        (folder / _RECORD).unlink()
    shutil.rmtree(folder, ignore_errors=True)
