"""The code that a cached result comes from, as part of its key: an installation that changes makes nothing stale."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

__all__ = ["code_hash"]


@functools.cache
def code_hash(*names: str) -> str:
    """SHA-256 of modules and packages of oarlock_opt, data files included: ``code_hash("importer", "golden.py")``."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for name in names:
        whole = root / name
        for path in sorted(whole.rglob("*")) if whole.is_dir() else [whole]:
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()
