"""How a child process in which Paddle Lite ran came to its end, in words."""

from __future__ import annotations

import re
import signal

__all__ = ["describe_ending", "ended_from_outside", "said"]

# "[F 11/24  4:42:34.485 /island/…/program.cc Build:645] Check failed: op: no Op found for silu"
_FATAL = re.compile(r"^\[F [^\]]*\]\s*", re.MULTILINE)
_WARNING = re.compile(r"^\[[IWE] [^\]]*\].*\n?", re.MULTILINE)
# The condition, which ends in a colon, but may have "::" in it.
_CHECK = re.compile(r"^Check failed: .*?(?<!:):(?: |$)")
_LONGEST = 500

# What comes from a person, a service manager, or the system when memory is short; not from what the process does.
_FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}


def describe_ending(status: int, output: str) -> str:
    """What a process did, such as "crashed (SIGSEGV)", by its exit status in ``subprocess`` and what it wrote."""
    text = said(output)
    words = f", saying: {text[:_LONGEST]}" if text else ""
    if status == -signal.SIGABRT:
        return f"gave up (SIGABRT){words}"
    if status >= 0:
        return f"ended the process (exit status {status}){words}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if ended_from_outside(status):
        return f"was ended from outside ({name}), as the system does when memory is short"
    return f"crashed ({name}){words}"


def ended_from_outside(status: int) -> bool:
    """Whether the exit status tells of a signal that says nothing about the process itself."""
    return -status in _FROM_OUTSIDE


def said(output: str) -> str:
    """What the engine said last, without time, source file and condition; "" when nothing."""
    fatal = _FATAL.split(output)
    text = fatal[-1] if len(fatal) > 1 else _WARNING.sub("", output)
    text = " ".join(text.split()).removeprefix("oarlock: ")
    return (_CHECK.sub("", text) or text).rstrip(" .:")
