"""Each version of Paddle Lite that PyPI serves: its optimiser, its library, and what docs/lite-versions.md says.

2.12 is always tried, the others where they are installed, and all of them with --full, which installs them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from oarlock import Bundle, store
from oarlock._catalog import INTERFACES, OFFERED_VERSIONS, WHEELS
from oarlock.errors import OarlockError
from oarlock_opt import pipeline
from oarlock_opt.importer.passes import LITE_VERSIONS
from oarlock_opt.lite.targets import TARGETS
from tests.conftest import Figure, Run
from tests.opt.lite.lite_versions import (
    LIMITS,
    NETWORKS,
    PAGE,
    VARIANTS,
    Outcome,
    Subject,
    export,
    measure,
    row,
    subject,
    table,
    written_rows,
)

_ERROR = re.compile(r"(\w+) (\d[0-9.]*e[+-]\d+)")


@pytest.fixture(scope="session")
def digits(models: Path) -> Subject:
    return subject("digits", models / "digits")


@pytest.fixture(params=OFFERED_VERSIONS)
def version(request: pytest.FixtureRequest, engine: Path) -> str:
    """A version, installed."""
    wanted: str = request.param
    try:
        store.find("x86", wanted)
    except OarlockError:
        if not request.config.getoption("--full"):
            pytest.skip(f"Paddle Lite {wanted} is not installed; --full installs it")
        store.install("x86", version=wanted)
    return wanted


def test_the_lists_of_versions_agree() -> None:
    assert set(OFFERED_VERSIONS) == set(WHEELS) == set(INTERFACES) == set(LITE_VERSIONS)
    assert tuple(written_rows()) == OFFERED_VERSIONS


def test_the_page_has_the_table_that_the_script_writes() -> None:
    assert table(written_rows().values()) in PAGE.read_text(encoding="utf-8")


def test_what_the_page_says(version: str, digits: Subject, figure: Figure) -> None:
    outcomes = measure(version, digits)
    _record(figure, version, "the classifier of digits", outcomes)
    _check(row(version, [outcomes]), written_rows()[version])


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: network[0])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    name, form = request.param
    return export(name, form, tmp_path_factory.mktemp("networks") / name)


@pytest.mark.full
def test_what_the_page_says_of_networks(version: str, network: Subject, figure: Figure) -> None:
    outcomes = measure(version, network)
    _record(figure, version, network.name, outcomes)
    _check(row(version, [outcomes]), written_rows()[version])


def _record(figure: Figure, version: str, name: str, outcomes: Mapping[str, Outcome]) -> None:
    for precision in LIMITS:
        figure(f"Paddle Lite {version} x86-{precision}, {name}: relative error", outcomes[f"x86-{precision}"].error)


def _check(measured: str, written: str) -> None:
    """A row for one model says what the page's says for all, whose errors are the worst model's."""
    assert _ERROR.sub(r"\1", measured) == _ERROR.sub(r"\1", written)
    for line in (measured, written):
        errors = {precision: float(error) for precision, error in _ERROR.findall(line)}
        assert errors.keys() == LIMITS.keys()
        assert all(error <= LIMITS[precision] for precision, error in errors.items())


def test_a_bundle_of_the_version(version: str, models: Path, tmp_path: Path) -> None:
    request = pipeline.Request(
        str(models / "digits"), tmp_path / "d.oar", targets=TARGETS, precisions=("fp32", "fp16"), preprocess="none",
        golden=False, lite=version,
    )  # fmt: skip
    report = pipeline.make_bundle(request)
    assert report.to_json()["lite"] == version
    data = Bundle.open(tmp_path / "d.oar").data
    made = {variant.id for variant in VARIANTS if variant.precision in ("fp32", "fp16")}
    assert {it["id"] for it in data["variants"]} == made
    assert {it["engine"]["version"] for it in data["variants"]} == {version}


def test_predict_runs_it_with_the_library_of_its_version(
    version: str, models: Path, photographs: Path, oarlock_cli: Run, tmp_path: Path
) -> None:
    scores = []
    for lite in (version, store.DEFAULT_VERSION):
        bundle = tmp_path / f"{lite}.oar"
        oarlock_cli("opt", models / "thousand", "-o", bundle, "--target", "x86", "--no-golden", "--lite", lite)
        said = json.loads(oarlock_cli("predict", bundle, photographs / "rocket.jpg", "--json", "--top", "3").stdout)
        scores.append({top["class_id"]: top["score"] for top in said["top"]})
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)


@pytest.mark.usefixtures("engine")
def test_a_version_that_is_not_installed(
    models: Path, oarlock_cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OARLOCK_HOME", str(tmp_path / "home"))
    done = oarlock_cli("opt", models / "digits", "-o", tmp_path / "d.oar", "--lite", "2.11", status=1)
    assert "Paddle Lite 2.11 for x86 is not installed" in done.stderr
    assert "run `oarlock lite install --version 2.11`" in done.stderr
