"""What the checks of ``oarlock doctor`` are made of: the item, ways to look, and the commands that add things."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote, urlsplit

__all__ = [
    "GROUPS",
    "Check",
    "apt_install",
    "check",
    "host_install",
    "installed",
    "pip_install",
    "program",
    "reinstall",
]

GROUPS = {
    "run": "Run bundles on this machine",
    "make": "Make bundles",
    "elsewhere": "Run bundles on boards and under emulation",
    "build": "Build the native core and the C++ program",
    "later": "No command uses these yet; later versions will",
}
"""What things are for, in the order in which they are shown."""

_SECONDS = 10.0


class Check(TypedDict):
    """An item of ``checks`` in docs/schema/doctor.schema.json."""

    name: str
    group: str
    ok: bool
    required: bool
    found: str | None
    purpose: str
    fix: str | None


def check(
    group: str, name: str, found: str | None, purpose: str, fix: str, *, ok: bool = True, required: bool = False
) -> Check:
    """One check. It is right when something was found, unless ``ok`` says that what was found is not."""
    right = ok and found is not None
    return {
        "name": name,
        "group": group,
        "ok": right,
        "required": required,
        "found": found,
        "purpose": purpose,
        "fix": None if right else fix,
    }


def installed(distribution_name: str) -> str | None:
    """The version of an installed Python distribution; nothing of it is imported."""
    try:
        return version(distribution_name)
    except PackageNotFoundError:
        return None


def program(*names: str, argument: str | None = "--version") -> tuple[str | None, bool]:
    """The first of the programs that is on PATH: what to show of it, and whether it runs.

    It is run with ``argument``, which makes it print its version; None for programs that are too slow to ask. What
    version managers put on PATH for a program that they lack does not run.
    """
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None or argument is None:
        return path, True
    command = [path, argument]
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{path} does not run", False
    number = re.search(r"\d+(\.\d+)+", child.stdout)
    if child.returncode != 0 or number is None:
        return f"{path} does not run", False
    return f"{number[0]}, {path}", True


def apt_install(*packages: str) -> str:
    """The command that installs packages of Debian and Ubuntu."""
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        return f"{command}    # Debian's names"
    return command if os.geteuid() == 0 else f"sudo {command}"


def pip_install(*arguments: str) -> str:
    """The command that has pip install something for the Python that runs this."""
    return shlex.join([sys.executable, "-m", "pip", "install", *arguments])


def reinstall(distribution_name: str) -> str:
    """The command that installs a distribution again from where it came."""
    try:
        source = _source(distribution(distribution_name))
    except PackageNotFoundError:
        source = None
    return pip_install("--force-reinstall", "--no-deps", *(source or (distribution_name,)))


def host_install() -> str:
    """The command that adds oarlock-opt: from the repository or folder that oarlock came from, else by its name."""
    own = distribution("oarlock")
    source = _source(own)
    if source is None:
        return pip_install(f"oarlock-opt=={own.version}")
    *editable, path = source
    beside = Path(path).parent
    for candidate in (beside / "opt", *beside.glob(f"oarlock_opt-{own.version}-*.whl")):
        if candidate.is_file() or (candidate / "pyproject.toml").is_file():
            return pip_install(*editable, str(candidate))
    return pip_install("./opt") + "    # in Oarlock's repository"


def _source(of: Distribution) -> tuple[str, ...] | None:
    """What to give pip to install from the same file or folder; None when it came from a package index by name.

    PEP 610 says where pip writes that down.
    """
    try:
        origin = json.loads(of.read_text("direct_url.json") or "null")
        url = urlsplit(origin["url"])
        editable = origin.get("dir_info", {}).get("editable", False)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if url.scheme != "file":
        return (origin["url"],)
    path = unquote(url.path)
    return ("--editable", path) if editable else (path,)
