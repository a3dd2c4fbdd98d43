"""The page that people read: one HTML file from what ``oarlock verify`` found.

It needs nothing else: styles, charts (SVG) and thumbnails are inside, there is no script, and a content security policy
forbids the browser to load anything. The same findings and pictures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oarlock._files import write_atomically
from oarlock.errors import MissingPackageError
from oarlock_opt.errors import DestinationError

__all__ = ["check", "write"]

_PACKAGES = ("jinja2", "matplotlib")


def check(path: Path) -> None:
    """Say before hours of work what ``write`` would say after them.

    Raises MissingPackageError where the extra ``report`` is not installed, and DestinationError for a folder that does
    not exist, or a path that is one.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"{path}: a report is made with {' and '.join(missing)}, not installed here; they come with the extra "
            "report: pip install 'oarlock-opt[report]'"
        )
    if path.is_dir():
        raise DestinationError(f"{path}: is a folder, expected the name of an HTML file")
    if not path.parent.is_dir():
        raise DestinationError(f"{path}: there is no folder {path.parent}; make it first")


def write(
    data: dict[str, Any], path: Path, *, picture: Callable[[str], NDArray[np.uint8] | None] | None = None
) -> None:
    """Write what was found as a page, whole or not at all.

    ``data`` is an object by docs/schema/verify.schema.json: ``Verification.to_json()``, or what
    ``oarlock verify --json`` printed once. ``picture`` gives the pixels of a picture that has two answers, uint8
    (H, W, 3) RGB, by the file name in ``data``; None where there is none, which the page then says. Unless given, files
    are read where they are.

    Raises what ``check`` raises, and DestinationError where the system refuses to write.
    """
    check(path)
    from oarlock_opt.report._page import page
    from oarlock_opt.report._thumbnails import Thumbnails, from_files

    text = page(data, Thumbnails(picture or from_files))
    try:
        # A file name may hold bytes that are no text.
        write_atomically(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise DestinationError(f"{path}: the report cannot be written ({error.strerror or error})") from error
