"""Pickles written opcode by opcode, so that tests can name what is not installed and say what no pickler would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
TORCH_FACTS: Mapping[str, object] = {"protocol_version": 1001, "little_endian": True}


@dataclass(frozen=True)
class Global:
    module: str
    name: str


@dataclass(frozen=True)
class Call:
    """``function(*arguments)``; then ``__setstate__(state)`` unless ``state`` is None."""

    function: object
    arguments: tuple[object, ...]
    state: object = None


@dataclass(frozen=True)
class Persistent:
    pid: object


@dataclass(frozen=True)
class Raw:
    opcodes: bytes


def dumps(value: object) -> bytes:
    """A pickle of protocol 2 (with bytes of protocol 3)."""
    return b"\x80\x02" + _encode(value) + b"."


def _encode(value: object) -> bytes:
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        digits = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(digits)]) + digits
    if isinstance(value, str):
        text = value.encode()
        return b"X" + len(text).to_bytes(4, "little") + text
    if isinstance(value, bytes):
        return b"B" + len(value).to_bytes(4, "little") + value
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_encode, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(_encode, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(_encode(key) + _encode(item) for key, item in value.items()) + b"u"
    if isinstance(value, Global):
        return f"c{value.module}\n{value.name}\n".encode()
    if isinstance(value, Call):
        built = b"" if value.state is None else _encode(value.state) + b"b"
        return _encode(value.function) + _encode(value.arguments) + b"R" + built
    if isinstance(value, Persistent):
        return _encode(value.pid) + b"Q"
    assert isinstance(value, Raw), value
    return value.opcodes


def paddle_array(values: np.ndarray, *, code: str | None = None, shape: object = None, data: object = None) -> Call:
    """An array as numpy pickles it; the keywords replace what is true of it."""
    dtype = Call(
        Global("numpy", "dtype"),
        (code or values.dtype.str[1:], False, True),
        (3, "<", None, None, None, -1, -1, 0),
    )
    return Call(
        Global("numpy.core.multiarray", "_reconstruct"),
        (Global("numpy", "ndarray"), (0,), b"b"),
        (1, values.shape if shape is None else shape, dtype, False, values.tobytes() if data is None else data),
    )


def torch_tensor(
    key: str,
    shape: tuple[int, ...],
    *,
    count: int,
    offset: int = 0,
    stride: object = None,
    storage: str = "FloatStorage",
) -> Call:
    """A tensor that is a view of the storage ``key``; contiguous unless ``stride`` is given."""
    if stride is None:
        stride = tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
    pid = ("storage", Global("torch", storage), key, "cpu", count, None)
    no_hooks = Call(Global("collections", "OrderedDict"), ())
    return Call(Global("torch._utils", "_rebuild_tensor_v2"), (Persistent(pid), offset, shape, stride, False, no_hooks))


def torch_file(
    state: object,
    storages: Mapping[str, np.ndarray],
    *,
    magic: int = TORCH_MAGIC,
    protocol: int = 1001,
    facts: object = TORCH_FACTS,
    keys: Sequence[str] | None = None,
) -> bytes:
    """A file as torch wrote it before version 1.6."""
    head = b"".join(map(dumps, (magic, protocol, facts, state, list(storages) if keys is None else list(keys))))
    return head + b"".join(len(values).to_bytes(8, "little") + values.tobytes() for values in storages.values())
