"""oarlock.nb on small files; the verifier's own tests are native."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock import nb
from oarlock.errors import BadModelError, InvalidArgumentError, NotFoundError, OarlockError, VersionMismatchError

from ..schemas import validate
from .helpers import Build


@pytest.fixture
def model(build: Build, tmp_path: Path) -> Path:
    return build.make_nb(tmp_path / "model.nb", "--target", "arm")


def test_description(model: Path) -> None:
    description = nb.describe(model)
    validate(description, "nb")
    assert description["file"] == str(model)
    assert description["size"] == model.stat().st_size
    assert description["version"] == "2.12"
    assert description["targets"] == ["arm", "host"]
    assert description["inputs"] == [{"name": "x", "shape": [-1, 3, 8, 8], "dtype": "float32"}]
    assert description["outputs"] == [{"name": "y", "shape": [-1, 10], "dtype": "float32"}]
    assert description["ops"] == {"feed": 1, "conv2d": 1, "fetch": 1}
    assert description["op_count"] == 3
    assert description["params"]["count"] == 1


def test_bytes(build: Build, tmp_path: Path) -> None:
    path = build.make_nb(tmp_path / "model.nb", "--input", "a:int64:1", "--input", "b:int32:2,-1")
    description = nb.describe_bytes(path.read_bytes(), name="from the network")
    assert description["file"] == "from the network"
    assert [(it["name"], it["dtype"]) for it in description["inputs"]] == [("a", "int64"), ("b", "int32")]


def test_broken_files(model: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"nowhere\.nb"):
        nb.describe(tmp_path / "nowhere.nb")
    text = tmp_path / "text.nb"
    text.write_text("not a model")
    with pytest.raises(BadModelError, match=r"text\.nb"):
        nb.describe(text)
    whole = model.read_bytes()
    for size in (0, 1, 17, 30, len(whole) - 1):
        with pytest.raises(BadModelError, match=r"^cut\.nb: "):
            nb.describe_bytes(whole[:size], name="cut.nb")
    with pytest.raises(VersionMismatchError, match="meta version 1"):
        nb.describe_bytes(b"\1" + whole[1:])
    with pytest.raises(InvalidArgumentError, match="NUL"):
        nb.describe("a\0.nb")


def test_mutated_files_are_described_or_refused(model: Path) -> None:
    random = np.random.default_rng(0)
    whole = np.frombuffer(model.read_bytes(), np.uint8)
    refusals: list[OarlockError] = []
    for _ in range(500):
        mutated = whole.copy()
        mutated[random.integers(0, len(whole), 3)] = random.integers(0, 256, 3)
        try:
            validate(nb.describe_bytes(mutated.tobytes()), "nb")
        except OarlockError as error:
            refusals.append(error)
    assert 0 < len(refusals) < 500
    assert {it.code for it in refusals} <= {"OAR-BAD-MODEL", "OAR-VERSION-MISMATCH"}
