"""The parameter file of a legacy inference model (.pdiparams): every tensor checked against the program, none read.

The file is a row of tensors in the order of their names, without the names:

    uint32 version 0 | uint64 levels of detail L | L times (uint64 size, size bytes)
    uint32 version 0 | int32 size of the description | TensorDesc (protobuf) | the elements

Little-endian, without padding.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from google.protobuf.message import DecodeError

from oarlock.session import TensorSpec
from oarlock_opt.errors import BadParamsError
from oarlock_opt.program._dtypes import DTYPES, TYPE_NAMES
from oarlock_opt.program._messages import TensorDesc

__all__ = ["MAX_PARAMS_BYTES", "check_params"]

MAX_PARAMS_BYTES = 4 << 30
"""Larger files are refused: a .nb file counts sizes in 32 bits."""

_MAX_DESCRIPTION = 1 << 16


def check_params(path: Path, expected: Sequence[TensorSpec]) -> None:
    """Check that the file holds exactly the ``expected`` tensors, in that order, and nothing else.

    The file is mapped, and only the descriptions between the tensors are read. Raises BadParamsError and OSError.
    """
    size = path.stat().st_size
    if size > MAX_PARAMS_BYTES:
        raise BadParamsError(f"{path}: {size} bytes, expected at most {MAX_PARAMS_BYTES} bytes of parameters")
    if size == 0:
        if expected:
            raise BadParamsError(f"{path}: the file is empty, expected {_count(expected)}")
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        offset = 0
        for index, tensor in enumerate(expected):
            offset = _Tensor(path, data, index, len(expected), tensor).skip(offset)
        if offset != size:
            raise BadParamsError(
                f"{path}: {size - offset} bytes follow the last of the program's {_count(expected)}; "
                "the file belongs to another model"
            )


class _Tensor:
    """One tensor of the file: ``skip`` checks it and returns the offset of the next."""

    def __init__(self, path: Path, data: mmap.mmap, index: int, count: int, expected: TensorSpec) -> None:
        self._path = path
        self._data = data
        self._expected = expected
        self._where = f"parameter {index + 1} of {count} ({expected.name!r})"

    def skip(self, offset: int) -> int:
        (version,), offset = self._unpack("<I", offset)
        (levels,), offset = self._unpack("<Q", offset)
        if version != 0 or levels > 8:
            self._fail("does not begin as a tensor does; this is no .pdiparams file, or it is damaged")
        for _ in range(levels):
            (level_size,), offset = self._unpack("<Q", offset)
            offset = self._forward(offset, level_size)
        (version, size), offset = self._unpack("<Ii", offset)
        if version != 0 or not 0 < size <= _MAX_DESCRIPTION:
            self._fail("has no description; the file is damaged")
        end = self._forward(offset, size)
        return self._forward(end, self._check_description(self._data[offset:end]))

    def _check_description(self, description: bytes) -> int:
        """Compare with the program; returns the size of the elements in bytes."""
        desc = TensorDesc()
        try:
            desc.ParseFromString(description)
            complete = desc.IsInitialized()
        except (DecodeError, UnicodeDecodeError):
            complete = False
        if not complete:
            self._fail("has a description that is damaged")
        dtype = DTYPES.get(desc.data_type)
        shape: tuple[int, ...] = tuple(desc.dims)
        found = dtype.name if dtype is not None else TYPE_NAMES.get(desc.data_type, "unknown")
        expected = self._expected
        if dtype is None or dtype.name != expected.dtype or shape != expected.shape:
            self._fail(
                f"is {found} of shape {list(shape)}, but the program expects {expected.dtype} of shape "
                f"{list(expected.shape)}; the file belongs to another model"
            )
        if any(size < 1 for size in shape):
            self._fail(f"has the shape {list(shape)}, expected sizes of 1 or more")
        return math.prod(shape) * dtype.size

    def _unpack(self, layout: str, offset: int) -> tuple[tuple[int, ...], int]:
        end = self._forward(offset, struct.calcsize(layout))
        return struct.unpack_from(layout, self._data, offset), end

    def _forward(self, offset: int, size: int) -> int:
        if size > len(self._data) - offset:
            self._fail(
                f"needs {size} bytes at offset {offset}, but the file ends at {len(self._data)}; "
                "it is truncated, or another model's"
            )
        return offset + size

    def _fail(self, what: str) -> NoReturn:
        raise BadParamsError(f"{self._path}: {self._where} {what}")


def _count(tensors: Sequence[TensorSpec]) -> str:
    return "1 parameter" if len(tensors) == 1 else f"{len(tensors)} parameters"
