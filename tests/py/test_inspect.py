"""oarlock inspect, for .nb files and bundles; source models come with oarlock-opt."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from oarlock import _inspection
from oarlock._checks import host_install
from oarlock.cli import main

from ..schemas import validate
from .helpers import Build, make_bundle


def _inspect(path: Path, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["inspect", str(path), "--json"])
    assert result.exit_code == status, result.output
    description: dict[str, Any] = json.loads(result.stdout)
    validate(description, "inspect")
    return description


def _text(path: Path, status: int = 0) -> str:
    result = CliRunner().invoke(main, ["inspect", str(path)])
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    return make_bundle(build, tmp_path / "small.oar")


class TestNb:
    def test_good(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "model.nb", "--target", "arm")
        description = _inspect(path)
        assert description["ok"]
        assert description["kind"] == "nb"
        assert description["nb"]["targets"] == ["arm", "host"]
        assert _text(path).splitlines() == [
            str(path),
            f"kind        Paddle Lite model file, {path.stat().st_size / 1e3:.1f} kB",
            "version     2.12",
            "runs on     arm, host",
            "input       x float32 (any, 3, 8, 8)",
            "output      y float32 (any, 10)",
            f"parameters  {_inspect(path)['nb']['params']['elements']} in 1 tensors (1 float32), "
            f"{_inspect(path)['nb']['params']['bytes']} bytes",
            "operators   3",
            "      1  conv2d",
            "      1  feed",
            "      1  fetch",
            "kernels     3",
            "      2  host/any/any",
            "      1  arm/float/nchw",
            "problems    none",
        ]

    def test_by_content(self, build: Build, tmp_path: Path) -> None:
        assert _inspect(build.make_nb(tmp_path / "model.bin"))["kind"] == "nb"

    def test_of_another_version(self, build: Build, tmp_path: Path) -> None:
        [problem] = _inspect(build.make_nb(tmp_path / "model.nb", "--version", "v2.9"), status=1)["problems"]
        assert problem["code"] == "OAR-VERSION-MISMATCH"
        assert "2.9, expected 2.10 or 2.11 or 2.12 or " in problem["message"]

    def test_damaged(self, build: Build, tmp_path: Path) -> None:
        path = build.make_nb(tmp_path / "model.nb")
        path.write_bytes(path.read_bytes()[:-10])
        description = _inspect(path, status=1)
        assert description["problems"][0]["code"] == "OAR-BAD-MODEL"
        assert "nb" not in description
        assert "OAR-BAD-MODEL: " in _text(path, status=1)


class TestBundle:
    def test_good(self, bundle: Path) -> None:
        description = _inspect(bundle)
        assert description["ok"]
        assert description["bundle"] == json.loads((bundle / "bundle.json").read_text())
        text = _text(bundle)
        assert "input       x float32 (any, 3, 8, 8)" in text
        assert "output      y float32 (any, 10) logits" in text
        assert "pictures    EXIF orientation; resize to short side 10, bilinear; centre crop 8 x 8; " in text
        assert "labels      10 in labels.txt" in text
        assert "golden      none" in text
        assert "x86-fp32    x86-fp32.nb" in text
        assert text.endswith("problems    none\n")

    def test_every_file_is_checked(self, bundle: Path) -> None:
        for name in ("x86-fp32.nb", "arm64-fp32.nb"):
            content = bytearray((bundle / name).read_bytes())
            content[-1] ^= 1
            (bundle / name).write_bytes(content)
        problems = _inspect(bundle, status=1)["problems"]
        assert [it["code"] for it in problems] == ["OAR-HASH-MISMATCH", "OAR-HASH-MISMATCH"]
        assert "x86-fp32.nb" in problems[0]["message"]
        assert "arm64-fp32.nb" in problems[1]["message"]

    @pytest.mark.parametrize(
        ("options", "code", "sentence"),
        [
            (("--target", "arm"), "OAR-WRONG-TARGET", "has kernels for arm, host, but it is the variant x86-fp32"),
            (("--version", "v2.11"), "OAR-BAD-BUNDLE", "the version of x86-fp32.nb is 2.11, but bundle.json says 2.12"),
            (("--input", "z:float32:-1,4"), "OAR-BAD-BUNDLE", "the inputs of x86-fp32.nb is ['z'], but bundle.json"),
            (
                ("--marker", "fake_nan"),
                "OAR-BAD-BUNDLE",
                "number of operators of x86-fp32.nb is 4, but bundle.json says",
            ),
        ],
    )
    def test_variants_that_are_others(
        self, build: Build, tmp_path: Path, options: tuple[str, ...], code: str, sentence: str
    ) -> None:
        bundle = make_bundle(build, tmp_path / "x.oar", variants={"x86-fp32": options})
        [problem] = _inspect(bundle, status=1)["problems"]
        assert problem["code"] == code
        assert sentence in problem["message"]

    def test_broken(self, bundle: Path, tmp_path: Path) -> None:
        (bundle / "labels.txt").unlink()
        assert _inspect(bundle, status=1)["problems"][0]["code"] == "OAR-BAD-BUNDLE"
        (bundle / "bundle.json").write_text("{")
        assert _inspect(bundle, status=1)["problems"][0]["code"] == "OAR-BAD-BUNDLE"


class TestOthers:
    def test_nothing_there(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(main, ["inspect", str(tmp_path / "nowhere"), "--json"])
        assert result.exit_code == 1
        validate(json.loads(result.stdout), "failure")
        assert result.stderr == f"Error: {tmp_path / 'nowhere'}: no such file or folder\n"

    def test_unknown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_inspection, "entry_points", lambda group: ())
        path = tmp_path / "letter.txt"
        path.write_text("Dear Sir")
        result = CliRunner().invoke(main, ["inspect", str(path)])
        assert result.exit_code == 1
        assert result.stderr == (
            f"Error: {path}: is not a .nb file, a bundle or a source model; "
            f"source models need oarlock-opt: {host_install()}\n"
        )

    def test_inspectors_of_other_distributions(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source = EntryPoint("source", f"{__name__}:inspect_source", "oarlock.inspectors")
        monkeypatch.setattr(_inspection, "entry_points", lambda group: (source,))
        path = tmp_path / "inference.pdmodel"
        path.write_text("model")
        description = _inspect(path)
        assert description["source"]["format"] == "legacy"
        text = _text(path)
        assert "kind        source model, legacy format" in text
        assert "repair      relu6-threshold (33): PaddlePaddle leaves it out" in text
        (tmp_path / "other.txt").write_text("x")
        assert "is not a .nb file" in CliRunner().invoke(main, ["inspect", str(tmp_path / "other.txt")]).stderr


def inspect_source(path: Path) -> dict[str, Any] | None:
    if path.suffix != ".pdmodel":
        return None
    return {
        "ok": True,
        "kind": "source",
        "file": str(path),
        "problems": [],
        "source": {
            "format": "legacy",
            "paddle_version": "3.3.1",
            "files": [{"name": "inference.pdmodel", "size": 5}],
            "inputs": [{"name": "x", "shape": [-1, 3, 224, 224], "dtype": "float32"}],
            "outputs": [{"name": "y", "shape": [-1, 1000], "dtype": "float32"}],
            "ops": {"conv2d": 2},
            "op_count": 2,
            "params": {"count": 1, "elements": 3, "bytes": 12},
            "repairs": [{"name": "relu6-threshold", "count": 33, "reason": "PaddlePaddle leaves it out"}],
        },
    }
