"""Which variants can be made, and what is said of the others."""

from __future__ import annotations

import pytest

from oarlock_opt.errors import TargetError
from oarlock_opt.lite.custom import parse
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, Skipped, select


def test_selects_in_the_order_of_the_format() -> None:
    made, skipped = select(["opencl", "armv7", "x86"], ["fp16", "fp32"], [parse("b=ARM/Any/NCHW"), parse("arm")])
    assert [it.id for it in made] == ["x86-fp32", "armv7-fp32", "armv7-fp16", "opencl-fp16", "custom-arm", "custom-b"]
    assert [it.id for it in skipped] == ["x86-fp16", "opencl-fp32"]
    assert skipped[0] == Skipped("x86-fp16", "Paddle Lite has no fp16 kernels for x86.")


def test_every_pair_is_made_or_has_a_reason_of_its_own() -> None:
    made, skipped = select(TARGETS, PRECISIONS)
    assert len(made) + len(skipped) == len(TARGETS) * len(PRECISIONS)
    assert {it.id for it in made} == {
        "x86-fp32",
        *(
            f"{target}-{precision}"
            for target in ("arm64", "armv7")
            for precision in ("fp32", "fp16", "int8w", "int16w")
        ),
        "opencl-fp16",
    }
    for each in skipped:
        assert each.reason.endswith("."), each


def test_what_would_be_silently_wrong_on_x86_is_refused() -> None:
    _, skipped = select(["x86"], PRECISIONS)
    for bits, precision in ((8, "int8w"), (16, "int16w")):
        reason = next(it.reason for it in skipped if it.id == f"x86-{precision}")
        assert f"answers zeros to weights stored in {bits} bits, without an error" in reason


def test_a_pair_that_cannot_be_is_an_error_when_it_was_the_only_one() -> None:
    with pytest.raises(TargetError, match="arm64-int8: int8 kernels need a calibrated model"):
        select(["arm64"], ["int8"])
    with pytest.raises(TargetError, match=r"opencl-fp32: .*make opencl-fp16 \(--precision fp16\)"):
        select(["opencl"], ["fp32"])


def test_fp16_kernels_come_first() -> None:
    made, _ = select(["arm64"], ["fp16", "fp32"])
    recipes = {variant.precision: variant.recipe for variant in made}
    assert str(recipes["fp16"].places[0]) == "ARM/FP16/NCHW"
    assert recipes["fp16"].places[1:] == recipes["fp32"].places


def test_both_arm_targets_share_their_recipes() -> None:
    made, _ = select(["arm64", "armv7"], PRECISIONS)
    recipes = {variant.id: variant.recipe for variant in made}
    for precision in ("fp32", "fp16", "int8w", "int16w"):
        assert recipes[f"arm64-{precision}"] == recipes[f"armv7-{precision}"]
    assert len(set(recipes.values())) == 4


def test_two_custom_variants_of_one_name_are_refused() -> None:
    with pytest.raises(TargetError, match="custom-arm: two variants"):
        select([], [], [parse("arm"), parse("arm=X86/Any/NCHW")])
