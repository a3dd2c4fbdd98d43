"""Files that are complete or not there: hashing, atomic writes, locks."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["lock", "replace_directory", "sha256_file", "temporary_sibling", "write_atomically"]

_MARK = ".oarlock-tmp"
_OLD = ".oarlock-old"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Lower-case hexadecimal SHA-256 of a file's bytes. Raises OSError."""
    digest = hashlib.sha256()
    with Path(path).open("rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` so that ``path`` holds either its old content or all of ``data``, whatever happens.

    The folder must exist. Raises OSError; then nothing is left behind.
    """
    destination = Path(path)
    with temporary_sibling(destination) as folder:
        temporary = folder / destination.name
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(destination)
    _sync(destination.parent)


@contextmanager
def temporary_sibling(destination: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a new empty directory beside ``destination``, on the same file system, and remove it afterwards.

    What it holds at the end goes with it: move results out with ``replace_directory`` or ``Path.replace``.
    Siblings of the same destination whose process died are removed first; a living process holds a lock on its own. If
    one of them died between ``replace_directory``'s two renames, what was at ``destination`` is put back.
    The folder of ``destination`` must exist. Raises OSError.
    """
    destination = Path(destination)
    _remove_leftovers(destination)
    path, descriptor = _create_locked(destination)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def replace_directory(temporary: str | os.PathLike[str], destination: str | os.PathLike[str]) -> None:
    """Put the directory ``temporary`` at ``destination``, which is the complete old or the complete new one throughout.

    Both must be on one file system (``temporary_sibling`` sees to that). The content is flushed to the disk first.
    An old directory is exchanged in one step (renameat2) and then removed; on a file system without that call it is
    renamed aside first, and between two renames nothing is at ``destination``; who dies there leaves the old one to the
    next ``temporary_sibling``.
    Raises OSError; NotADirectoryError when ``destination`` is a file or a link.
    """
    temporary, destination = Path(temporary), Path(destination)
    _sync_tree(temporary)
    if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
        raise NotADirectoryError(
            errno.ENOTDIR, "is a file or a link, expected a directory or nothing", str(destination)
        )
    if not destination.exists():
        temporary.rename(destination)
    elif _exchange(temporary, destination):
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with temporary_sibling(destination) as aside:
            destination.rename(aside / _OLD)
            try:
                temporary.rename(destination)
            except OSError:
                (aside / _OLD).rename(destination)
                raise
    _sync(destination.parent)


@contextmanager
def lock(path: str | os.PathLike[str], waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock between processes and threads on the file ``path``, which is created and stays.

    ``waiting`` is called once when another holds it. The lock ends with the process, however it dies. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is not None:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create_locked(destination: Path) -> tuple[Path, int]:
    # Between mkdir and flock another process may take the directory for a leftover and remove it; then try again.
    while True:
        path = destination.with_name(f".{destination.name}.{secrets.token_hex(4)}{_MARK}")
        try:
            path.mkdir()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(destination)) from None  # not a name that nobody chose
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists():
                return path, descriptor
            os.close(descriptor)


def _remove_leftovers(destination: Path) -> None:
    sibling = re.compile(rf"\.{re.escape(destination.name)}\.[0-9a-f]{{8}}{re.escape(_MARK)}")
    for path in destination.parent.iterdir():
        if not sibling.fullmatch(path.name):
            continue
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (path / _OLD).is_dir() and not os.path.lexists(destination):
                    (path / _OLD).rename(destination)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two directories in one step; False where the system or the file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(number, os.strerror(number), str(second))


def _sync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
