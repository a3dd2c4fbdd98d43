"""--places: read, refused, and made by the optimiser for accelerators that Paddle Lite knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock import Bundle, store
from oarlock.errors import WrongTargetError
from oarlock_opt import pipeline
from oarlock_opt.errors import TargetError
from oarlock_opt.lite.custom import WORDS, parse
from oarlock_opt.lite.worker import optimize
from oarlock_opt.source import SourceFiles
from tests.schemas import validate


@pytest.mark.parametrize(
    ("text", "variant", "places", "devices"),
    [
        ("arm", "custom-arm", ["ARM/Float/NCHW", "ARM/Int32/NCHW", "ARM/Int64/NCHW", "ARM/Any/NCHW"], ()),
        ("x=ARM/Any/NCHW", "custom-x", ["ARM/Any/NCHW"], ()),
        ("x=kArm/kFP16/nchw", "custom-x", ["ARM/FP16/NCHW"], ()),
        (
            "huawei_ascend_npu, host", "custom-huawei_ascend_npu_host", ["NNAdapter/Float/NCHW", "Host/Float/NCHW"],
            ("huawei_ascend_npu",),
        ),
        (
            "n=rockchip_npu,NNAdapter/Any/NCHW", "custom-n",
            ["NNAdapter/Float/NCHW", "NNAdapter/Int8/NCHW", "NNAdapter/Any/NCHW"], ("rockchip_npu",),
        ),
    ],
)  # fmt: skip
def test_reads(text: str, variant: str, places: list[str], devices: tuple[str, ...]) -> None:
    made = parse(text)
    assert made.id == variant
    assert list(map(str, made.recipe.places)) == places
    assert made.recipe.devices == devices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is neither TARGET/PRECISION/LAYOUT nor one of: amlogic_npu, "),
        ("x=npu", "'npu' is neither"),
        ("ARM/Float/NCHW", "has no name; write NAME=ARM/Float/NCHW"),
        ("A-1=arm", "the name 'A-1' is not of lower-case letters"),
        ("x=Risc/Float/NCHW", "there is no target 'Risc', expected one of: Host, X86, "),
        ("x=ARM/Unk/NCHW", "there is no precision 'Unk', expected one of: Float, "),
        ("x=ARM/Float/CHW", "there is no layout 'CHW', expected one of: NCHW, "),
        ("x=NNAdapter/Any/NCHW", "NNAdapter stands for no device; name one instead of it: amlogic_npu, "),
        ("x=XPU/Float/NCHW", "models for XPU hold parameters without values"),
    ],
)
def test_refuses(text: str, said: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse(text if text else "x=")
    assert said in caught.value.message


# What has no kernels for every operator of the model by itself.
_NOT_ALONE = {"host", "intel_fpga", "metal"}


@pytest.mark.parametrize("word", WORDS)
def test_the_optimiser_knows_every_word(word: str, digits_program: SourceFiles, engine: Path, tmp_path: Path) -> None:
    accelerator = bool(parse(word).recipe.devices)
    variant = parse(f"{word},arm") if accelerator or word in _NOT_ALONE else parse(word)
    assert digits_program.params is not None
    made = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        made += optimize(
            digits_program.program, digits_program.params, [variant], engine=store.find("x86"), folder=folder
        )
    assert made[0].sha256 == made[1].sha256, "equal input, equal bytes"
    processors = {kernel.split("/")[0] for kernel in made[0].description["kernels"]}
    assert ("nnadapter" in processors) == accelerator


def test_a_bundle_for_an_accelerator(models: Path, engine: Path, tmp_path: Path) -> None:
    request = pipeline.Request(
        str(models / "digits"), tmp_path / "d.oar", targets=("arm64",), places=("npu=rockchip_npu,arm",),
        preprocess="none", golden=False,
    )  # fmt: skip
    report = pipeline.make_bundle(request)
    validate(report.to_json(), "opt")
    assert [it["id"] for it in report.to_json()["variants"]] == ["arm64-fp32", "custom-npu"]
    bundle = Bundle.open(tmp_path / "d.oar")
    validate(bundle.data, "bundle")
    variant = bundle.data["variants"][1]
    assert (variant["target"], variant["precision"], variant["file"]) == ("custom", "npu", "custom-npu.nb")
    assert variant["places"][:2] == ["NNAdapter/Float/NCHW", "NNAdapter/Int8/NCHW"]
    assert any(kernel.startswith("nnadapter/") for kernel in variant["kernels"])
    with pytest.raises(WrongTargetError, match="no variant for this machine"):
        bundle.pick_variant()
    with pytest.raises(WrongTargetError):
        bundle.open_session("custom-npu", probe=False)
