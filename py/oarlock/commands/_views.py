"""The human-readable form of docs/schema/inspect.schema.json."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oarlock.commands._shared import Table, field, megabytes, shape_text

__all__ = ["view"]


def view(description: dict[str, Any]) -> str:
    """The description as lines of text."""
    lines = [description["file"]]
    for kind, show in (("nb", _nb), ("bundle", _bundle), ("source", _source)):
        if kind in description:
            lines += show(description[kind])
    if "analysis" in description:
        from oarlock.commands._analysis_view import analysis_lines, layer_table

        lines += analysis_lines(description["analysis"])
        if "layers" in description["analysis"]:
            lines += ["", layer_table(description["analysis"]["layers"]), ""]
    if "graph" in description:
        lines.append(field("drawing", f"{description['graph']['file']}, {description['graph']['boxes']} boxes"))
    problems = description["problems"]
    lines.append(field("problems", "none" if not problems else ""))
    lines += [f"  {problem['code']}: {problem['message']}" for problem in problems]
    return "\n".join(lines)


def _nb(nb: dict[str, Any]) -> list[str]:
    params = nb["params"]
    dtypes = ", ".join(f"{count} {dtype}" for dtype, count in params["dtypes"].items())
    return [
        field("kind", f"Paddle Lite model file, {megabytes(nb['size'])}"),
        field("version", nb["version"]),
        field("runs on", ", ".join(nb["targets"])),
        *_tensors(nb),
        field(
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
        field("kind", f"bundle of {bundle['name']}, format version {bundle['format_version']}"),
        field("made by", f"{bundle['created_by']['tool']} {bundle['created_by']['version']}"),
        *_tensors(bundle),
        field("pictures", _preprocess(bundle["preprocess"])),
        field("labels", "none" if labels is None else f"{labels['count']:,} in {labels['file']}"),
        field("source", _source_of_bundle(source)),
        *_repairs(source["repairs"]),
        field("golden", "none" if golden is None else _golden(golden)),
        "",
        str(table),
        "",
    ]


def _source(source: dict[str, Any]) -> list[str]:
    from oarlock.commands._analysis_view import target_lines

    params = source["params"]
    files = ", ".join(f"{it['name']} ({megabytes(it['size'])})" for it in source["files"])
    return [
        field("kind", f"source model, {source['format']} format"),
        field("written by", f"PaddlePaddle {source['paddle_version'] or 'of unknown version'}"),
        field("files", files),
        *_tensors(source),
        field("parameters", f"{params['elements']:,} in {params['count']} tensors, {megabytes(params['bytes'])}"),
        *_counts("operators", source["op_count"], source["ops"]),
        *_repairs(source["repairs"]),
        *(target_lines(source) if "targets" in source else ()),
    ]


def _tensors(holder: dict[str, Any]) -> list[str]:
    return [
        field(kind, " ".join(filter(None, (it["name"], it["dtype"], shape_text(it["shape"]), it.get("meaning")))))
        for kind, tensors in (("input", holder["inputs"]), ("output", holder["outputs"]))
        for it in tensors
    ]


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
    return [field("repair", f"{it['name']} ({it['count']}): {it['reason']}") for it in repairs]


def _counts(name: str, total: int, counts: dict[str, int]) -> list[str]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [field(name, str(total)), *(f"  {count:>5}  {what}" for what, count in ordered)]


def _commonest(kernels: dict[str, int]) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(kernels.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered)
