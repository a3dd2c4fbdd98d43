"""--record-tailoring: lists of what a library needs, joined over models, and how it is built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from oarlock_opt.commands.opt import opt
from oarlock_opt.errors import DestinationError, OptimizerOutputError
from oarlock_opt.lite.tailoring import tailor
from oarlock_opt.lite.targets import Variant, select
from oarlock_opt.lite.worker import Optimized
from tests.schemas import validate

_LISTS = {
    ".tailored_kernels_list", ".tailored_kernels_source_list", ".tailored_ops_list", ".tailored_ops_source_list",
}  # fmt: skip


def _opt(*arguments: str | Path) -> dict[str, object]:
    result = CliRunner().invoke(opt, [*map(str, arguments), "--no-golden", "--preprocess", "none", "--json"])
    assert result.exit_code == 0, result.output
    said: dict[str, object] = json.loads(result.stdout)
    validate(said, "opt")
    return said


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_lists_for_two_models(models: Path, engine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tailoring"
    arguments = ("--target", "arm64,armv7", "--precision", "fp32,fp16", "--record-tailoring", folder)
    said = _opt(models / "digits", "-o", tmp_path / "digits.oar", *arguments)
    (arm64, armv7) = said["tailored"]  # type: ignore[misc]
    assert (arm64["library"], arm64["variants"]) == ("arm64", ["arm64-fp32", "arm64-fp16"])
    assert arm64["command"] == (
        "./lite/tools/build_linux.sh --arch=armv8 --with_arm82_fp16=ON --with_strip=ON "
        f"--opt_model_dir={folder / 'arm64'}"
    )
    assert "--arch=armv7hf " in armv7["command"]
    assert {path.name for path in folder.iterdir()} == {"arm64", "armv7"}
    assert {path.name for path in (folder / "arm64").iterdir()} == _LISTS
    operators = _lines(folder / "arm64" / ".tailored_ops_list")
    assert operators == sorted(set(operators))
    assert len(operators) == arm64["operators"]
    assert {"conv2d", "feed", "fetch", "swish"} <= set(operators)
    kernels = _lines(folder / "arm64" / ".tailored_kernels_list")
    assert "conv2d,kARM,kFP16,kNCHW,def" in kernels, "of the fp16 variant"
    assert any(line.startswith("conv2d,kARM,kFloat,") for line in kernels), "of the fp32 one"

    more = _opt(models / "thousand", "-o", tmp_path / "t.oar", *arguments)
    joined = set(_lines(folder / "arm64" / ".tailored_ops_list"))
    assert joined >= set(operators)
    assert more["tailored"][0]["operators"] == len(joined)  # type: ignore[index]


def test_the_text_tells_how_to_build(models: Path, engine: Path, tmp_path: Path) -> None:
    arguments = [str(models / "digits"), "-o", str(tmp_path / "d.oar"), "--no-golden", "--preprocess", "none"]
    places = ["--places", "rockchip_npu,arm", "--target", "opencl", "--precision", "fp16"]
    result = CliRunner().invoke(opt, [*arguments, *places, "--record-tailoring", str(tmp_path / "lists")])
    assert result.exit_code == 0, result.output
    assert "In Paddle Lite's sources, version 2.12, this builds a library with nothing else:" in result.stdout
    assert (
        "    ./lite/tools/build_android.sh --arch=armv8 --with_opencl=ON --with_strip=ON --opt_model_dir="
        in result.stdout
    )
    assert f"custom-rockchip_npu_arm: {tmp_path}/lists/custom-rockchip_npu_arm lists the " in result.stdout
    assert "How that library is built is told in Paddle Lite's guide to the accelerator." in result.stdout


def test_nothing_is_listed_without_the_option(models: Path, engine: Path, tmp_path: Path) -> None:
    assert _opt(models / "digits", "-o", tmp_path / "d.oar", "--target", "arm64")["tailored"] == []


def _optimized(variant: Variant, needs: Path | None) -> Optimized:
    return Optimized(variant, Path(), "", {}, 0.0, needs=needs)


def test_a_folder_with_something_else(tmp_path: Path) -> None:
    (variant,) = select(["x86"], ["fp32"])[0]
    needs, folder = tmp_path / "needs", tmp_path / "lists"
    with pytest.raises(OptimizerOutputError, match=r"x86-fp32: the optimiser did not write the list \.tailored"):
        tailor([_optimized(variant, needs)], folder)
    needs.mkdir()
    for name in _LISTS:
        (needs / name).write_text("b\na\n", encoding="utf-8")
    (folder / "x86" / ".tailored_ops_list").write_bytes(b"\xff\xfe")
    with pytest.raises(DestinationError, match="is no list of Paddle Lite's"):
        tailor([_optimized(variant, needs)], folder)
