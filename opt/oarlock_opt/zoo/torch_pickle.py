"""State dicts in torch's file format of before version 1.6 (.pth), read without torch and without running anything.

Such a file is five pickles, little-endian raw data behind them:

    magic number, protocol version, facts about the writer, the state dict, the list of storage keys;
    then for each key an int64 number of elements and the elements

A tensor in the state dict is a view (offset, size, stride, in elements) of a storage, which is a persistent id
``("storage", type, key, device, number of elements[, None])``.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from oarlock_opt.zoo._entry import State
from oarlock_opt.zoo._pickle import Globals, Sealed, StateDict, are_sizes, is_size, load, type_name
from oarlock_opt.zoo.errors import BadWeightsError

__all__ = ["is_torch_file", "read"]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
# PROTO 2, LONG1 of ten bytes: how the magic number's pickle begins in every such file.
_START = b"\x80\x02\x8a\x0a" + _MAGIC.to_bytes(10, "little")


def is_torch_file(data: bytes) -> bool:
    """Whether the bytes begin as a file of this format does."""
    return data.startswith(_START)


def read(data: bytes, source: str) -> State:
    """The state dict in the bytes of such a file: read-only views of ``data``, names and layouts as in the file.

    ``source`` is named in errors. Raises BadWeightsError.
    """
    stream = io.BytesIO(data)
    _read_header(stream, source)
    reader = _Reader(len(data), source)
    found = load(stream, reader.allowed, source, reader.storage)
    if not isinstance(found, dict):
        raise BadWeightsError(f"{source}: holds {type_name(found)}, expected a state dict")
    keys = load(stream, {}, source)
    storages = _read_storages(data, stream.tell(), keys, reader.storages, source)
    state = {}
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise BadWeightsError(
                f"{source}: the state dict maps {type_name(name)} to {type_name(value)}, expected names to tensors"
            )
        state[name] = value.view(storages[value.storage.key])
    return state


def _read_header(stream: io.BytesIO, source: str) -> None:
    magic = load(stream, {}, source)
    if type(magic) is not int or magic != _MAGIC:
        raise BadWeightsError(
            f"{source}: does not begin with torch's magic number; expected a .pth of torch before 1.6"
        )
    protocol = load(stream, {}, source)
    if type(protocol) is not int or protocol != _PROTOCOL:
        raise BadWeightsError(f"{source}: torch's protocol version is not {_PROTOCOL}, the only one there is")
    facts = load(stream, {}, source)
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        raise BadWeightsError(f"{source}: was not written on a little-endian machine, as every supported file was")


@dataclass(frozen=True)
class _Storage(Sealed):
    key: str
    code: str
    count: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.count * np.dtype(self.code).itemsize


@dataclass(frozen=True)
class _Tensor(Sealed):
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def view(self, elements: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[Any]]:
        # _rebuild_tensor has checked that the view stays inside.
        strides = [step * elements.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(elements[self.offset :], self.size, strides, writeable=False)


class _Reader:
    """The stand-ins for what the state dict's pickle names, and the storages that they met."""

    def __init__(self, file_size: int, source: str) -> None:
        self.storages: dict[str, _Storage] = {}
        self._file_size = file_size
        self._source = source
        self.allowed: Globals = {
            ("collections", "OrderedDict"): StateDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            **{("torch", f"{name}Storage"): code for name, code in _STORAGES.items()},
        }

    def storage(self, pid: object) -> _Storage:
        """What a persistent id stands for."""
        if (
            not isinstance(pid, tuple)
            or len(pid) not in (5, 6)
            or pid[0] != "storage"
            or pid[1] not in _STORAGES.values()
            or not isinstance(pid[2], str)
            or not is_size(pid[4])
            or (len(pid) == 6 and pid[5] is not None)
        ):
            raise BadWeightsError(f"{self._source}: a persistent id that is not ('storage', type, key, device, count)")
        storage = _Storage(pid[2], pid[1], pid[4])
        if storage.size > self._file_size:
            raise BadWeightsError(
                f"{self._source}: storage {storage.key[:40]!r} has {storage.count} elements, more than a file of "
                f"{self._file_size} bytes can hold"
            )
        if self.storages.setdefault(storage.key, storage) != storage:
            raise BadWeightsError(f"{self._source}: storage {storage.key[:40]!r} is described twice, differently")
        return storage


_STORAGES = {
    "Half": "<f2",
    "Float": "<f4",
    "Double": "<f8",
    "Byte": "u1",
    "Char": "i1",
    "Short": "<i2",
    "Int": "<i4",
    "Long": "<i8",
    "Bool": "?",
}


def _rebuild_tensor(storage: object, offset: object, size: object, stride: object, *_: object) -> _Tensor:
    """Stands in for torch's function of that name; the rest of its arguments concern gradients."""
    if not isinstance(storage, _Storage) or not is_size(offset):
        raise ValueError("a tensor without storage or offset")
    if not are_sizes(size) or not are_sizes(stride) or len(size) != len(stride):
        raise ValueError("a tensor whose size and stride are no tuples of equal length")
    elements = math.prod(size)
    end = (
        offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True)) + 1 if elements else offset
    )
    if end > storage.count or elements > storage.count:
        raise ValueError(f"a tensor of size {size} that reaches beyond the {storage.count} elements of its storage")
    return _Tensor(storage, offset, size, stride)


def _read_storages(
    data: bytes, position: int, keys: object, expected: dict[str, _Storage], source: str
) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or sorted(keys) != sorted(expected):
        raise BadWeightsError(f"{source}: the list of storage keys is not that of the {len(expected)} storages in use")
    storages = {}
    for key in keys:
        storage = expected[key]
        start, end = position + 8, position + 8 + storage.size
        if end > len(data):
            raise BadWeightsError(f"{source}: truncated: {len(data)} bytes, storage {key[:40]!r} ends at {end}")
        count = int.from_bytes(data[position:start], "little", signed=True)
        if count != storage.count:
            raise BadWeightsError(
                f"{source}: storage {key[:40]!r} has {count} elements, the state dict says {storage.count}"
            )
        storages[key] = np.frombuffer(data, storage.code, storage.count, start)
        position = end
    if position != len(data):
        raise BadWeightsError(f"{source}: {len(data) - position} bytes follow the last storage, expected the end")
    return storages
