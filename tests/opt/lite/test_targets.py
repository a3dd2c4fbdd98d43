"""Which variants can be made, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from oarlock import store
from oarlock_opt.errors import TargetError
from oarlock_opt.lite.custom import parse
from oarlock_opt.lite.places import Place
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, Recipe, Skipped, Variant, select, skipped_remarks
from oarlock_opt.lite.worker import optimize
from oarlock_opt.source import SourceFiles


def test_selects_in_the_order_of_the_format() -> None:
    made, skipped = select(["opencl", "armv7", "x86"], ["fp16", "fp32"], [parse("b=ARM/Any/NCHW"), parse("arm")])
    assert [it.id for it in made] == ["x86-fp32", "armv7-fp32", "armv7-fp16", "opencl-fp16", "custom-arm", "custom-b"]
    assert [it.id for it in skipped] == ["x86-fp16", "opencl-fp32"]
    assert skipped[0] == Skipped("x86-fp16", "Paddle Lite has no fp16 kernels for x86.")


def test_every_pair_is_made_or_has_a_reason_of_its_own() -> None:
    made, skipped = select(TARGETS, PRECISIONS)
    assert len(made) + len(skipped) == len(TARGETS) * len(PRECISIONS)
    assert {it.id for it in made} == {
        *(f"x86-{precision}" for precision in ("fp32", "int8w", "int16w")),
        *(
            f"{target}-{precision}"
            for target in ("arm64", "armv7")
            for precision in ("fp32", "fp16", "int8w", "int16w")
        ),
        "opencl-fp16",
    }
    for each in skipped:
        assert each.reason.endswith("."), each


def test_what_is_untried_where_it_would_be_silently_wrong_is_refused() -> None:
    _, skipped = select(["opencl"], PRECISIONS)
    for bits, precision in ((8, "int8w"), (16, "int16w")):
        reason = next(it.reason for it in skipped if it.id == f"opencl-{precision}")
        assert f"weights stored in {bits} bits are untried with OpenCL" in reason


@pytest.mark.parametrize("target", ["x86", "arm64"])
def test_weight_only_variants_run_the_kernels_of_fp32(target: str) -> None:
    fp32, int8w, int16w = (variant.recipe for variant in select([target], ["fp32", "int8w", "int16w"])[0])
    assert (int8w, int16w) == (Recipe(fp32.places, weight_bits=8), Recipe(fp32.places, weight_bits=16))


def test_a_pair_that_cannot_be_is_an_error_when_it_was_the_only_one() -> None:
    with pytest.raises(TargetError, match="arm64-int8: int8 kernels need a calibrated model"):
        select(["arm64"], ["int8"])
    with pytest.raises(TargetError, match=r"opencl-fp32: .*make opencl-fp16 \(--precision fp16\)"):
        select(["opencl"], ["fp32"])


def test_each_reason_is_told_once() -> None:
    _, skipped = select(["arm64", "armv7", "x86"], ["fp32", "fp16", "int8"])
    assert list(skipped_remarks(skipped)) == [
        "x86-fp16 is skipped: Paddle Lite has no fp16 kernels for x86.",
        "x86-int8, arm64-int8, armv7-int8 are skipped: int8 kernels need a calibrated model: give a folder of typical "
        "pictures with --calibrate DIR. int8w needs none: it stores weights in 8 bits and computes in fp32.",
    ]


def test_int8_kernels_come_first_where_there_is_data_to_calibrate_with() -> None:
    made, skipped = select(["arm64", "armv7", "x86", "opencl"], ["int8"], calibrated=True)
    assert [variant.id for variant in made] == ["x86-int8", "arm64-int8", "armv7-int8"]
    assert all(variant.recipe.calibrated for variant in made)
    assert [str(variant.recipe.places[0]) for variant in made] == ["X86/Int8/NCHW", "ARM/Int8/NCHW", "ARM/Int8/NCHW"]
    assert made[1].recipe == made[2].recipe
    assert [each.id for each in skipped] == ["opencl-int8"]


def test_fp16_kernels_come_first() -> None:
    made, _ = select(["arm64"], ["fp16", "fp32"])
    recipes = {variant.precision: variant.recipe for variant in made}
    assert str(recipes["fp16"].places[0]) == "ARM/FP16/NCHW"
    assert recipes["fp16"].places[1:] == recipes["fp32"].places


@pytest.mark.parametrize("position", range(5))
def test_behind_others_they_are_ignored_without_a_word(
    position: int, digits_program: SourceFiles, engine: Path, tmp_path: Path
) -> None:
    """Why the order matters: with another version of Paddle Lite it may not."""
    (fp32,) = select(["arm64"], ["fp32"])[0]
    places = [*fp32.recipe.places[:position], Place.parse("ARM/FP16/NCHW"), *fp32.recipe.places[position:]]
    variant = Variant("arm64", "fp16", Recipe(tuple(places)))
    assert digits_program.params is not None
    (made,) = optimize(
        digits_program.program, digits_program.params, [variant], engine=store.find("x86"), folder=tmp_path
    )
    assert ("arm/fp16/nchw" in made.description["kernels"]) == (position == 0)


def test_both_arm_targets_share_their_recipes() -> None:
    made, _ = select(["arm64", "armv7"], PRECISIONS)
    recipes = {variant.id: variant.recipe for variant in made}
    for precision in ("fp32", "fp16", "int8w", "int16w"):
        assert recipes[f"arm64-{precision}"] == recipes[f"armv7-{precision}"]
    assert len(set(recipes.values())) == 4


def test_two_custom_variants_of_one_name_are_refused() -> None:
    with pytest.raises(TargetError, match="custom-arm: two variants"):
        select([], [], [parse("arm"), parse("arm=X86/Any/NCHW")])
