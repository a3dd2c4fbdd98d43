"""docs/errors.md has every code of Python and C++, once, at the right stage, and no other."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

import oarlock
import oarlock_opt
from oarlock.errors import OarlockError
from oarlock_opt.errors import HostError
from tests.conftest import ROOT

_CODE = re.compile(r"OAR-[A-Z0-9]+(?:-[A-Z0-9]+)*")
_PAGE = ROOT / "docs" / "errors.md"


def _rows() -> Iterator[tuple[str, str, list[str]]]:
    """Every row of the page: the stage whose heading it is below, the code, the cells behind."""
    stage = ""
    for line in _PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            stage = line[3:]
        elif line.startswith("| `OAR-"):
            # A bar within a cell is escaped.
            first, *cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            yield stage, first.strip("`"), cells


def _classes() -> set[type[OarlockError]]:
    """Every class of errors of both distributions, wherever it is defined."""
    for package in (oarlock, oarlock_opt):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Children's programs import PaddlePaddle, and one begins to work when it is imported.
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[OarlockError]) -> Iterator[type[OarlockError]]:
        yield kind
        for each in kind.__subclasses__():
            yield from below(each)

    return {kind for kind in below(OarlockError) if kind.__module__.startswith("oarlock")}


def test_every_code_has_one_row_and_every_row_a_code() -> None:
    codes = [code for _, code, _ in _rows()]
    assert len(codes) == len(set(codes))
    assert set(codes) == {kind.default_code for kind in _classes()}


def test_rows_are_complete() -> None:
    for stage, code, cells in _rows():
        assert _CODE.fullmatch(code)
        assert len(cells) == (2 if stage == "families" else 3), code
        may_be_empty = {"OAR-INTERNAL"}
        assert code in may_be_empty or all(cells), code


def test_stages_are_those_of_the_classes() -> None:
    stages = {code: stage for stage, code, _ in _rows()}
    kinds = [kind for kind in _classes() if issubclass(kind, HostError) and stages[kind.default_code] != "families"]
    assert len(kinds) > 15
    assert {kind.default_code: stages[kind.default_code] for kind in kinds} == {
        kind.default_code: kind.stage for kind in kinds
    }
    schema = json.loads((ROOT / "docs" / "schema" / "error.schema.json").read_text(encoding="utf-8"))
    assert {kind.stage for kind in kinds} == set(schema["properties"]["stage"]["enum"])


def test_codes_of_classes_are_distinct() -> None:
    codes: dict[str, str] = {}
    for kind in _classes() - {HostError}:  # which adds nothing to the root that a program could tell
        assert codes.setdefault(kind.default_code, kind.__name__) == kind.__name__


def test_codes_of_the_core_are_on_the_page() -> None:
    statuses = set(_CODE.findall((ROOT / "native" / "src" / "status.cc").read_text(encoding="utf-8")))
    assert len(statuses) > 20
    assert statuses - {"OAR-OK"} <= {code for _, code, _ in _rows()}


def test_no_other_code_is_written_anywhere() -> None:
    known = {code for _, code, _ in _rows()} | {"OAR-OK"}
    for folder, suffixes in (("py/oarlock", "py"), ("opt/oarlock_opt", "py"), ("native/src", "cc"), ("docs", "md")):
        for path in (ROOT / folder).rglob(f"*.{suffixes}"):
            found = set(_CODE.findall(path.read_text(encoding="utf-8")))
            assert found <= known, path
