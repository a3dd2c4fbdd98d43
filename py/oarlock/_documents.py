"""Small text files that users write: read whole, as UTF-8, with a size limit."""

from __future__ import annotations

from pathlib import Path

from oarlock.errors import OarlockError

__all__ = ["read_text"]

_LIMIT = 16 << 20


def read_text(path: Path, error: type[OarlockError]) -> str:
    """The file's text with line feeds for line ends and without a byte-order mark.

    Raises ``error`` when the file is missing, too large or not UTF-8, and OSError.
    """
    try:
        size = path.stat().st_size
        if size > _LIMIT:
            raise error(f"{path}: {size} bytes, expected a text file of at most {_LIMIT}")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except UnicodeDecodeError as cause:
        raise error(f"{path}: byte {cause.start} is not UTF-8, expected a text file") from None
    return text
