"""The human-readable form of docs/schema/inspect.schema.json."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oarlock.commands._shared import Table, megabytes

__all__ = ["view"]


def view(description: dict[str, Any]) -> str:
    """The description as lines of text."""
    lines = [description["file"]]
    for kind, show in (("nb", _nb), ("bundle", _bundle), ("source", _source)):
        if kind in description:
            lines += show(description[kind])
    problems = description["problems"]
    lines.append(_field("problems", "none" if not problems else ""))
    lines += [f"  {problem['code']}: {problem['message']}" for problem in problems]
    return "\n".join(lines)


def _nb(nb: dict[str, Any]) -> list[str]:
    params = nb["params"]
    dtypes = ", ".join(f"{count} {dtype}" for dtype, count in params["dtypes"].items())
    return [
        _field("kind", f"Paddle Lite model file, {megabytes(nb['size'])}"),
        _field("version", nb["version"]),
        _field("runs on", ", ".join(nb["targets"])),
        *_tensors(nb),
        _field(
            "parameters",
            f"{params['elements']:,} in {params['count']} tensors ({dtypes}), {megabytes(params['bytes'])}",
        ),
        *_counts("operators", nb["op_count"], nb["ops"]),
        *_counts("kernels", nb["op_count"], nb["kernels"]),
    ]


def _bundle(bundle: dict[str, Any]) -> list[str]:
    table = Table("variant", "file", ">size", ">operators", "Paddle Lite", "kernels")
    for it in bundle["variants"]:
        table.add(
            it["id"], it["file"], megabytes(it["size"]), it["ops"], it["engine"]["version"], _commonest(it["kernels"])
        )
    labels, golden, source = bundle["labels"], bundle["golden"], bundle["source"]
    return [
        _field("kind", f"bundle of {bundle['name']}, format version {bundle['format_version']}"),
        _field("made by", f"{bundle['created_by']['tool']} {bundle['created_by']['version']}"),
        *_tensors(bundle),
        _field("pictures", _preprocess(bundle["preprocess"])),
        _field("labels", "none" if labels is None else f"{labels['count']:,} in {labels['file']}"),
        _field("source", _source_of_bundle(source)),
        *_repairs(source["repairs"]),
        _field("golden", "none" if golden is None else _golden(golden)),
        "",
        str(table),
        "",
    ]


def _source(source: dict[str, Any]) -> list[str]:
    params = source["params"]
    files = ", ".join(f"{it['name']} ({megabytes(it['size'])})" for it in source["files"])
    return [
        _field("kind", f"source model, {source['format']} format"),
        _field("written by", f"PaddlePaddle {source['paddle_version'] or 'of unknown version'}"),
        _field("files", files),
        *_tensors(source),
        _field("parameters", f"{params['elements']:,} in {params['count']} tensors, {megabytes(params['bytes'])}"),
        *_counts("operators", source["op_count"], source["ops"]),
        *_repairs(source["repairs"]),
    ]


def _tensors(holder: dict[str, Any]) -> list[str]:
    return [
        _field(kind, " ".join(filter(None, (it["name"], it["dtype"], _shape(it["shape"]), it.get("meaning")))))
        for kind, tensors in (("input", holder["inputs"]), ("output", holder["outputs"]))
        for it in tensors
    ]


def _shape(shape: list[int] | None) -> str | None:
    if shape is None:
        return None
    return f"({', '.join('any' if side == -1 else str(side) for side in shape)})"


def _preprocess(preprocess: dict[str, Any] | None) -> str:
    if preprocess is None:
        return "none: the model does not take pictures"
    steps = ["EXIF orientation"] if preprocess["exif_orientation"] else []
    if preprocess["crop_fraction"] is not None:
        steps.append(f"centred square of {preprocess['crop_fraction']:.4g} of the shorter side")
    if (resize := preprocess["resize"]) is not None:
        to = f"short side {resize['short']}" if "short" in resize else f"{resize['width']} x {resize['height']}"
        steps.append(f"resize to {to}, {resize['interpolation']}")
    if (crop := preprocess["center_crop"]) is not None:
        steps.append(f"centre crop {crop['width']} x {crop['height']}")
    scale = "" if preprocess["scale"] == 1 else f" * {preprocess['scale']:.6g}"
    steps.append(f"(byte{scale} - {_channels(preprocess['mean'])}) / {_channels(preprocess['std'])}")
    return f"{'; '.join(steps)}; {preprocess['color']}, {preprocess['layout']}"


def _channels(values: list[float]) -> str:
    """Three numbers, or one where they are equal."""
    if len(set(values)) == 1:
        return f"{values[0]:g}"
    return f"({', '.join(f'{value:g}' for value in values)})"


def _source_of_bundle(source: dict[str, Any]) -> str:
    zoo = source["zoo"] if source.get("zoo") else None
    origin = f"zoo {zoo['name']}, weights {zoo['weights']}" if zoo else f"{source['kind']} model"
    files = ", ".join(it["name"] for it in source["files"])
    paddle = f", PaddlePaddle {source['paddle_version']}" if source["paddle_version"] else ""
    return f"{origin}: {files}{paddle}"


def _golden(golden: dict[str, Any]) -> str:
    reference = golden["reference"]
    return f"{len(golden['cases'])} cases by {reference['engine']} {reference['version']} on {reference['device']}"


def _repairs(repairs: list[dict[str, Any]]) -> list[str]:
    return [_field("repair", f"{it['name']} ({it['count']}): {it['reason']}") for it in repairs]


def _counts(name: str, total: int, counts: dict[str, int]) -> list[str]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [_field(name, str(total)), *(f"  {count:>5}  {what}" for what, count in ordered)]


def _commonest(kernels: dict[str, int]) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(kernels.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered)


def _field(name: str, value: str) -> str:
    return f"{name:<11} {value}".rstrip()
