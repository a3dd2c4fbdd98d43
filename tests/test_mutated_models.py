"""Damaged models: refused by the verifier with a typed error, or run by Paddle Lite in children, never in this process.

Paddle Lite aborts or crashes on many that no check of a file can find out; that is what the probe and the isolated
sessions are for.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from oarlock import Classifier, IsolatedSession, Session, nb, store
from oarlock.errors import BadModelError, EngineCrashedError, OarlockError, VersionMismatchError

from .conftest import Figure, Run
from .nb_mutations import mutate

_RUNNER = Path(__file__).with_name("run_models.py")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory, oarlock_cli: Run) -> Path:
    """A classifier of 32x32 pictures in less than 20 kB, most of which are the program."""
    folder = tmp_path_factory.mktemp("small")
    exporter = Path(__file__).parent / "opt" / "export_models.py"
    subprocess.run([sys.executable, exporter, folder], check=True, capture_output=True, timeout=300)
    oarlock_cli(
        "opt", folder / "digits", "-o", folder / "digits.oar", "--target", "x86", "--no-golden", "--preprocess", "none"
    )
    return folder / "digits.oar" / "x86-fp32.nb"


def _is_accepted(name: str, content: bytes) -> bool:
    """Whether the verifier takes it; a refusal must be one of the two that there are for files."""
    refusal = ""
    try:
        nb.describe_bytes(content, name=name)
    except (BadModelError, VersionMismatchError) as error:
        refusal = error.message
    assert not refusal or refusal.startswith(f"{name}: ")
    return not refusal


def _run_all(engine: Path, folder: Path) -> Counter[str]:
    """Load and run every model of a folder in children, a new one after each that dies; how it went, by outcome."""
    outcomes: Counter[str] = Counter()
    begun = 0
    count = len(list(folder.iterdir()))
    while begun < count:
        child = subprocess.run(
            [sys.executable, _RUNNER, engine, folder, str(begun)], capture_output=True, text=True, errors="replace"
        )
        lines = child.stdout.splitlines()
        started = [line for line in lines if line.endswith(".nb")]
        assert started, child.stderr
        begun += len(started)
        outcomes.update(line for line in lines if not line.endswith(".nb"))
        if child.returncode:
            assert child.returncode < 0, child.stderr
            outcomes[f"signal {-child.returncode}"] += 1
    return outcomes


def _mutations(engine: Path, model: Path, folder: Path, seeds: range, figure: Figure) -> None:
    content = model.read_bytes()
    assert len(content) < 1 << 20
    for seed in seeds:
        mutated = mutate(content, seed)
        if _is_accepted(f"{seed:05}.nb", mutated):
            (folder / f"{seed:05}.nb").write_bytes(mutated)
    accepted = len(list(folder.iterdir()))
    assert len(seeds) / 50 < accepted < len(seeds) / 2
    outcomes = _run_all(engine, folder)
    assert sum(outcomes.values()) == accepted
    assert outcomes["ran"] > 0
    crashes = sum(count for outcome, count in outcomes.items() if outcome.startswith("signal"))
    assert crashes > 0, "nothing crashed, so nothing was shown"
    figure(f"{len(seeds)} mutated .nb files: refused", len(seeds) - accepted)
    for outcome, count in outcomes.items():
        figure(f"{len(seeds)} mutated .nb files, accepted: {outcome}", count)


def test_mutated_models(engine: Path, small_model: Path, tmp_path: Path, figure: Figure) -> None:
    _mutations(engine, small_model, tmp_path, range(500), figure)


@pytest.mark.full
def test_ten_thousand_mutated_models(engine: Path, small_model: Path, tmp_path: Path, figure: Figure) -> None:
    _mutations(engine, small_model, tmp_path, range(500, 10_500), figure)


@pytest.fixture
def home(engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the installed engines, in which nothing was tried yet."""
    assert engine.is_file()
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "lite").symlink_to(store.home() / "lite")
    monkeypatch.setenv("OARLOCK_HOME", str(folder))
    return folder


@pytest.fixture
def crashing(small_model: Path, tmp_path: Path) -> Path:
    """A model that is right for the verifier and has an operator that Paddle Lite does not know, on which it aborts."""
    content = small_model.read_bytes()
    assert content.count(b"\x06\0\0\0conv2d\0") > 0
    path = tmp_path / "crashing.nb"
    path.write_bytes(content.replace(b"\x06\0\0\0conv2d\0", b"\x06\0\0\0conv9d\0"))
    assert "conv9d" in nb.describe(path)["ops"]
    return path


def test_probe(crashing: Path, small_model: Path, home: Path) -> None:
    for _ in range(2):
        with pytest.raises(EngineCrashedError, match=r"gave up \(SIGABRT\), saying: .*'conv9d' is not supported"):
            Session(crashing)
    with Session(small_model) as session:
        session.run({it.name: np.zeros((1, 3, 32, 32), np.float32) for it in session.inputs})
    assert len(list((home / "probes").iterdir())) == 2


def test_isolated(crashing: Path, small_model: Path, home: Path) -> None:
    with pytest.raises(EngineCrashedError, match="'conv9d' is not supported"):
        IsolatedSession(crashing)
    assert not (home / "probes").exists()
    values = np.random.default_rng(0).normal(size=(2, 3, 32, 32)).astype(np.float32)
    with Session(small_model) as here, IsolatedSession(small_model) as there:
        image = {here.inputs[0].name: values}
        for expected, found in zip(here.run(image).values(), there.run(image).values(), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("home")
def test_predict(crashing: Path, photographs: Path, oarlock_cli: Run) -> None:
    done = oarlock_cli("predict", crashing, photographs / "coffee.png", status=1)
    assert "'conv9d' is not supported" in done.stderr


@pytest.mark.parametrize("isolated", [False, True])
def test_classifier(lite0: Path, photographs: Path, isolated: bool) -> None:
    with Classifier.open(lite0, isolated=isolated) as classifier:
        [[best]] = classifier.classify(photographs / "coffee.png", top=1)
    assert best.label == "espresso"


def test_every_refusal_is_oarlocks() -> None:
    assert issubclass(BadModelError, OarlockError)
