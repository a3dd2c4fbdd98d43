"""The drift curve: the error behind each operator, in the order in which they run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from oarlock_opt.report._svg import ACCENT, BAD, CARD, MUTED, drawing, figure, logarithmic, svg
from oarlock_opt.report._words import counted, number, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["drift"]

Layer = Mapping[str, Any]

_HEIGHT = 260.0
_LEAST = 1e-12
_MOST_LETTERS = 26


def drift(layers: Mapping[str, Any], width: float, name: str) -> str | None:
    """The curve, ``width`` units wide; ``layers`` by docs/schema/verify.schema.json. None where nothing was compared.

    The line is what has added up behind an operator; dots are what it does by itself, given the reference's values.
    Where a result is not finite, a cross at the top says so.
    """
    compared = [each for each in layers["layers"] if each["compared"]]
    if not compared:
        return None
    alone = any(_is_number(each["own_error"]) for each in compared)
    limit = layers["limits"]["own" if alone else "total"]
    values = [each[key] for each in compared for key in ("error", "own_error") if _is_number(each[key])]
    positive = [value for value in values if value > 0]
    high = max([*positive, limit])
    # What is equal has no place on a logarithmic axis: it is drawn at the bottom.
    floor = max(_LEAST, min([*positive, limit]) / 2)
    with drawing(name):
        drawn, axes = figure(width, _HEIGHT)
        axes.set_yscale("log")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        _line(axes, compared, floor)
        titles = _dots(axes, compared, floor)
        _limit(axes, limit, "limit by itself" if alone else "limit")
        broken = [each["index"] for each in compared if each["not_finite"] or not _is_number(each["error"])]
        axes.plot(broken, [high * 8] * len(broken), "x", color=BAD, markersize=5)
        first = next((each for each in compared if each["index"] == layers["first"]), None)
        if first is not None:
            middle = (compared[0]["index"] + compared[-1]["index"]) / 2
            _mark(axes, first, max(floor, _shown(first, high * 8)), to_the_right=first["index"] < middle)
        axes.set_ylim(floor / 2, high * 16)
        axes.set_xlim(compared[0]["index"] - 1, compared[-1]["index"] + 1)
        axes.xaxis.set_major_locator(MaxNLocator(6 if width < 500 else 12, integer=True))
        logarithmic(axes.yaxis)
        axes.set_xlabel("number of the operator, in the order of execution")
        return svg(drawn, name, f"Errors behind {counted(len(compared), 'operator')}. {layers['sentence']}", titles)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _shown(layer: Layer, otherwise: float) -> float:
    """The error of an operator by itself, else what has added up behind it, else ``otherwise``."""
    return next((layer[key] for key in ("own_error", "error") if _is_number(layer[key])), otherwise)


def _line(axes: Axes, compared: Sequence[Layer], floor: float) -> None:
    known = [each for each in compared if _is_number(each["error"])]
    heights = [max(floor, each["error"]) for each in known]
    axes.plot([each["index"] for each in known], heights, color=ACCENT, linewidth=1.8)


def _dots(axes: Axes, compared: Sequence[Layer], floor: float) -> dict[str, list[str]]:
    known = [each for each in compared if math.isfinite(_shown(each, math.nan))]
    heights = [max(floor, _shown(each, math.nan)) for each in known]
    (dots,) = axes.plot(
        [each["index"] for each in known], heights, "o", color=MUTED, markersize=4.5, markeredgecolor=CARD
    )
    dots.set_gid("operators")
    return {"operators": [_title(each) for each in known]}


def _title(layer: Layer) -> str:
    alone = "" if layer["own_error"] is None else f", {number(layer['own_error'])} by itself"
    name = f"{layer['op']} {layer['variable']}".rstrip()
    return f"{layer['index']}: {name} ({layer['kernel']}): {number(layer['error'])}{alone}"


def _limit(axes: Axes, limit: float, words: str) -> None:
    axes.axhline(limit, color=BAD, linewidth=1.2, dashes=(4, 3))
    axes.annotate(
        f"{words} {number(limit)}", (1, limit), xycoords=("axes fraction", "data"), xytext=(-2, 4),
        textcoords="offset points", ha="right", color=BAD, fontsize=11.5,
    )  # fmt: skip


def _mark(axes: Axes, first: Layer, height: float, *, to_the_right: bool) -> None:
    """Ring the first operator that leaves the reference, and name it."""
    axes.plot([first["index"]], [height], "o", color="none", markeredgecolor=BAD, markersize=11, markeredgewidth=2)
    name = printable(f"{first['index']}: {first['op']} {first['variable']}".rstrip())
    axes.annotate(
        name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…", (first["index"], height),
        xytext=(10 if to_the_right else -10, 8), textcoords="offset points", ha="left" if to_the_right else "right",
        color=BAD, fontsize=12, fontweight="bold",
    )  # fmt: skip
