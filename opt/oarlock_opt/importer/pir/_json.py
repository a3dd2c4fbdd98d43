"""Reads a program's JSON from a file that may be anything, within bounds of size and depth."""

from __future__ import annotations

import json
from pathlib import Path

from oarlock_opt.errors import BadProgramError

__all__ = ["MAX_PROGRAM_BYTES", "load"]

MAX_PROGRAM_BYTES = 32 << 20
"""Larger files are refused: programs take about 400 bytes an operator, and Python's objects ten times the text."""

_MAX_OPENINGS = 3 << 19
"""Lists and objects in a file; those of a program of the largest size have twenty bytes each and more."""

_MAX_DIGITS = 400


def load(path: Path) -> object:
    """The value in a JSON file. Raises BadProgramError and OSError."""
    size = path.stat().st_size
    if size > MAX_PROGRAM_BYTES:
        raise BadProgramError(
            f"{path}: {size} bytes, expected a program of at most {MAX_PROGRAM_BYTES} bytes; "
            "the parameters belong into a file of their own (.pdiparams)"
        )
    data = path.read_bytes()
    if data.count(b"{") + data.count(b"[") > _MAX_OPENINGS:
        raise BadProgramError(f"{path}: holds more than {_MAX_OPENINGS} lists and objects, more than any program does")
    try:
        return json.loads(data.decode("utf-8"), parse_int=_integer, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadProgramError(f"{path}: byte {error.start} is not UTF-8, expected a PIR program in JSON") from None
    except json.JSONDecodeError as error:
        raise BadProgramError(
            f"{path}: not JSON, or cut off: {error.msg} in line {error.lineno}, column {error.colno}; "
            "expected a PIR program as paddle.jit.save writes it"
        ) from None
    except RecursionError:
        raise BadProgramError(f"{path}: lists and objects lie within each other deeper than in any program") from None
    except ValueError as error:
        raise BadProgramError(f"{path}: holds a number that no program has ({error})") from None


def _integer(text: str) -> int:
    # The time that int takes grows with the square of the length.
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"an integer of {len(text)} digits")
    return int(text)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
