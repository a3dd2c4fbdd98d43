"""The human-readable form of ``analysis`` and ``source.targets`` of docs/schema/inspect.schema.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oarlock.commands._shared import Table, amount, field, megabytes, shape_text

__all__ = ["analysis_lines", "layer_table", "target_lines"]

_MOST_MISSING = 4


def analysis_lines(analysis: dict[str, Any]) -> Iterator[str]:
    """MACs and memory."""
    batch = "the model's own batch" if analysis["batch"] is None else f"batch {analysis['batch']}"
    macs = analysis["macs"]
    yield field("MACs", f"{'unknown' if macs is None else amount(macs)}, {batch}")
    memory = analysis["memory"]
    if memory is None:
        yield field("activations", "unknown: the model does not tell the shapes of all its values")
        return
    at = memory["peak_at"]
    where = "before the first operator" if at is None else f"while {at['layer']} ({at['op']}) runs"
    yield field("activations", f"{megabytes(memory['peak'])} at most, {where}: values freed after their last use")
    if (largest := memory["largest"]) is not None:
        yield field("", f"largest {megabytes(largest['bytes'])}: {largest['name']} {shape_text(largest['shape'])}")
    if "shared" in memory:
        yield field("", f"{megabytes(memory['shared'])} in the variables of the file, which values share")


def layer_table(layers: list[dict[str, Any]]) -> str:
    """A row for every layer."""
    has_kernels = any("kernel" in layer for layer in layers)
    table = Table("layer", "operator", "output", ">MACs", ">parameters", *(["kernel"] if has_kernels else []))
    for layer in layers:
        outputs = " ".join("?" if it["shape"] is None else str(shape_text(it["shape"])) for it in layer["outputs"])
        macs, elements = layer["macs"], layer["params"]["elements"]
        table.add(
            layer["name"], layer["op"], outputs, None if macs is None else _nonzero(macs), _nonzero(elements),
            *([layer["kernel"]] if has_kernels else []),
        )  # fmt: skip
    return str(table)


def target_lines(source: dict[str, Any]) -> Iterator[str]:
    """The variants that a source can be made for, as far as is known, and why not for others."""
    targets = source["targets"]
    fine = ", ".join(target["id"] for target in targets if target["ok"])
    yield field("targets", f"{fine or 'none'}, with Paddle Lite {source['lite']}")
    refused: dict[str, list[str]] = {}
    for target in targets:
        if not target["ok"]:
            refused.setdefault(_missing(target["missing"]), []).append(target["id"])
    for reason, ids in refused.items():
        yield f"  not {', '.join(ids)}: no kernel for {reason}"


def _missing(operators: list[dict[str, Any]]) -> str:
    named = [f"{it['op']} ({it['origin']})" for it in operators[:_MOST_MISSING]]
    if more := len(operators) - len(named):
        named.append(f"{more} more")
    return ", ".join(named)


def _nonzero(count: int) -> str:
    return amount(count) if count else ""
