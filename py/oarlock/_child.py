"""Python processes that run a function of this package: the command, and what the process does first."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["child_command", "settle"]

# sys.path becomes this process's own: with -m the folder in which it happens to run would come first, and whatever
# json.py lies there. Nothing is imported before that but sys, which is built in.
_START = "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); import {module} as module; module.main()"


def child_command(module: str, *arguments: str) -> list[str] | None:
    """The command that calls ``main()`` of a module of this package in a Python of its own, with sys.argv[1:].

    None where this process does not know its Python, as in a program that Python is embedded in.
    """
    if not sys.executable:
        return None
    return [sys.executable, "-c", _START.format(module=module), "\n".join(map(str, sys.path)), *arguments]


def settle() -> None:
    """Called in a child that may crash: no core dump, and when memory is short this process goes first."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
