"""Parameter files: held against the program before anybody reads them."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from oarlock_opt.errors import BadParamsError, SourceNotFoundError
from oarlock_opt.importer import legacy
from oarlock_opt.importer.graph import ArrayTensor, FileTensor, Value
from oarlock_opt.importer.legacy import _params as params_module
from oarlock_opt.importer.legacy._messages import TensorDesc
from oarlock_opt.importer.legacy._params import write_params
from oarlock_opt.source import SourceFiles, find_files

Good = tuple[bytes, list[Value]]


@pytest.fixture
def good(models: Path) -> Good:
    """The parameter file of a model, and what the program says of it."""
    files = find_files(models / "digits")
    assert files.params is not None
    return files.params.read_bytes(), list(legacy.read(files).parameters)


def _read(tmp_path: Path, content: bytes, expected: Sequence[Value]) -> list[FileTensor]:
    path = tmp_path / "some.pdiparams"
    path.write_bytes(content)
    return legacy.read_params(SourceFiles(tmp_path / "some.pdmodel", path), expected)


def _tensor(
    shape: list[int], *, data_type: int = 5, levels: bytes = struct.pack("<Q", 0), size: int | None = None
) -> bytes:
    description = TensorDesc(data_type=data_type, dims=shape).SerializeToString()
    count = 1
    for side in shape:
        count *= side
    content = bytes(max(count, 0) * 4 if size is None else size)
    return bytes(struct.pack("<I", 0) + levels + struct.pack("<Ii", 0, len(description)) + description + content)


def test_the_right_file_is_mapped(tmp_path: Path, good: Good) -> None:
    content, expected = good
    found = _read(tmp_path, *good)
    assert [(it.dtype, it.shape) for it in found] == [(it.dtype, it.shape) for it in expected]
    last = found[-1]
    assert bytes(last.buffer()) == content[-16 * 10 * 4 :]
    assert last.array().tobytes() == content[-16 * 10 * 4 :]
    assert len({id(it.file) for it in found}) == 1


def test_a_missing_file_is_asked_for(tmp_path: Path) -> None:
    program = tmp_path / "some.pdmodel"
    assert legacy.read_params(SourceFiles(program, None), []) == []
    with pytest.raises(SourceNotFoundError, match=r"its 1 parameters are missing, expected some\.pdiparams beside it"):
        legacy.read_params(SourceFiles(program, None), [W])
    with pytest.raises(SourceNotFoundError, match="expected __params__ or params beside it"):
        legacy.read_params(SourceFiles(tmp_path / "__model__", None), [W])


def test_levels_of_detail_are_skipped(tmp_path: Path) -> None:
    levels = struct.pack("<QQ", 1, 16) + bytes(16)
    _read(tmp_path, _tensor([2, 3], levels=levels), [Value("w", "float32", (2, 3))])


def test_every_truncation_is_refused(tmp_path: Path, good: Good) -> None:
    content, expected = good
    for size in [*range(200), *range(200, len(content), 97)]:
        with pytest.raises(BadParamsError, match=r"some\.pdiparams"):
            _read(tmp_path, content[:size], expected)


def test_errors_name_the_parameter(tmp_path: Path, good: Good) -> None:
    content, expected = good
    with pytest.raises(BadParamsError) as caught:
        _read(tmp_path, content[:-1], expected)
    assert "parameter 10 of 10 ('linear_0.w_0') needs 640 bytes" in caught.value.message
    assert caught.value.code == "OAR-SOURCE-PARAMS"


W = Value("w", "float32", (2, 3))


@pytest.mark.parametrize(
    ("content", "expected", "sentence"),
    [
        (b"", [W], "the file is empty, expected 1 parameter"),
        (_tensor([2, 3]) + b"x", [W], "1 bytes follow the last of the program's 1 parameter"),
        (_tensor([3, 2]), [W], "is float32 of shape [3, 2], but the program expects float32 of shape [2, 3]"),
        (_tensor([2, 3], data_type=4), [W], "is float16 of shape [2, 3], but the program expects float32"),
        (_tensor([2, 3], data_type=23), [W], "is COMPLEX64 of shape"),
        (_tensor([2, 0]), [Value("w", "float32", (2, 0))], "expected sizes of 1 or more"),
        (_tensor([1 << 31, 1 << 31], size=8), [Value("w", "float32", (1 << 31, 1 << 31))], "but the file ends"),
        (struct.pack("<IQ", 0, 1 << 40), [W], "does not begin as a tensor does"),
        (struct.pack("<IQ", 7, 0), [W], "does not begin as a tensor does"),
        (struct.pack("<IQIi", 0, 0, 0, -5), [W], "has no description"),
        (struct.pack("<IQIi", 0, 0, 0, 1 << 30), [W], "has no description"),
        (struct.pack("<IQIi", 0, 0, 0, 2) + b"\xff\xff", [W], "has a description that is damaged"),
        (struct.pack("<IQQ", 0, 1, 1 << 62), [W], "needs 4611686018427387904 bytes at offset 20"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, expected: list[Value], sentence: str) -> None:
    with pytest.raises(BadParamsError) as caught:
        _read(tmp_path, content, expected)
    assert sentence in caught.value.message


def test_another_models_parameters_are_refused(models: Path) -> None:
    expected = list(legacy.read(find_files(models / "digits")).parameters)
    other = find_files(models / "thousand")
    with pytest.raises(BadParamsError, match="the file belongs to another model"):
        legacy.read_params(other, expected)


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(params_module, "MAX_PARAMS_BYTES", 1 << 20)
    path = tmp_path / "huge.pdiparams"
    path.touch()
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(BadParamsError, match="1048577 bytes, expected at most 1048576"):
        legacy.read_params(SourceFiles(path.with_suffix(".pdmodel"), path), [W])


def test_mutated_descriptions_are_refused_or_change_nothing(tmp_path: Path, good: Good) -> None:
    content, expected = good
    generator = random.Random(1)
    refused = 0
    for _ in range(500):
        mutated = bytearray(content)
        mutated[generator.randrange(40)] ^= 1 << generator.randrange(8)
        try:
            _read(tmp_path, bytes(mutated), expected)
        except BadParamsError:
            refused += 1
    assert refused > 250


def test_the_file_is_written_as_paddlepaddle_does(tmp_path: Path, good: Good) -> None:
    content, _ = good
    tensors = _read(tmp_path, *good)
    path = tmp_path / "again.pdiparams"
    assert write_params(tensors, path, None) == path
    assert path.read_bytes() == content
    assert write_params([ArrayTensor(it.array()) for it in tensors], path, None) == path
    assert path.read_bytes() == content


def test_the_file_they_came_from_is_not_copied(tmp_path: Path, good: Good) -> None:
    tensors = _read(tmp_path, *good)
    path, original = tmp_path / "again.pdiparams", tmp_path / "some.pdiparams"
    assert write_params(tensors, path, original) == original
    assert not path.exists()
    changed = ArrayTensor(np.zeros(tensors[0].shape, tensors[0].dtype))
    for others in (tensors[1:], tensors[:-1], [*tensors[1:], tensors[0]], [changed, *tensors[1:]], []):
        assert write_params(others, path, original) == path
        assert path.exists()
        path.unlink()


def test_levels_of_detail_are_not_written_again(tmp_path: Path) -> None:
    tensors = _read(tmp_path, _tensor([2, 3], levels=struct.pack("<QQ", 1, 16) + bytes(16)), [W])
    path = tmp_path / "again.pdiparams"
    assert write_params(tensors, path, tmp_path / "some.pdiparams") == path
    assert path.read_bytes() == _tensor([2, 3])
