"""The program file (.pdmodel): its message, read and checked as far as that goes without following the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from oarlock_opt.errors import BadGraphError, BadProgramError
from oarlock_opt.importer.legacy._messages import ProgramDesc

__all__ = ["MAX_PROGRAM_BYTES", "paddle_version", "read_program", "text"]

MAX_PROGRAM_BYTES = 256 << 20
"""Larger files are refused unread; the program of a network of a thousand layers takes a few megabytes."""


def read_program(path: Path) -> Any:
    """The ProgramDesc message of a file, whose blocks are numbered rightly.

    Raises BadProgramError and OSError.
    """
    size = path.stat().st_size
    if size > MAX_PROGRAM_BYTES:
        raise BadProgramError(
            f"{path}: {size} bytes, expected a program of at most {MAX_PROGRAM_BYTES} bytes; "
            "the parameters belong into a file of their own (.pdiparams)"
        )
    desc = ProgramDesc()
    try:
        desc.ParseFromString(path.read_bytes())
        complete = desc.IsInitialized()
    except (DecodeError, UnicodeDecodeError):
        complete = False
    if not complete:
        raise BadProgramError(
            f"{path}: not a PaddlePaddle program, or a damaged one; expected a .pdmodel file as paddle.jit.save "
            "and paddle.static.save_inference_model write it"
        )
    _check_blocks(desc, path)
    return desc


def paddle_version(desc: Any) -> str | None:
    """The version of PaddlePaddle that wrote a program; None where it does not say (a development build)."""
    number = desc.version.version
    if number <= 0:
        return None
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"


def _check_blocks(desc: Any, path: Path) -> None:
    blocks = desc.blocks
    if not blocks or not blocks[0].ops:
        raise BadGraphError(f"{path}: it has no operators")
    for index, block in enumerate(blocks):
        if block.idx != index or not (block.parent_idx == -1 if index == 0 else 0 <= block.parent_idx < index):
            raise BadGraphError(f"{path}: block {index} is numbered {block.idx} below block {block.parent_idx}")
        if not all(op.type for op in block.ops):
            raise BadGraphError(f"{path}: an operator of block {index} has no type")


def text(value: str | bytes) -> str:
    """A string of a message, which must be UTF-8: protobuf hands one that is not out as bytes, or not at all.

    Raises UnicodeError.
    """
    if isinstance(value, str):
        return value
    raise UnicodeError("not UTF-8")
