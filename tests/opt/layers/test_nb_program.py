"""Programs of .nb files: written as they were read, and with a variable for every result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oarlock import nb
from oarlock.session import Session
from oarlock_opt.inspection._flatbuffer import Table
from oarlock_opt.layers._nb_file import NbFile
from oarlock_opt.layers._nb_program import NbProgram, Setting, input_for
from oarlock_opt.layers._tables import Schema, decode, encode
from tests.opt.layers.conftest import Import, Subject

_SCHEMA: Schema = {
    "Root": (
        ("flag", "?"), ("small", "i"), ("large", "q"), ("name", "string"), ("inner", "Inner"), ("many", "[Inner]"),
    ),
    "Inner": (("numbers", "[q]"), ("words", "[string]"), ("flags", "[?]"), ("real", "f")),
}  # fmt: skip


def test_records_survive_the_way_there_and_back() -> None:
    inner = {"numbers": [1, -(2**40)], "words": ["", "größe"], "flags": [True, False, True], "real": 0.5}
    record = {"flag": True, "large": -1, "name": "x", "inner": inner, "many": [{}, {"numbers": []}, inner]}
    buffer = memoryview(encode(_SCHEMA, "Root", record))
    assert decode(_SCHEMA, "Root", Table.root(buffer)) == record


def test_numbers_are_aligned() -> None:
    for length in range(9):
        buffer = encode(_SCHEMA, "Root", {"name": "n" * length, "large": 7, "inner": {"numbers": [0x0102030405060708]}})
        assert buffer.index((0x0102030405060708).to_bytes(8, "little")) % 8 == 0
        assert buffer.index((7).to_bytes(8, "little")) % 8 == 0


def test_a_field_that_the_schema_lacks_is_refused() -> None:
    with pytest.raises(KeyError, match="Inner has no field wrong"):
        encode(_SCHEMA, "Root", {"inner": {"wrong": 1}})


@pytest.fixture(scope="module")
def arm(lite0_source: Path, imported: Import) -> Subject:
    return imported(lite0_source, "arm64")


def test_a_file_is_written_as_it_was_read(lite0_subject: Subject, arm: Subject, tmp_path: Path) -> None:
    for path in (lite0_subject.path, arm.path):
        copy = NbFile.read(path).write(tmp_path / "copy.nb")
        before, after = nb.describe(path), nb.describe(copy)
        assert NbFile.read(copy).program == NbFile.read(path).program
        same = before.keys() - {"file", "path", "size", "sha256"}
        assert {key: before[key] for key in same} == {key: after[key] for key in same}


def test_every_result_of_an_arm_program_gets_a_name(arm: Subject, tmp_path: Path) -> None:
    program = NbProgram(NbFile.read(arm.path))
    assert program.shared
    results = [name for op in program.ops for name in op.results]
    assert len(set(results)) == len(results) == 60
    shown = nb.describe(program.showing(results).write(tmp_path / "shown.nb"))
    assert [output["name"] for output in shown["outputs"]] == results
    assert not NbProgram(NbFile.read(tmp_path / "shown.nb")).shared


def test_what_is_shown_is_what_the_file_computes(lite0_subject: Subject, tmp_path: Path) -> None:
    program = NbProgram(NbFile.read(lite0_subject.path))
    assert not program.shared
    shown = [program.ops[0].results[0], program.ops[-1].results[0]]
    feed = lite0_subject.feed()
    with Session(lite0_subject.path) as session, Session(program.showing(shown).write(tmp_path / "shown.nb")) as other:
        [answer] = session.run(feed).values()
        values = other.run(feed)
    assert list(values) == shown
    assert np.array_equal(values[shown[-1]], answer)
    assert values[shown[0]].shape == (1, 32, 112, 112)


def test_operators_alone_give_what_they_give_together(lite0_subject: Subject, tmp_path: Path) -> None:
    program = NbProgram(NbFile.read(lite0_subject.path))
    ops = program.ops[5:9]
    read = sorted({name for op in ops for name in program.variables_of(op)})
    given = [name for op in ops for name in op.results]
    with Session(program.showing([*dict.fromkeys([*read, *given])]).write(tmp_path / "shown.nb")) as session:
        values = session.run(lite0_subject.feed())
    settings = {name: Setting("float32", 4) for name in read}
    with Session(program.forced(ops, settings, given).write(tmp_path / "forced.nb")) as session:
        alone = session.run({input_for(name): values[name] for name in read})
    assert all(np.array_equal(alone[name], values[name]) for name in given)
    assert (tmp_path / "forced.nb").stat().st_size < lite0_subject.path.stat().st_size / 10
