"""What the optimiser leaves undefined gets a value, and nothing else changes."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from oarlock_opt.errors import OptimizerOutputError
from oarlock_opt.lite.normalise import normalise

_HEAD = b"\x02\0" + b"v2.12\0garbage...".ljust(16, b"!")
_CLEAN = b"\x02\0" + b"v2.12" + bytes(11)


def _program(*blocks: tuple[int, int, int]) -> bytes:
    """A ProgramDesc with blocks of three fields each: index, parent, forward block."""
    tables = b""
    offsets = []
    # root offset, then ProgramDesc's vtable (6 bytes and 2 to align), its table, the vector of blocks, the blocks.
    vector_at = 4 + 8 + 8
    blocks_at = vector_at + 4 + 4 * len(blocks)
    for index, parent, forward in blocks:
        vtable = struct.pack("<HHHHHHH", 14, 16, 4, 8, 0, 0, 12) + bytes(2)
        table_at = blocks_at + len(tables) + len(vtable)
        offsets.append(table_at)
        tables += vtable + struct.pack("<iiii", len(vtable), index, parent, forward)
    vector = struct.pack("<I", len(blocks))
    for number, table_at in enumerate(offsets):
        vector += struct.pack("<I", table_at - (vector_at + 4 + 4 * number))
    root = struct.pack("<I", 12) + struct.pack("<HHH", 6, 8, 4) + bytes(2) + struct.pack("<iI", 8, 4)
    return root + vector + tables


def _file(path: Path, head: bytes, program: bytes) -> bytes:
    content = head + struct.pack("<Q", len(program)) + program + b"parameters"
    path.write_bytes(content)
    return content


def test_the_version_field(tmp_path: Path) -> None:
    path = tmp_path / "model.nb"
    path.write_bytes(_HEAD + b"rest")
    normalise(path)
    assert path.read_bytes() == _CLEAN + b"rest"
    normalise(path)
    assert path.read_bytes() == _CLEAN + b"rest"


def test_the_numbers_of_blocks(tmp_path: Path) -> None:
    path = tmp_path / "model.nb"
    _file(path, _HEAD, _program((0, -1, -1), (0, 0, 0), (-123, 22081, 7), (5, 1, -1)))
    normalise(path)
    expected = tmp_path / "expected.nb"
    content = _file(expected, _CLEAN, _program((0, -1, -1), (1, 0, -1), (2, 0, -1), (3, 1, -1)))
    assert path.read_bytes() == content
    normalise(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"short", b"\x02\0" + b"no NUL in here!!" + b"rest"])
def test_what_has_no_version(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.nb"
    path.write_bytes(content)
    with pytest.raises(OptimizerOutputError, match=r"model\.nb: no version"):
        normalise(path)


def test_a_truncated_program(tmp_path: Path) -> None:
    path = tmp_path / "model.nb"
    whole = _file(path, _HEAD, _program((0, -1, -1), (9, 9, 9)))
    path.write_bytes(whole[:60])
    with pytest.raises(OptimizerOutputError, match=r"model\.nb: the optimiser's result is truncated"):
        normalise(path)
