"""Classifying with signed bundles only."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from oarlock import Classifier, IsolatedSession, Session, signing
from oarlock.cli import main
from oarlock.errors import UnsignedError, WrongKeyError

from ...schemas import validate


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def keys(tmp_path: Path) -> signing.KeyPair:
    return signing.make_key(tmp_path / "key")


def predict(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


@pytest.mark.parametrize("isolated", [False, True])
def test_classifier(bundle: Path, picture: Path, keys: signing.KeyPair, isolated: bool) -> None:
    with pytest.raises(UnsignedError):
        Classifier.open(bundle, require_signature=keys.public_key, isolated=isolated)
    signing.sign(bundle, keys.private_key, bytes)
    with Classifier.open(bundle, require_signature=str(keys.public_key), isolated=isolated) as classifier:
        assert len(classifier.classify(picture)[0]) == 5


def test_nothing_is_loaded_before(bundle: Path, keys: signing.KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Session, IsolatedSession):
        monkeypatch.setattr(kind, "__init__", lambda *arguments, **options: pytest.fail("a session was opened"))
        monkeypatch.setattr(kind, "_open", lambda *arguments, **options: pytest.fail("a session was opened"))
    monkeypatch.setattr("oarlock.probe.probe_file", lambda *arguments, **options: pytest.fail("a child was started"))
    with pytest.raises(UnsignedError):
        Classifier.open(bundle, require_signature=keys.public_key)


def test_predict(bundle: Path, picture: Path, keys: signing.KeyPair, tmp_path: Path) -> None:
    done = predict(bundle, picture, "--require-signature", keys.public_key, "--json")
    assert done.exit_code == 1
    validate(json.loads(done.stdout), "failure")
    assert json.loads(done.stdout)["error"]["code"] == UnsignedError.default_code
    assert "has no bundle.sig" in done.stderr
    signing.sign(bundle, keys.private_key, bytes)
    done = predict(bundle, picture, "--require-signature", keys.public_key, "--json")
    assert done.exit_code == 0, done.stderr
    validate(json.loads(done.stdout), "predict")
    other = signing.make_key(tmp_path / "other")
    done = predict(bundle, picture, "--require-signature", other.public_key, "--json")
    assert json.loads(done.stdout)["error"]["code"] == WrongKeyError.default_code


def test_a_bare_file_has_no_signature(model: Path, picture: Path, keys: signing.KeyPair) -> None:
    done = predict(model, picture, "--require-signature", keys.public_key)
    assert done.exit_code == 2
    assert "--require-signature is for bundles; a single model has no signature" in done.stderr
