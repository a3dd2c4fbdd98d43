"""Files of PyPI packages, pinned by hash and fetched by pip with the user's own configuration."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from oarlock._files import sha256_file, temporary_sibling
from oarlock.errors import BadArchiveError, DownloadError

__all__ = ["PinnedFile", "check", "fetch"]


@dataclass(frozen=True)
class PinnedFile:
    """One file of one release.

    ``filename`` is the name that the package index gives it, ``sha256`` its hash in lower-case hexadecimal,
    ``pip_options`` what makes ``pip download`` choose it on any machine.
    """

    package: str
    version: str
    filename: str
    sha256: str
    pip_options: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that a user runs to get the file by hand."""
        return " ".join(("pip download --no-deps", *self.pip_options, f"{self.package}=={self.version}"))


def fetch(pinned: PinnedFile, directory: Path) -> Path:
    """Return ``directory / pinned.filename``, downloaded by ``pip download`` unless it is there with the right hash.

    ``directory`` is created. Progress goes to stderr when that is a terminal. The file appears complete and checked or
    not at all. Raises DownloadError (pip missing, no connection, no such release), BadArchiveError (another hash) and
    OSError.
    """
    destination = directory / pinned.filename
    if destination.is_file() and sha256_file(destination) == pinned.sha256:
        return destination
    directory.mkdir(parents=True, exist_ok=True)
    with temporary_sibling(destination) as folder:
        _download(pinned, folder)
        downloaded = folder / pinned.filename
        if not downloaded.is_file():
            found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
            raise DownloadError(
                f"pip downloaded {found}, expected {pinned.filename}: the package index serves other files"
            )
        check(pinned, downloaded)
        downloaded.replace(destination)
    return destination


def check(pinned: PinnedFile, path: Path) -> None:
    """Raise BadArchiveError unless the file at ``path`` has the pinned hash."""
    found = sha256_file(path)
    if found != pinned.sha256:
        raise BadArchiveError(
            f"{path}: SHA-256 is {found}, expected {pinned.sha256} ({pinned.filename}): "
            "the file is damaged or another one"
        )


def _download(pinned: PinnedFile, folder: Path) -> None:
    terminal = sys.stderr.isatty()
    command = [
        *_pip(pinned),
        "download",
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
        *([] if terminal else ["--quiet"]),
        *pinned.pip_options,
        "--dest",
        str(folder),
        f"{pinned.package}=={pinned.version}",
    ]
    # pip reports progress on stdout, which belongs to results here.
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if terminal else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        lines = [line.removeprefix("ERROR: ") for line in result.stderr.splitlines() if line.startswith("ERROR: ")]
        reason = "; ".join(lines) or result.stderr.strip() or f"exit status {result.returncode}"
        raise DownloadError(
            f"pip could not download {pinned.package} {pinned.version}: {reason.rstrip('.')}. "
            f"Without a connection, get {pinned.filename} elsewhere by `{pinned.command}` and give its path."
        )


def _pip(pinned: PinnedFile) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    # An environment made by uv or `venv --without-pip` has none of its own; any pip downloads the same file.
    for name in ("pip3", "pip"):
        if path := shutil.which(name):
            return [path]
    raise DownloadError(
        f"pip is missing for {sys.executable}, it is needed to download {pinned.package} {pinned.version}: "
        f"run `{sys.executable} -m ensurepip`, or get {pinned.filename} elsewhere by `{pinned.command}` "
        "and give its path."
    )
