"""What ``oarlock opt`` prints in the end: a table of the variants, and with --explain what was done to the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from oarlock.commands._shared import Table, megabytes

if TYPE_CHECKING:
    from oarlock_opt.pipeline import Report

__all__ = ["explanation", "summary"]

_MOST_NAMED = 3


def summary(report: Report) -> str:
    """The table of variants, the bundle, and how to build libraries for it where that was asked for."""
    result = report.to_json()
    table = Table("variant", "file", ">size", ">operators", ">seconds", "against fp32", "not its own kernels")
    for it in result["variants"]:
        seconds = "cached" if it["cached"] else f"{it['seconds']:.2f}"
        changed, fell_back = _against(it["against_fp32"]), _fell_back(it["fallbacks"])
        table.add(it["id"], it["file"], megabytes(it["size"]), it["ops"], seconds, changed, fell_back)
    golden = f"{result['golden']} golden cases" if result["golden"] else "no golden cases"
    bundle = (
        f"{result['bundle']}: {result['name']}, Paddle Lite {result['lite']}, {golden}, "
        f"made in {result['seconds']:.1f} s"
    )
    return "\n".join([str(table), "", bundle, *_costs(result), *_libraries(result)])


def _costs(result: dict[str, Any]) -> Iterator[str]:
    """What quantised variants cost, those of one quantisation in a line."""
    told: list[dict[str, Any]] = []
    for it in result["variants"]:
        facts = it["quantisation"]
        if facts is None or "measured" not in facts or facts in told:
            continue
        told.append(facts)
        if facts["kind"] == "calibrated":
            kept = len(facts["kept_fp32"])
            how = (
                f"calibrated by {facts['method']} with {facts['pictures']} files, {kept} of {facts['operators']} "
                f"operators in fp32{' (--explain names them)' if kept else ''}"
            )
        else:
            how = f"weights in {facts['bits']} bits"
        yield f"{it['id'].split('-', 1)[1]}: {how}; {_cost(facts['measured'])}"


def _cost(measured: dict[str, Any]) -> str:
    files = f"{measured['pictures']} files"
    if "accuracy" in measured:
        cost = f"accuracy {measured['accuracy']:.4f} on {files}, in fp32 {measured['fp32_accuracy']:.4f}"
    elif "top1_agreement" in measured:
        cost = f"fp32's first place on {measured['top1_agreement']:.1%} of {files}"
        if "sure_agreement" in measured:
            cost += f", on {measured['sure_agreement']:.1%} of the {measured['sure']} that fp32 is sure of"
    elif measured["relative_error"] is None:
        cost = f"answers that are not finite on {files}"
    else:
        cost = f"relative error {measured['relative_error']:.3g} on {files}"
    return f"{cost}, judged by PaddlePaddle"


def _against(comparison: dict[str, Any] | None) -> str:
    if comparison is None:
        return "-"
    more = comparison["ops"]
    ops = "same operators" if more == 0 else f"{abs(more)} operators {'more' if more > 0 else 'fewer'}"
    return f"{comparison['size']:.2f} of the size, {ops}"


def _fell_back(fallbacks: Sequence[dict[str, Any]]) -> str:
    if not fallbacks:
        return "none"
    parts = [f"{it['count']} {it['op']} ({_where(it['kernel'])})" for it in fallbacks[:_MOST_NAMED]]
    if rest := sum(it["count"] for it in fallbacks[_MOST_NAMED:]):
        parts.append(f"{rest} others")
    return ", ".join(parts)


def _where(kernel: str) -> str:
    processor, precision, _ = kernel.split("/")
    kind = {"float": " fp32", "any": ""}.get(precision, f" {precision}")
    return processor + kind


def _libraries(result: dict[str, Any]) -> Iterator[str]:
    for it in result["tailored"]:
        yield ""
        yield f"{it['library']}: {it['folder']} lists the {it['operators']} operators that its library must have."
        if it["command"] is None:
            yield "How that library is built is told in Paddle Lite's guide to the accelerator."
        else:
            yield f"In Paddle Lite's sources, version {result['lite']}, this builds a library with nothing else:"
            yield f"    {it['command']}"


def explanation(report: Report) -> str:
    """What was read, what was done to it, what its outputs are taken for, and which kernels came of it."""
    model, meaning = report.model, report.meaning
    lines = [
        f"source       {', '.join(path.name for path in model.files.all)}, written by PaddlePaddle "
        f"{model.paddle_version or 'of unknown version'}",
    ]
    lines += [f"repair       {each.name}, {_times(each.count)}: {each.reason}" for each in model.repairs]
    if not model.repairs:
        lines.append("repair       none was needed")
    lines += [
        f"output       {tensor.name}: {what}"
        for tensor, what in zip(model.interface.outputs, meaning.meanings, strict=True)
    ]
    lines += [f"note         {sentence}" for sentence in meaning.remarks]
    width = max(13, *(len(each.variant.id) + 1 for each in report.optimized))
    for each in report.optimized:
        kernels = ", ".join(f"{count} {name}" for name, count in each.description["kernels"].items())
        lines.append(
            f"{each.variant.id:<{width}}{model.op_count} operators became {each.description['op_count']}; "
            f"kernels: {kernels}"
        )
    lines += _quantisations(report.to_json())
    return "\n".join(lines)


def _quantisations(result: dict[str, Any]) -> Iterator[str]:
    """What was measured of calibration methods, which operators stay in fp32, and what only a device can tell."""
    facts = next(
        (it["quantisation"] for it in result["variants"] if (it["quantisation"] or {}).get("kind") == "calibrated"),
        None,
    )
    if facts is not None:
        for method, measured in facts["methods"].items():
            yield f"int8         {method}: {_cost(measured)}"
        for kept in facts["kept_fp32"]:
            yield f"in fp32      {kept['op']} {kept['parameter']} ({kept['origin']}): {kept['why']}"
    for it in result["variants"]:
        if it["id"].endswith("-fp16"):
            yield f"{it['id']:<13}computes in half precision on the device alone: what that costs is measured there"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
