"""oarlock inspect, for .nb files and bundles; source models come with oarlock-opt."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from oarlock import _inspection
from oarlock._checks import host_install
from oarlock.cli import main
from oarlock.commands._shared import amount

from ..schemas import validate
from .helpers import Build, make_bundle


def _inspect(path: Path, status: int = 0) -> dict[str, Any]:
    return _run(path, "--json", status=status)


def _run(path: Path, *options: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["inspect", str(path), *options])
    assert result.exit_code == status, result.output
    description: dict[str, Any] = json.loads(result.stdout)
    validate(description, "inspect")
    return description


def _lines(path: Path, *options: str, status: int = 0) -> list[str]:
    result = CliRunner().invoke(main, ["inspect", str(path), *options])
    assert result.exit_code == status, result.output
    return result.stdout.splitlines()


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

    def test_inspectors_of_other_distributions(self, tmp_path: Path, inspector: list[tuple[object, ...]]) -> None:
        path = tmp_path / "inference.pdmodel"
        path.write_text("model")
        description = _inspect(path)
        assert description["source"]["format"] == "legacy"
        text = _text(path)
        assert "kind        source model, legacy format" in text
        assert "repair      relu6-threshold (33): PaddlePaddle leaves it out" in text
        (tmp_path / "other.txt").write_text("x")
        assert "is not a .nb file" in CliRunner().invoke(main, ["inspect", str(tmp_path / "other.txt")]).stderr


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (98_304, "98.3 k"),
        (2_350_640_768, "2.351 G"),
        (999_949, "999.9 k"),
        (999_950, "1 M"),
    ],
)
def test_amounts(count: int, text: str) -> None:
    assert amount(count) == text


class TestMore:
    """What other distributions do for .nb files, here by a stand-in that notes how it was called."""

    def test_a_nb_file_is_analysed_when_somebody_asks(
        self, build: Build, tmp_path: Path, inspector: list[tuple[object, ...]]
    ) -> None:
        path = build.make_nb(tmp_path / "model.nb")
        assert "analysis" not in _inspect(path)
        assert inspector == []
        assert _run(path, "--batch", "4", "--json")["analysis"] == ANALYSIS
        assert _run(path, "--layers", "--json")["analysis"] == ANALYSIS
        assert inspector == [("analyse", path, 4, False), ("analyse", path, None, True)]

    def test_as_text(self, build: Build, tmp_path: Path, inspector: list[tuple[object, ...]]) -> None:
        path = build.make_nb(tmp_path / "model.nb")
        lines = _lines(path, "--layers", "--graph", str(tmp_path / "m.svg"))
        assert [re.split(" {2,}", line) for line in lines[lines.index("MACs        1.25 M, batch 4") :]] == [
            ["MACs", "1.25 M, batch 4"],
            ["activations 3.0 kB at most, while conv2d_0 (conv2d) runs: values freed after their last use"],
            ["", "largest 2.0 kB: y (4, 128)"],
            ["", "4.0 kB in the variables of the file, which values share"],
            [""],
            ["layer", "operator", "output", "MACs", "parameters", "kernel"],
            ["conv2d_0", "conv2d", "(4, 128)", "1.25 M", "832", "arm/float/nchw"],
            ["other", "other", "? ()", "-", "host/any/any"],
            [""],
            ["drawing", f"{tmp_path / 'm.svg'}, 5 boxes"],
            ["problems", "none"],
        ]
        assert inspector[-1] == ("draw", path, tmp_path / "m.svg", None, False)

    def test_a_damaged_file_goes_no_further(
        self, build: Build, tmp_path: Path, inspector: list[tuple[object, ...]]
    ) -> None:
        path = build.make_nb(tmp_path / "model.nb")
        path.write_bytes(path.read_bytes()[:-10])
        said = _run(path, "--layers", "--graph", str(tmp_path / "m.dot"), "--json", status=1)
        assert said["problems"][0]["code"] == "OAR-BAD-MODEL"
        assert inspector == []

    def test_comparison(self, build: Build, tmp_path: Path, inspector: list[tuple[object, ...]]) -> None:
        a, b = (build.make_nb(tmp_path / name) for name in ("a.nb", "b.nb"))
        lines = _lines(a, "--diff", str(b), status=1)
        assert lines[:3] == ["A  a.nb, 10 bytes", "B  b.nb, 2.0 kB", ""]
        assert [re.split(" {2,}", line) for line in lines[4:]] == [
            ["version", "Paddle Lite 2.12", "Paddle Lite 2.11"],
            ["targets", "arm, host", "host"],
            ["kernels of relu", "2 arm/float/nchw", "-"],
            ["input x", "float32 (any, 3)", "-"],
            ["operator relu", "2", "-"],
            ["order of operators", "its own", "its own"],
            ["2 × conv2d: axis", "1", "0"],
            ["c (conv2d): name", "a name that is far longer than what is s…", "-"],
            ["what relu_0 (relu) reads", "its own", "its own"],
            ["1 parameter of A", "p (8 bytes)", "-"],
            ["1 parameter of B", "-", "q (8 bytes)"],
            ["type of 2 parameters", "float32, 16 bytes", "int8, 4 bytes; differ by 0.004 of the largest"],
            ["parameter shape", "float32 (2), 8 bytes", "float32 (1, 2), 8 bytes"],
            ["numbers of nan", "float32 (2), 8 bytes", "some are not finite"],
            ["numbers of much", "float32 (2), 8 bytes", "differ by 0.5 of the largest"],
            ["numbers of little", "float32 (2), 8 bytes", "differ by 0.01 of the largest"],
        ]
        assert inspector == [("compare", a, b)]

    def test_long_lists_are_cut(self, build: Build, tmp_path: Path, inspector: list[tuple[object, ...]]) -> None:
        path = build.make_nb(tmp_path / "long.nb")
        lines = _lines(path, "--diff", str(path), status=1)
        assert len(lines) == 3 + 1 + 20 + 1
        assert lines[-1] == "and 10 more rows of connections; --json has all"

    @pytest.mark.parametrize("options", [("--layers",), ("--batch", "2"), ("--graph", "m.dot"), ("--diff", "other")])
    def test_bundles_are_refused(
        self, bundle: Path, inspector: list[tuple[object, ...]], options: tuple[str, ...]
    ) -> None:
        options = tuple(str(bundle / "x86-fp32.nb") if option == "other" else option for option in options)
        result = CliRunner().invoke(main, ["inspect", str(bundle), *options])
        assert result.exit_code == 1
        assert "is a bundle, which may hold several models; give one of them: " in result.stderr
        assert str(bundle / "arm64-fp32.nb") in result.stderr

    @pytest.mark.parametrize(
        ("options", "what"),
        [
            (("--layers",), "the layers of a .nb file"),
            (("--graph", "m.dot"), "the drawing of a model"),
            (("--diff", "self"), "the comparison of models"),
        ],
    )
    def test_without_the_distribution(
        self, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], what: str
    ) -> None:
        monkeypatch.setattr(_inspection, "entry_points", lambda group: ())
        path = build.make_nb(tmp_path / "model.nb")
        options = tuple(str(path) if option == "self" else option for option in options)
        result = CliRunner().invoke(main, ["inspect", str(path), *options, "--json"])
        assert result.exit_code == 1
        assert json.loads(result.stdout)["error"]["code"] == "OAR-MISSING-PACKAGE"
        assert result.stderr == f"Error: {path}: {what} needs oarlock-opt: {host_install()}\n"

    @pytest.mark.parametrize(
        "options",
        [
            ("--diff", "b.nb", "--layers"),
            ("--diff", "b.nb", "--batch", "1"),
            ("--diff", "b.nb", "--graph", "m.svg"),
            ("--graph-detail", "full"),
            ("--batch", "0"),
        ],
    )
    def test_wrong_usage(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        result = CliRunner().invoke(main, ["inspect", str(tmp_path / "a.nb"), *options])
        assert result.exit_code == 2
        assert result.stdout == ""


ANALYSIS = {
    "batch": 4,
    "macs": 1_250_000,
    "memory": {
        "peak": 3000,
        "peak_at": {"layer": "conv2d_0", "op": "conv2d"},
        "largest": {"name": "y", "shape": [4, 128], "dtype": "float32", "bytes": 2048},
        "shared": 4000,
    },
    "layers": [
        {
            "name": "conv2d_0",
            "op": "conv2d",
            "inputs": [],
            "outputs": [{"name": "y", "shape": [4, 128], "dtype": "float32"}],
            "macs": 1_250_000,
            "params": {"elements": 832, "bytes": 3328},
            "kernel": "arm/float/nchw",
        },
        {
            "name": "other",
            "op": "other",
            "inputs": [{"name": "y", "shape": [4, 128], "dtype": "float32"}],
            "outputs": [
                {"name": "a", "shape": None, "dtype": "float32"},
                {"name": "b", "shape": [], "dtype": "float32"},
            ],
            "macs": None,
            "params": {"elements": 0, "bytes": 0},
            "kernel": "host/any/any",
        },
    ],
}


def _parameter(dtype: str, *shape: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "bytes": (1 if dtype == "int8" else 4) * 2}


_TWO = _parameter("float32", 2)
DIFFERENCES: dict[str, Any] = {
    "version": {"a": "Paddle Lite 2.12", "b": "Paddle Lite 2.11"},
    "targets": {"a": ["arm", "host"], "b": ["host"]},
    "kernels": {"relu": {"a": {"arm/float/nchw": 2}, "b": None}},
    "inputs": {"x": {"a": {"shape": [-1, 3], "dtype": "float32"}, "b": None}},
    "ops": {"relu": {"a": 2, "b": None}},
    "order": True,
    "attributes": [
        {
            "layer": "c",
            "op": "conv2d",
            "attribute": "name",
            "a": "a name that is far longer than what is shown",
            "b": None,
        },
        {"layer": "c", "op": "conv2d", "attribute": "axis", "a": 1, "b": 0},
        {"layer": "d", "op": "conv2d", "attribute": "axis", "a": 1, "b": 0},
    ],
    "connections": [{"layer": "relu_0", "op": "relu"}],
    "params": [
        {"name": "little", "a": _TWO, "b": _TWO, "relative_difference": 0.01},
        {"name": "much", "a": _TWO, "b": _TWO, "relative_difference": 0.5},
        {"name": "nan", "a": _TWO, "b": _TWO, "relative_difference": None},
        {"name": "p", "a": _TWO, "b": None},
        {"name": "q", "a": None, "b": _TWO},
        {"name": "shape", "a": _TWO, "b": _parameter("float32", 1, 2)},
        {"name": "t", "a": _TWO, "b": _parameter("int8", 2)},
        {"name": "u", "a": _TWO, "b": _parameter("int8", 2), "relative_difference": 0.004},
    ],
}


@pytest.fixture
def inspector(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Puts StandIn in the place of what is installed; the calls for .nb files are noted in the list."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(_inspection, "_inspectors", lambda: [StandIn(calls)])
    return calls


class StandIn:
    """An oarlock._inspection.Inspector with answers of one kind."""

    def __init__(self, calls: list[tuple[object, ...]]) -> None:
        self._calls = calls

    def analyse(self, path: Path, *, batch: int | None, layers: bool) -> dict[str, Any]:
        self._calls.append(("analyse", path, batch, layers))
        return ANALYSIS

    def draw(self, path: Path, drawing: Path, *, batch: int | None, full: bool) -> dict[str, Any]:
        self._calls.append(("draw", path, drawing, batch, full))
        return {"file": str(drawing), "format": "svg", "boxes": 5, "edges": 4}

    def compare(self, path: Path, other: Path) -> dict[str, Any]:
        self._calls.append(("compare", path, other))
        long = {"connections": [{"layer": f"relu_{number}", "op": "relu"} for number in range(30)]}
        diff = {
            "ok": False,
            "kind": "diff",
            "a": {"file": "a.nb", "kind": "nb", "size": 10},
            "b": {"file": "b.nb", "kind": "nb", "size": 2000},
            "identical": False,
            "differences": long if path.name == "long.nb" else DIFFERENCES,
        }
        validate(diff, "inspect-diff")
        return diff

    def describe(self, path: Path, *, batch: int | None, layers: bool) -> dict[str, Any] | None:
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
