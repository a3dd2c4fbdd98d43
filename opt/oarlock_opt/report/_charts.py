"""Charts of a variant's scores: how large its errors are, both sides' scores against each other, what accuracy lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, MaxNLocator

from oarlock_opt.report._svg import ACCENT, BAD, GRID, INK, MUTED, drawing, figure, logarithmic, svg
from oarlock_opt.report._words import counted, number, percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["accuracy", "histogram", "scatter"]

_WIDTH, _HEIGHT = 340.0, 232.0
_HALF_DECADE = math.sqrt(10)


def histogram(found: Mapping[str, Sequence[float]], limit: float | None, name: str) -> str | None:
    """Pictures by their relative error; ``found`` has "edges" and "counts". None where there is nothing to show."""
    edges, counts = list(found["edges"]), [int(each) for each in found["counts"]]
    if not edges or not any(counts):
        return None
    # One more below and above all edges: what is less, zero as well, and what is more.
    bounds = [edges[0] / _HALF_DECADE, *edges, edges[-1] * _HALF_DECADE]
    filled = [index for index, many in enumerate(counts) if many]
    with drawing(name):
        drawn, axes = figure(_WIDTH, _HEIGHT)
        axes.set_xscale("log")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        titles = {}
        for index in filled:
            low, high, many = bounds[index], bounds[index + 1], counts[index]
            # A gap between bars, as everywhere in a logarithmic scale a part of the half decade.
            left, right = low * _HALF_DECADE**0.06, high / _HALF_DECADE**0.06
            (bar,) = axes.bar([left], [many], right - left, align="edge", color=ACCENT)
            bar.set_gid(f"bar-{index}")
            titles[f"bar-{index}"] = [f"{counted(many, 'picture')}: {_between(index, edges)}"]
        left, right = bounds[filled[0]], bounds[filled[-1] + 1]
        if limit is not None:
            left, right = min(left, limit / _HALF_DECADE), max(right, limit * _HALF_DECADE)
            _limit_line(axes, limit, left_of_it=limit > math.sqrt(left * right))
        axes.set_xlim(left / _HALF_DECADE, right * _HALF_DECADE)
        axes.set_ylim(0, max(counts) * 1.18)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        logarithmic(axes.xaxis)
        axes.set_xlabel("largest error of a picture, as a part of its largest score")
        total = counted(sum(counts), "picture")
        worst = _between(filled[-1], edges)
        return svg(drawn, name, f"Histogram of the errors of {total}; the largest is {worst}.", titles)


def _limit_line(axes: Axes, limit: float, *, left_of_it: bool) -> None:
    axes.axvline(limit, color=BAD, linewidth=1.3, dashes=(4, 3))
    axes.annotate(
        f"limit {number(limit)}", (limit, 1), xycoords=("data", "axes fraction"), xytext=(-5 if left_of_it else 5, -2),
        textcoords="offset points", ha="right" if left_of_it else "left", va="top", color=BAD, fontsize=11.5,
    )  # fmt: skip


def _between(index: int, edges: Sequence[float]) -> str:
    if index == 0:
        return f"below {number(edges[0])}"
    if index == len(edges):
        return f"{number(edges[-1])} or more"
    return f"from {number(edges[index - 1])} to {number(edges[index])}"


def scatter(pairs: Sequence[Sequence[float]], name: str) -> str | None:
    """Scores of the reference (x) and of the variant (y). None where there are none."""
    finite = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
    if not finite:
        return None
    values = [value for pair in finite for value in pair]
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or 1.0
    low, high = low - margin, high + margin
    # Points that cannot be told apart are drawn once: they are most of a good variant's, and each takes 60 bytes.
    step = (high - low) / 200
    kept = {(round(x / step), round(y / step)): (x, y) for x, y in finite}
    with drawing(name):
        drawn, axes = figure(_WIDTH, _HEIGHT)
        axes.grid()
        axes.plot([low, high], [low, high], color=MUTED, linewidth=1)
        axes.plot(*zip(*kept.values(), strict=True), "o", color=ACCENT, alpha=0.55, markersize=3.6, markeredgewidth=0)
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        plain = FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−"))
        axes.xaxis.set_major_formatter(plain)
        axes.yaxis.set_major_formatter(plain)
        axes.set_xlabel("score of the reference (across), of the variant (up)")
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        much = max(abs(x - y) for x, y in finite)
        return svg(
            drawn, name, f"{len(finite)} scores of the variant against those of the reference; the furthest from the "
            f"diagonal, where both are equal, is off by {number(much)}.",
        )  # fmt: skip


def accuracy(found: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    """The difference of accuracies, variant minus reference, with its interval of 95 % confidence."""
    rows = [(title, found[key]) for key, title in (("top1", "top-1"), ("top5", "top-5")) if key in found]
    if not rows:
        return None
    reach = max(abs(bound) for _, row in rows for bound in (*row["interval"], row["difference"])) * 100 or 1.0
    with drawing(name):
        drawn, axes = figure(_WIDTH, 66 + 44 * len(rows))
        axes.grid(axis="x")
        axes.axvline(0, color=MUTED, linewidth=1)
        titles, words = {}, []
        for place, (title, row) in enumerate(reversed(rows)):
            low, high = (bound * 100 for bound in row["interval"])
            difference = row["difference"] * 100
            (line,) = axes.plot([low, high], [place, place], color=ACCENT, linewidth=7, solid_capstyle="round")
            line.set_alpha(0.35)
            (dot,) = axes.plot([difference], [place], "o", color=ACCENT, markersize=8)
            bounds = " to ".join(points(bound) for bound in row["interval"])
            text = f"{title}: {points(row['difference'])} points ({bounds})"
            for kind, artist in (("line", line), ("dot", dot)):
                artist.set_gid(f"{kind}-{place}")
                titles[f"{kind}-{place}"] = [text]
            words.append(f"{text}, {percent(row['variant'])} against {percent(row['reference'])}")
        axes.set_xlim(-reach * 1.15, reach * 1.15)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_yticks(range(len(rows)), [title for title, _ in reversed(rows)], color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:+g}".replace("-", "−").replace("+0", "0") if value else "0")
        )
        axes.set_xlabel("percentage points, variant minus reference")
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_color(GRID)
        return svg(drawn, name, "Differences of accuracy. " + "; ".join(reversed(words)) + ".", titles)
