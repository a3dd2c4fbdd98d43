"""Bundle: what it says of itself, and what it refuses. The format's own tests are native."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import oarlock
from oarlock.bundle import Bundle
from oarlock.errors import (
    BadBundleError,
    HashMismatchError,
    InvalidArgumentError,
    NotFoundError,
    OarlockError,
    VersionMismatchError,
    WrongTargetError,
)

from ...schemas import validate
from ..helpers import SMALL, Build, fake_scores, make_bundle


def test_what_it_says(bundle: Path) -> None:
    opened = Bundle.open(bundle)
    validate(opened.data, "bundle")
    assert opened.path == bundle
    assert opened.name == "small"
    assert opened.preprocess == SMALL
    assert [it.id for it in opened.variants] == ["x86-fp32", "arm64-fp32"]
    variant = opened.variants[0]
    assert (variant.target, variant.precision, variant.file) == ("x86", "fp32", "x86-fp32.nb")
    assert (variant.engine_version, variant.ops) == ("2.12", 3)
    assert variant.size == (bundle / variant.file).stat().st_size
    assert opened.label(3) == "class 3, thing"
    assert opened.label(10) is None
    assert opened.label(-1) is None
    assert opened.file("labels.txt") == bundle / "labels.txt"


def test_without_preprocessing_and_labels(build: Build, tmp_path: Path) -> None:
    opened = Bundle(make_bundle(build, tmp_path / "x.oar", preprocess=None, labels=None))
    assert opened.preprocess is None
    assert opened.label(0) is None


def test_relative_path(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.parent)
    opened = Bundle("small.oar")
    assert opened.path == Path("small.oar")
    assert opened.file("labels.txt") == bundle / "labels.txt"


class TestVariants:
    def test_by_default_the_one_that_fits(self, bundle: Path) -> None:
        assert Bundle(bundle).pick_variant().id == "x86-fp32"

    def test_the_most_exact(self, build: Build, tmp_path: Path) -> None:
        variants: dict[str, tuple[str, ...]] = {"x86-int8": (), "x86-int16w": (), "arm64-fp32": ("--target", "arm")}
        opened = Bundle(make_bundle(build, tmp_path / "x.oar", variants=variants))
        assert opened.pick_variant().id == "x86-int16w"
        assert opened.pick_variant("x86-int8").precision == "int8"

    def test_by_id(self, bundle: Path) -> None:
        assert Bundle(bundle).pick_variant("arm64-fp32").target == "arm64"
        with pytest.raises(NotFoundError, match=r"x86-fp16.*x86-fp32.*arm64-fp32"):
            Bundle(bundle).pick_variant("x86-fp16")

    def test_none_fits(self, build: Build, tmp_path: Path) -> None:
        bundle = make_bundle(build, tmp_path / "x.oar", variants={"arm64-fp32": ("--target", "arm")})
        with pytest.raises(WrongTargetError, match="arm64-fp32"):
            Bundle(bundle).pick_variant()
        with pytest.raises(WrongTargetError):
            Bundle(bundle).open_session()


class TestSession:
    def test_run(self, bundle: Path) -> None:
        image = np.ones((2, 3, 8, 8), np.float32)
        with oarlock.Bundle.open(bundle).open_session(threads=2, power="high") as session:
            np.testing.assert_array_equal(session.run({"x": image})["y"], fake_scores(image))

    def test_outlives_the_bundle(self, bundle: Path) -> None:
        session = Bundle(bundle).open_session("x86-fp32")
        shutil.rmtree(bundle)
        image = np.ones((1, 3, 8, 8), np.float32)
        np.testing.assert_array_equal(session.run({"x": image})["y"], fake_scores(image))

    def test_damaged_model(self, bundle: Path) -> None:
        path = bundle / "x86-fp32.nb"
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(HashMismatchError, match=r"x86-fp32\.nb"):
            Bundle(bundle).open_session()

    def test_options(self, bundle: Path) -> None:
        with pytest.raises(InvalidArgumentError, match="threads is 0"):
            Bundle(bundle).open_session(threads=0)
        with pytest.raises(WrongTargetError, match="made for ARM"):
            Bundle(bundle).open_session("arm64-fp32")


class TestRefused:
    def _change(self, bundle: Path, **changes: Any) -> Path:
        path = bundle / "bundle.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
        return bundle

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match=r"nowhere\.oar"):
            Bundle(tmp_path / "nowhere.oar")

    def test_no_bundle(self, tmp_path: Path) -> None:
        (tmp_path / "x.oar").mkdir()
        with pytest.raises(OarlockError, match=r"bundle\.json"):
            Bundle(tmp_path / "x.oar")

    def test_other_format_version(self, bundle: Path) -> None:
        with pytest.raises(VersionMismatchError, match=r"format_version.* 2"):
            Bundle(self._change(bundle, format_version=2))

    @pytest.mark.parametrize(
        ("field", "value"), [("format", "x"), ("variants", []), ("inputs", {}), ("preprocess", {}), ("outputs", None)]
    )
    def test_broken_fields(self, bundle: Path, field: str, value: Any) -> None:
        with pytest.raises(BadBundleError, match=field):
            Bundle(self._change(bundle, **{field: value}))

    def test_no_json(self, bundle: Path) -> None:
        (bundle / "bundle.json").write_text('{"format": ')
        with pytest.raises(BadBundleError, match=r"bundle\.json"):
            Bundle(bundle)

    def test_missing_file(self, bundle: Path) -> None:
        (bundle / "labels.txt").unlink()
        with pytest.raises(BadBundleError, match=r"labels\.txt"):
            Bundle(bundle)

    def test_unlisted_file(self, bundle: Path) -> None:
        (bundle / "secret.txt").write_text("x")
        with pytest.raises(NotFoundError, match=r"secret\.txt"):
            Bundle(bundle).file("secret.txt")

    def test_changed_file(self, bundle: Path) -> None:
        content = (bundle / "labels.txt").read_bytes()
        (bundle / "labels.txt").write_bytes(content[::-1])
        with pytest.raises(OarlockError, match=r"labels\.txt"):
            Bundle(bundle).file("labels.txt")
