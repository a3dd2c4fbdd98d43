"""Damages files as disks, networks and people do, by a seed: the same numbers give the same damage."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from oarlock_opt.importer.legacy._messages import ProgramDesc

__all__ = ["mutate"]

_INTERESTING = (0, 1, 2, 7, 8, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1, -1)
_WORDS = ("", "x", "1.conv2d", "1.matmul", "NCHW", "NHWC", "float32", "none", "p", "0.combine", "\ud800", "é" * 9)


def mutate(path: Path, seed: int) -> bytes:
    """The content of a .json, .pdmodel or .pdiparams file with one to three damages.

    Of the first two formats, values are changed as well as bytes, which leaves a file that can be read.
    """
    chance = random.Random(seed)
    content = path.read_bytes()
    inside = {".json": _values, ".pdmodel": _fields}.get(path.suffix)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        way = inside if inside is not None and chance.random() < 0.6 else chance.choice(_BYTES)
        content = way(content, chance)
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    start = chance.randrange(len(content) + 1)
    changed[start : start + chance.choice((1, 4, 16, 256))] = chance.randbytes(chance.choice((1, 4, 16, 256)))
    return bytes(changed)


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _remove(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.choice((1, 2, 8, 100, 5000)) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    part = content[start : start + chance.choice((1, 8, 100, 5000))]
    return content[:start] + part * chance.choice((2, 3, 20)) + content[start:]


def _number(content: bytes, chance: random.Random) -> bytes:
    """A length or a count that lies: 32 or 64 bits, or a varint."""
    value = chance.choice(_INTERESTING) % 2**64
    size = chance.choice((4, 8))
    written = (value % 2 ** (8 * size)).to_bytes(size, "little") if chance.random() < 0.5 else _varint(value)
    start = chance.randrange(len(content) + 1)
    return content[:start] + written + content[start + len(written) :]


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _splice(content: bytes, chance: random.Random) -> bytes:
    first, second = chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)
    return content[:first] + content[second:]


_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _flip, _overwrite, _truncate, _remove, _repeat, _number, _number, _splice,
)  # fmt: skip


def _values(content: bytes, chance: random.Random) -> bytes:
    """One value somewhere in a JSON document becomes another, goes, or is there twice."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, chance)
    holders = [each for each in _holders(document) if each]
    if not holders:
        return content
    holder = chance.choice(holders)
    key: Any = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    way = chance.random()
    if way < 0.15:
        del holder[key]
    elif way < 0.25 and isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), holder[key])
    elif way < 0.35:
        other = chance.choice(holders)
        holder[key] = other[chance.choice(list(other)) if isinstance(other, dict) else chance.randrange(len(other))]
    else:
        holder[key] = _other(holder[key], chance)
    try:
        return json.dumps(document).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # a part was put into itself
        return _flip(content, chance)


def _fields(content: bytes, chance: random.Random) -> bytes:
    """One field somewhere in a protobuf message becomes another, goes, or is there twice."""
    desc = ProgramDesc()
    try:
        desc.ParseFromString(content)
    except (DecodeError, UnicodeDecodeError):
        return _flip(content, chance)
    places = list(_places(desc))
    if not places:
        return content
    message, field = chance.choice(places)
    value = getattr(message, field.name)
    if field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
        _change_list(value, field, chance)
    elif field.message_type is None and chance.random() < 0.85:
        _assign(message, field.name, _other(value, chance))
    else:
        message.ClearField(field.name)
    return bytes(desc.SerializePartialToString())


def _change_list(values: Any, field: Any, chance: random.Random) -> None:
    index = chance.randrange(len(values))
    way = chance.random()
    if way < 0.3:
        del values[index]
    elif field.message_type is not None:
        values.add().CopyFrom(values[index])
    elif way < 0.5:
        values.append(values[index])
    else:
        try:
            values[index] = _other(values[index], chance)
        except (TypeError, ValueError, OverflowError):
            values.append(values[index])


def _assign(message: Any, name: str, value: object) -> None:
    try:
        setattr(message, name, value)
    except (TypeError, ValueError, OverflowError):  # not of the field's type, or too large for it
        message.ClearField(name)


def _places(message: Any) -> Iterator[tuple[Any, Any]]:
    """Every field that is set, with its message, at every depth."""
    for field, value in message.ListFields():
        yield message, field
        if field.message_type is not None:
            for each in value if hasattr(value, "add") else (value,):
                yield from _places(each)


def _other(value: object, chance: random.Random) -> object:
    same_kind = chance.random() < 0.7
    if same_kind and isinstance(value, int) and not isinstance(value, bool):
        return chance.choice((value + 1, value - 1, -value, value * 1000, *_INTERESTING))
    if same_kind and isinstance(value, str):
        return chance.choice((*_WORDS, value[:-1], value + "_", value.upper()))
    if same_kind and isinstance(value, float):
        return chance.choice((0.0, -value, value * 1e30, 1e308, 5e-324))
    return chance.choice((None, True, 0, -1, 1.5, "", "x", [], {}, [0], {"#": "0.a_i32", "D": 1}, 10**30))


def _holders(value: object) -> list[Any]:
    found: list[Any] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict | list):
            found.append(each)
            waiting.extend(each.values() if isinstance(each, dict) else each)
    return found
