"""The parameter file (.pdiparams), which legacy and PIR models share: mapped and checked, none of its elements read.

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

from oarlock._specs import TensorSpec
from oarlock_opt.errors import BadParamsError, SourceNotFoundError
from oarlock_opt.importer.graph import DTYPE_SIZES, FileTensor, TensorData, Value
from oarlock_opt.importer.legacy._dtypes import DTYPES, TYPE_NAMES, TYPE_NUMBERS
from oarlock_opt.importer.legacy._messages import TensorDesc
from oarlock_opt.source import SourceFiles

__all__ = ["MAX_PARAMS_BYTES", "read_params", "write_params"]

MAX_PARAMS_BYTES = 4 << 30
"""Larger files are refused: a .nb file counts sizes in 32 bits."""

_MAX_DESCRIPTION = 1 << 16


def read_params(files: SourceFiles, expected: Sequence[Value | TensorSpec]) -> list[FileTensor]:
    """Map the model's parameter file and find the ``expected`` tensors in it, in the order of their names' bytes.

    The file must hold exactly those and nothing else. Only the descriptions between the tensors are read. Raises
    SourceNotFoundError where there is no file and should be one, BadParamsError and OSError.
    """
    path = files.params
    if path is None:
        if expected:
            names = " or ".join(each.name for each in files.possible_params)
            raise SourceNotFoundError(
                f"{files.program}: its {len(expected)} parameters are missing, expected {names} beside it"
            )
        return []
    size = path.stat().st_size
    if size > MAX_PARAMS_BYTES:
        raise BadParamsError(f"{path}: {size} bytes, expected at most {MAX_PARAMS_BYTES} bytes of parameters")
    if size == 0:
        if expected:
            raise BadParamsError(f"{path}: the file is empty, expected {_count(expected)}")
        return []
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    tensors = []
    offset = 0
    for index, tensor in enumerate(expected):
        start, offset = _Tensor(path, data, index, len(expected), tensor).find(offset)
        tensors.append(FileTensor(data, start, tensor.dtype, tensor.shape))
    if offset != len(data):
        raise BadParamsError(
            f"{path}: {len(data) - offset} bytes follow the last of the program's {_count(expected)}; "
            "the file belongs to another model"
        )
    return tensors


def write_params(tensors: Sequence[TensorData], path: Path, original: Path | None) -> Path:
    """Write the parameter file at ``path``, unless ``original`` is it already; returns where it is.

    ``tensors`` are in the order of their names' bytes. ``original`` is the file that those of them which are within a
    file come from. Raises OSError.
    """
    if original is not None and _is_whole_file(tensors):
        return original
    with path.open("wb") as file:
        for tensor in tensors:
            file.write(_header(tensor))
            file.write(tensor.buffer())
    return path


def _header(tensor: TensorData) -> bytes:
    description = TensorDesc(data_type=TYPE_NUMBERS[tensor.dtype], dims=tensor.shape).SerializeToString()
    return struct.pack("<IQIi", 0, 0, 0, len(description)) + bytes(description)


def _is_whole_file(tensors: Sequence[TensorData]) -> bool:
    """Whether the tensors lie in one mapped file just as ``write_params`` would write them."""
    offset = 0
    file = None
    for tensor in tensors:
        if not isinstance(tensor, FileTensor) or (file is not None and tensor.file is not file):
            return False
        file = tensor.file
        header = _header(tensor)
        if tensor.offset != offset + len(header) or file[offset : tensor.offset] != header:
            return False
        offset = tensor.offset + math.prod(tensor.shape) * DTYPE_SIZES[tensor.dtype]
    return file is not None and offset == len(file)


class _Tensor:
    """One tensor of the file: ``find`` checks it and returns where its elements begin and end."""

    def __init__(self, path: Path, data: memoryview, index: int, count: int, expected: Value | TensorSpec) -> None:
        self._path = path
        self._data = data
        self._expected = expected
        self._where = f"parameter {index + 1} of {count} ({expected.name!r})"

    def find(self, offset: int) -> tuple[int, int]:
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
        start = self._forward(offset, size)
        return start, self._forward(start, self._check_description(bytes(self._data[offset:start])))

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
        found = dtype or TYPE_NAMES.get(desc.data_type, "unknown")
        expected = self._expected
        if dtype is None or dtype != expected.dtype or shape != expected.shape:
            self._fail(
                f"is {found} of shape {list(shape)}, but the program expects {expected.dtype} of shape "
                f"{list(expected.shape)}; the file belongs to another model"
            )
        if any(size < 1 for size in shape):
            self._fail(f"has the shape {list(shape)}, expected sizes of 1 or more")
        return math.prod(shape) * DTYPE_SIZES[dtype]

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


def _count(tensors: Sequence[Value | TensorSpec]) -> str:
    return "1 parameter" if len(tensors) == 1 else f"{len(tensors)} parameters"
