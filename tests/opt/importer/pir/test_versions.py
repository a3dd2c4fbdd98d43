"""Programs of one network by four releases of PaddlePaddle, which fixtures/export.py wrote, give one graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock_opt.importer import legacy, pir
from oarlock_opt.source import SourceFiles
from tests.opt.importer.pir.programs import zeros

_FIXTURES = Path(__file__).with_name("fixtures")
_RELEASES = {"3.0.0": 1, "3.1.1": 2, "3.2.2": 3, "3.3.1": 4}
_NETWORKS = ("dense", "mobile", "residual", "transformer")


@pytest.mark.parametrize("network", _NETWORKS)
def test_every_release_gives_the_same_program(network: str, tmp_path: Path) -> None:
    programs = {}
    for release in _RELEASES:
        path = _FIXTURES / release / f"{network}.json"
        graph = pir.read(SourceFiles(path, zeros(path, tmp_path / "zeros.pdiparams")))
        assert release.startswith(f"{graph.paddle_version}.")
        programs[release] = legacy.program_bytes(graph)
    assert len(programs["3.3.1"]) > 3000
    assert set(programs.values()) == {programs["3.3.1"]}


@pytest.mark.parametrize("release", _RELEASES)
def test_the_fixtures_are_of_the_version_that_they_say(release: str) -> None:
    for network in _NETWORKS:
        text = (_FIXTURES / release / f"{network}.json").read_text(encoding="utf-8")
        assert f'"version":{_RELEASES[release]}' in text.replace(" ", "")
