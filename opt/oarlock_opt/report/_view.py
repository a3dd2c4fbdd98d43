"""What the template shows of each variant: words for states and stages, ratios, charts, pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from markupsafe import Markup

from oarlock_opt.report import _charts, _drift
from oarlock_opt.report._thumbnails import Thumbnail, Thumbnails
from oarlock_opt.report._words import counted, number, percent

__all__ = ["Case", "Stage", "Variant", "short_names", "variants"]

State = Literal["ok", "bad", "none"]

_WIDE, _NARROW = 1000.0, 340.0  # units of the drift curve, on a desk and on a phone


@dataclass(frozen=True)
class Stage:
    """One of the three stages: whether it holds (None: not compared) and what is to be said of it."""

    name: str
    ok: bool | None
    words: str


@dataclass(frozen=True)
class Case:
    """A picture with two answers. ``reference`` and ``variant`` are the best classes of each side."""

    file: str
    name: str
    thumbnail: Thumbnail | None
    truth: str | None
    reference: Sequence[Mapping[str, Any]]
    variant: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Variant:
    """A variant as the page shows it; ``found`` is what was found, by docs/schema/verify.schema.json.

    ``name`` is its id, and where there are several places, its own as well.

    ``measures`` are those of the row in the table of variants: end to end over pictures where there were some.
    ``size_ratio`` and ``time_ratio`` are to the first fp32 variant that ran. ``stages`` are by what they were compared
    on, "pictures" and "goldens".
    """

    found: Mapping[str, Any]
    name: str
    anchor: str
    state: State
    verdict: str
    measures: Mapping[str, Any] | None
    size_ratio: float | None
    time_ratio: float | None
    stages: Mapping[str, Sequence[Stage]] = field(default_factory=dict)
    figures: Mapping[str, Markup] = field(default_factory=dict)
    cases: Sequence[Case] = ()

    @property
    def tried(self) -> bool:
        """Whether it was run, or tried to."""
        return self.found["refusal"] is None


def variants(data: Mapping[str, Any], thumbnails: Thumbnails) -> list[Variant]:
    """All of a verification, in its order."""
    found = data["variants"]
    plain = next((each for each in found if each["precision"] == "fp32" and each["ok"] is not None), None)
    cases = [case for each in found for case in each["disagreements"]]
    best = [each for case in cases for side in ("reference", "variant") for each in case[side]]
    names = _Names(
        short_names([case["file"] for case in cases]),
        {each["class_id"]: each["label"] for each in best if each["label"] is not None},
    )
    several = len({each.get("on") for each in found}) > 1
    called = [f"{each['id']} on {each['on']}" if several else each["id"] for each in found]
    return [
        _variant(each, called[index], f"variant-{index + 1}", plain, names, thumbnails)
        for index, each in enumerate(found)
    ]


@dataclass(frozen=True)
class _Names:
    """Of pictures by their files, and of classes by their numbers: of those that are among anybody's best."""

    files: Mapping[str, str]
    classes: Mapping[int, str]


def short_names(files: Sequence[str]) -> dict[str, str]:
    """File names without the folder that all have in common: it says more about a person's disk than of a picture."""
    folders = [PurePath(file).parent for file in files]
    try:
        common = os.path.commonpath(folders) if folders else ""
    except ValueError:  # absolute ones and relative ones
        common = ""
    return {file: str(PurePath(file).relative_to(common)) for file in files}


def _variant(
    found: Mapping[str, Any],
    name: str,
    anchor: str,
    plain: Mapping[str, Any] | None,
    names: _Names,
    thumbnails: Thumbnails,
) -> Variant:
    state: State = "none" if found["ok"] is None else "ok" if found["ok"] else "bad"
    other = plain is not None and plain is not found and state != "none"
    times = [None if each is None else each["milliseconds"]["variant"] for each in (found, plain)]
    return Variant(
        found=found,
        name=name,
        anchor=anchor,
        state=state,
        verdict="failed" if found["error"] else {"ok": "as the reference", "bad": "differs", "none": "not run"}[state],
        measures=_measures(found),
        size_ratio=found["size"] / plain["size"] if other and plain is not None and plain["size"] else None,
        time_ratio=times[0] / times[1] if other and times[0] and times[1] else None,
        stages={key: _stages(found[key], key == "pictures") for key in ("pictures", "goldens") if found[key]},
        figures={title: Markup(drawn) for title, drawn in _figures(found, anchor).items() if drawn is not None},
        cases=[_case(each, names, thumbnails) for each in found["disagreements"]],
    )


def _measures(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for stages in (found["pictures"], found["goldens"]):
        if stages is not None and (measures := stages["end_to_end"] or stages["engine"]) is not None:
            return dict(measures)
    return None


def _figures(found: Mapping[str, Any], anchor: str) -> dict[str, str | None]:
    layers = found["layers"]
    limit = found["limits"]["relative_error"] if found["precision"] not in ("int8", "int8w") else None
    return {
        "histogram": _charts.histogram(found["histogram"], limit, f"{anchor}-histogram")
        if found["histogram"]
        else None,
        "scatter": _charts.scatter(found["points"], f"{anchor}-scatter"),
        "accuracy": _charts.accuracy(found["accuracy"], f"{anchor}-accuracy") if found["accuracy"] else None,
        "drift": _drift.drift(layers, _WIDE, f"{anchor}-drift") if layers else None,
        "drift_narrow": _drift.drift(layers, _NARROW, f"{anchor}-drift-narrow") if layers else None,
    }


def _case(found: Mapping[str, Any], names: _Names, thumbnails: Thumbnails) -> Case:
    file, label = found["file"], found["label"]
    truth = None if label is None else names.classes.get(label, f"class {label}")
    return Case(file, names.files[file], thumbnails.of(file), truth, found["reference"], found["variant"])


def _stages(found: Mapping[str, Any], real: bool) -> list[Stage]:
    # On golden inputs, which show nothing, no class is first for a reason.
    return [
        _preprocessing(found["preprocessing"]),
        _engine("Engine", "given the same tensors", found["engine"], real),
        _engine("End to end", "from file to answer", found["end_to_end"], real),
    ]


def _preprocessing(found: Mapping[str, Any] | None) -> Stage:
    name = "Preprocessing"
    if found is None:
        return Stage(name, None, "not compared")
    many, differ, tensor = found["pictures"], found["bytes"], found["tensor"]
    if found["ok"]:
        return Stage(name, True, f"{counted(many, 'crop')}, all equal, and so are the tensors")
    words = []
    if differ["differ"]:
        much = f", by up to {differ['largest']} of 255" if differ["largest"] else ""
        words.append(f"{differ['differ']} of {counted(many, 'crop')} differ{much}")
    if tensor["differ"]:
        much = number(tensor["largest"])
        words.append(f"{tensor['differ']} of {counted(many, 'tensor')} differ for the same crop, by up to {much}")
    cause = f"; the reference has {found['cause']}" if found["cause"] else ""
    return Stage(name, False, "; ".join(words) + cause)


def _engine(name: str, what: str, found: Mapping[str, Any] | None, real: bool) -> Stage:
    if found is None:
        return Stage(name, None, "not compared")
    if not found["ok"]:
        return Stage(name, False, "; ".join(found["broken"]))
    words = []
    if real and found["top1_agreement"] is not None:
        words.append(f"the same first place on {percent(found['top1_agreement'])}")
    if found["relative_error"]["largest"] is not None:
        words.append(f"scores within {number(found['relative_error']['largest'])} of the largest")
    return Stage(name, True, f"{what}: {', '.join(words)}" if words else what)
