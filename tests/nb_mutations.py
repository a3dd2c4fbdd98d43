"""Seeded damage to .nb files: what a bad disk, a broken download or an enemy may do to one."""

from __future__ import annotations

import random
import re
import struct

__all__ = ["mutate"]

_TOPOLOGY_SIZE = 18
_TOPOLOGY = 26
_NUMBERS = (0, 1, 2, 4, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)


def mutate(content: bytes, seed: int) -> bytes:
    """``content``, a whole .nb file, with one to three changes; the same ones for the same seed."""
    dice = random.Random(seed)
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        dice.choice(_CHANGES)(changed, dice)
    return bytes(changed)


def _flip_bits(content: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 1, 2, 8))):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)


def _flip_a_bit_of_the_program(content: bytearray, dice: random.Random) -> None:
    content[_place_in_program(content, dice, 1)] ^= 1 << dice.randrange(8)


def _truncate(content: bytearray, dice: random.Random) -> None:
    del content[dice.choice((dice.randrange(len(content)), len(content) - dice.randint(1, 8))) :]
    content += bytes(max(0, _TOPOLOGY + 8 - len(content)))


def _change_a_length(content: bytearray, dice: random.Random) -> None:
    """The size of the program, or one of the sizes after it."""
    [topology] = struct.unpack_from("<Q", content, _TOPOLOGY_SIZE)
    if dice.random() < 0.3:
        value = dice.choice((*_NUMBERS, topology + dice.randint(-8, 8), 1 << 63, (1 << 64) - 1))
        struct.pack_into("<Q", content, _TOPOLOGY_SIZE, value & (1 << 64) - 1)
        return
    at = min(_TOPOLOGY + topology + 2 * dice.randrange(12), len(content) - 4)
    _put(content, at, dice)


def _change_an_offset(content: bytearray, dice: random.Random) -> None:
    """A word of the program, most of which are offsets or lengths of FlatBuffers."""
    at = _place_in_program(content, dice, 4)
    at -= (at - _TOPOLOGY) % 4
    if dice.random() < 0.5:
        _put(content, at, dice)
        return
    [value] = struct.unpack_from("<I", content, at)
    struct.pack_into("<I", content, at, value + dice.choice((-8, -4, -1, 1, 4, 8)) & 0xFFFFFFFF)


def _change_a_name(content: bytearray, dice: random.Random) -> None:
    """A letter of a name: of an operator, an attribute, a variable or a kernel."""
    names = list(re.finditer(rb"[A-Za-z_@/.0-9]{4,}", content))
    if names:
        name = dice.choice(names)
        content[dice.randrange(name.start(), name.end())] = dice.choice(b"abcdefghijklmnopqrstuvwxyz_0123456789/")


def _copy_a_piece(content: bytearray, dice: random.Random) -> None:
    length = dice.randint(1, 64)
    source, target = (dice.randrange(max(1, len(content) - length)) for _ in range(2))
    content[target : target + length] = content[source : source + length]


def _put(content: bytearray, at: int, dice: random.Random) -> None:
    struct.pack_into("<I", content, at, dice.choice((*_NUMBERS, dice.getrandbits(32))))


def _place_in_program(content: bytearray, dice: random.Random, size: int) -> int:
    [topology] = struct.unpack_from("<Q", content, _TOPOLOGY_SIZE)
    return dice.randrange(_TOPOLOGY, max(_TOPOLOGY + 1, min(_TOPOLOGY + topology, len(content)) - size))


_CHANGES = (
    _flip_bits,
    _flip_a_bit_of_the_program,
    _flip_a_bit_of_the_program,
    _truncate,
    _change_a_length,
    _change_an_offset,
    _change_an_offset,
    _change_a_name,
    _copy_a_piece,
)
