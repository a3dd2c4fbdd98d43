"""What PaddlePaddle said and how its process ended, in a sentence."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from oarlock_opt._paddle import INSTALL
from oarlock_opt.errors import (
    ReferenceDeviceError,
    ReferenceFailedError,
    ReferenceTimeoutError,
    ReferenceUnavailableError,
)

__all__ = ["failed", "not_in_time", "refused"]

# "InvalidArgumentError: The fed tensor … (at /paddle/…)", somewhere in a long report with a C++ call stack, or in short
# "ValueError: (InvalidArgument) The fed tensor …".
_PADDLE_ERROR = re.compile(r"\b(\w+Error): (?:\((\w+)\) )?(.+?)(?:\s+\[Hint:|\s+\(at /|\n\s*\n|\Z)", re.DOTALL)
_OPERATOR = re.compile(r"\[operator < (\w+) > error\]")
_LONGEST = 600
_MOST_OUTPUT = 8 << 10


def failed(program: Path, text: str, status: int | None = None) -> ReferenceFailedError:
    """The error for a program that raised an exception, or whose process ended with ``status``; ``text`` was said."""
    operators = _OPERATOR.findall(text)
    return ReferenceFailedError(
        f"{program}: PaddlePaddle's own inference failed: {_what(text, status)}",
        op=operators[-1] if operators else "",
        output=text.strip()[-_MOST_OUTPUT:],
    )


def not_in_time(program: Path, seconds: float) -> ReferenceTimeoutError:
    """The error for a process that gave no answer within its time."""
    return ReferenceTimeoutError(f"{program}: PaddlePaddle gave no answer and was stopped after {seconds:g} s")


def refused(reason: str, text: str) -> ReferenceFailedError:
    """The error for PaddlePaddle that cannot be imported ("import"), or not on the device asked for ("device")."""
    if reason == "import":
        return ReferenceUnavailableError(
            f"PaddlePaddle is installed and cannot be imported: {text}. Install it again with `{INSTALL}`"
        )
    return ReferenceDeviceError(text)


def _what(text: str, status: int | None) -> str:
    if found := _PADDLE_ERROR.findall(text):
        python, paddle, words = found[-1]
        return _short(f"{f'{paddle}Error' if paddle else python}: {words}")
    if status is not None and status < 0:
        return f"its process died of {_signal(-status)}"
    lines = text.strip().splitlines()
    if lines:
        return _short(lines[-1])
    return "its process left nonsense for an answer" if status is None else f"exit status {status}"


def _signal(number: int) -> str:
    if number == signal.SIGKILL:
        return "SIGKILL, which the system sends when memory is short"
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _short(text: str) -> str:
    words = " ".join(text.split()).rstrip(".")
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
