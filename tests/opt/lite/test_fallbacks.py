"""What the table of variants says of kernels and of changes against fp32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oarlock_opt.commands._opt_summary import summary
from oarlock_opt.lite.comparison import Comparison, compare
from oarlock_opt.lite.custom import parse
from oarlock_opt.lite.fallbacks import Fallback, fallbacks
from oarlock_opt.lite.targets import PRECISIONS, TARGETS, Variant, select
from oarlock_opt.lite.worker import Optimized
from oarlock_opt.pipeline import Request, make_bundle
from tests.schemas import validate

_VARIANTS = {variant.id: variant for variant in select(TARGETS, PRECISIONS)[0]}


def _names(variant: Variant, **kernel_ops: Any) -> list[tuple[str, int, str]]:
    named = {kernel.replace("__", "/"): ops for kernel, ops in kernel_ops.items()}
    return [(it.op, it.count, it.kernel) for it in fallbacks(variant, named)]


def test_own_kernels_are_none() -> None:
    for variant, kernel in (
        ("x86-fp32", "x86__float__nchw"),
        ("arm64-fp32", "arm__any__nchw"),
        ("x86-int8w", "x86__float__nchw"),
        ("armv7-int8w", "arm__float__nchw"),
        ("arm64-fp16", "arm__fp16__nchw"),
        ("arm64-fp16", "arm__any__nchw"),
        ("opencl-fp16", "opencl__fp16__image_default"),
    ):
        assert _names(_VARIANTS[variant], **{kernel: {"conv2d": 3}}) == []


def test_fp16_names_what_stays_fp32() -> None:
    found = _names(
        _VARIANTS["arm64-fp16"],
        arm__fp16__nchw={"conv2d": 71},
        arm__float__nchw={"softmax": 1, "pool2d": 2, "calib": 8},
        host__float__nchw={"split": 26},
        host__any__any={"feed": 1, "fetch": 1},
    )
    assert found == [
        ("split", 26, "host/float/nchw"),
        ("pool2d", 2, "arm/float/nchw"),
        ("softmax", 1, "arm/float/nchw"),
    ]


def test_opencl_names_what_runs_on_the_cpu() -> None:
    found = _names(
        _VARIANTS["opencl-fp16"],
        opencl__fp16__image_default={"conv2d": 3, "layout": 1},
        opencl__any__any={"io_copy": 2},
        arm__float__nchw={"softmax": 1},
        host__any__any={"feed": 1, "reshape2": 2},
    )
    assert found == [("reshape2", 2, "host/any/any"), ("softmax", 1, "arm/float/nchw")]


def test_custom_variants_by_their_first_place() -> None:
    npu = parse("rockchip_npu,arm")
    assert _names(npu, nnadapter__any__nchw={"subgraph": 2}, arm__float__nchw={"swish": 1}) == [
        ("swish", 1, "arm/float/nchw")
    ]
    assert Fallback("swish", 1, "arm/float/nchw").to_json() == {"op": "swish", "count": 1, "kernel": "arm/float/nchw"}


def _optimized(variant: str, size: int, ops: int) -> Optimized:
    return Optimized(_VARIANTS[variant], Path(), "", {"size": size, "op_count": ops}, 0.1)


def test_compares_with_fp32_for_the_same_processor() -> None:
    plain, half, gpu = (
        _optimized("arm64-fp32", 1000, 10), _optimized("arm64-int8w", 251, 10), _optimized("opencl-fp16", 1010, 14)
    )  # fmt: skip
    every = [_optimized("x86-fp32", 1500, 9), plain, half, gpu]
    assert compare(plain, every) is None
    assert compare(half, every) == Comparison("arm64-fp32", 0.251, 0)
    assert compare(gpu, every) == Comparison("arm64-fp32", 1.01, 4)
    assert compare(_optimized("x86-int16w", 750, 9), every) == Comparison("x86-fp32", 0.5, 0)
    assert compare(half, [half]) is None


def test_the_table(models: Path, engine: Path, tmp_path: Path) -> None:
    precisions = ("fp32", "fp16", "int8w", "int16w")
    request = Request(
        str(models / "digits"), tmp_path / "d.oar", targets=TARGETS, precisions=precisions, preprocess="none",
        golden=False,
    )  # fmt: skip
    report = make_bundle(request)
    result = report.to_json()
    validate(result, "opt")
    by_id = {it["id"]: it for it in result["variants"]}
    assert list(by_id) == list(_VARIANTS)
    assert by_id["arm64-fp32"]["against_fp32"] is None
    assert by_id["arm64-int8w"]["against_fp32"]["size"] < by_id["arm64-int16w"]["against_fp32"]["size"] < 1
    assert by_id["armv7-int8w"]["file"] == by_id["arm64-int8w"]["file"] == "arm64-int8w.nb"
    for it in by_id.values():
        assert it["ops"] >= sum(each["count"] for each in it["fallbacks"])
    text = summary(report)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert f"{by_id['arm64-int8w']['against_fp32']['size']:.2f} of the size, same operators" in lines["arm64-int8w"]
    more = by_id["arm64-fp16"]["against_fp32"]["ops"]
    assert f"{more} operators more" in lines["arm64-fp16"]
    for each in by_id["opencl-fp16"]["fallbacks"][:3]:
        assert f"{each['count']} {each['op']} (" in lines["opencl-fp16"]
