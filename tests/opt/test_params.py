"""Parameter files: held against the program before anybody reads them."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import pytest

from oarlock.session import TensorSpec
from oarlock_opt.errors import BadParamsError
from oarlock_opt.program import Program, check_params
from oarlock_opt.program import _params as params_module
from oarlock_opt.program._messages import TensorDesc


@pytest.fixture
def good(models: Path) -> tuple[bytes, tuple[TensorSpec, ...]]:
    folder = models / "digits"
    return (folder / "inference.pdiparams").read_bytes(), Program.load(folder / "inference.pdmodel").parameters


def _check(tmp_path: Path, content: bytes, expected: tuple[TensorSpec, ...]) -> None:
    path = tmp_path / "some.pdiparams"
    path.write_bytes(content)
    check_params(path, expected)


def _tensor(
    shape: list[int], *, data_type: int = 5, levels: bytes = struct.pack("<Q", 0), size: int | None = None
) -> bytes:
    description = TensorDesc(data_type=data_type, dims=shape).SerializeToString()
    count = 1
    for side in shape:
        count *= side
    content = bytes(max(count, 0) * 4 if size is None else size)
    return bytes(struct.pack("<I", 0) + levels + struct.pack("<Ii", 0, len(description)) + description + content)


def test_the_right_file_passes(tmp_path: Path, good: tuple[bytes, tuple[TensorSpec, ...]]) -> None:
    _check(tmp_path, *good)


def test_levels_of_detail_are_skipped(tmp_path: Path) -> None:
    levels = struct.pack("<QQ", 1, 16) + bytes(16)
    _check(tmp_path, _tensor([2, 3], levels=levels), (TensorSpec("w", (2, 3), "float32"),))


def test_every_truncation_is_refused(tmp_path: Path, good: tuple[bytes, tuple[TensorSpec, ...]]) -> None:
    content, expected = good
    for size in [*range(200), *range(200, len(content), 97)]:
        with pytest.raises(BadParamsError, match=r"some\.pdiparams"):
            _check(tmp_path, content[:size], expected)


def test_errors_name_the_parameter(tmp_path: Path, good: tuple[bytes, tuple[TensorSpec, ...]]) -> None:
    content, expected = good
    with pytest.raises(BadParamsError) as caught:
        _check(tmp_path, content[:-1], expected)
    assert "parameter 10 of 10 ('linear_0.w_0') needs 640 bytes" in caught.value.message
    assert caught.value.code == "OAR-SOURCE-PARAMS"


W = TensorSpec("w", (2, 3), "float32")


@pytest.mark.parametrize(
    ("content", "expected", "sentence"),
    [
        (b"", (W,), "the file is empty, expected 1 parameter"),
        (_tensor([2, 3]) + b"x", (W,), "1 bytes follow the last of the program's 1 parameter"),
        (_tensor([3, 2]), (W,), "is float32 of shape [3, 2], but the program expects float32 of shape [2, 3]"),
        (_tensor([2, 3], data_type=4), (W,), "is float16 of shape [2, 3], but the program expects float32"),
        (_tensor([2, 3], data_type=23), (W,), "is COMPLEX64 of shape"),
        (_tensor([2, 0]), (TensorSpec("w", (2, 0), "float32"),), "expected sizes of 1 or more"),
        (_tensor([1 << 31, 1 << 31], size=8), (TensorSpec("w", (1 << 31, 1 << 31), "float32"),), "but the file ends"),
        (struct.pack("<IQ", 0, 1 << 40), (W,), "does not begin as a tensor does"),
        (struct.pack("<IQ", 7, 0), (W,), "does not begin as a tensor does"),
        (struct.pack("<IQIi", 0, 0, 0, -5), (W,), "has no description"),
        (struct.pack("<IQIi", 0, 0, 0, 1 << 30), (W,), "has no description"),
        (struct.pack("<IQIi", 0, 0, 0, 2) + b"\xff\xff", (W,), "has a description that is damaged"),
        (struct.pack("<IQQ", 0, 1, 1 << 62), (W,), "needs 4611686018427387904 bytes at offset 20"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, expected: tuple[TensorSpec, ...], sentence: str) -> None:
    with pytest.raises(BadParamsError) as caught:
        _check(tmp_path, content, expected)
    assert sentence in caught.value.message


def test_another_models_parameters_are_refused(models: Path) -> None:
    expected = Program.load(models / "digits" / "inference.pdmodel").parameters
    with pytest.raises(BadParamsError, match="the file belongs to another model"):
        check_params(models / "thousand" / "inference.pdiparams", expected)


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(params_module, "MAX_PARAMS_BYTES", 1 << 20)
    path = tmp_path / "huge.pdiparams"
    path.touch()
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(BadParamsError, match="1048577 bytes, expected at most 1048576"):
        check_params(path, (W,))


def test_mutated_descriptions_are_refused_or_change_nothing(
    tmp_path: Path, good: tuple[bytes, tuple[TensorSpec, ...]]
) -> None:
    content, expected = good
    generator = random.Random(1)
    refused = 0
    for _ in range(500):
        mutated = bytearray(content)
        mutated[generator.randrange(40)] ^= 1 << generator.randrange(8)
        try:
            _check(tmp_path, bytes(mutated), expected)
        except BadParamsError:
            refused += 1
    assert refused > 250
