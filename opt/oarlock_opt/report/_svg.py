"""Figures of matplotlib as SVG inside a page: its fonts, its colours in light and in dark, titles under the pointer."""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from oarlock_opt.report._words import power, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["ACCENT", "BAD", "CARD", "GRID", "INK", "MUTED", "drawing", "figure", "logarithmic", "svg"]

# Matplotlib knows no CSS: each colour of the page has a stand-in, which becomes the variable that style.css defines.
INK, MUTED, GRID, ACCENT, BAD, CARD = (f"#0{digit}0{digit}0{digit}" for digit in range(1, 7))
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "line", ACCENT: "accent", BAD: "bad", CARD: "card"}

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_POINTS_PER_INCH = 72  # a unit of the SVG
_PAD = 2  # units around everything
_SETTINGS = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],  # comes with matplotlib; the page's own takes its place
    "font.size": 11,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11.5,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "figure.facecolor": "none",
}


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Draw and write SVG within this, whatever the user's own matplotlibrc says.

    ``name`` is the figure's: what it is called by within the file depends on it alone. Settings of matplotlib are the
    process's: one thread at a time.
    """
    # Where a home cannot be written to, and when fonts are listed for the first time, matplotlib says so.
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with matplotlib.style.context(["default", {**_SETTINGS, "svg.hashsalt": name}]):
            yield
    finally:
        logger.setLevel(level)


def figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of so many units, about the pixels that it has on a phone, with its axes."""
    pad = _PAD / _POINTS_PER_INCH
    drawn = Figure(
        figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH),
        layout=ConstrainedLayoutEngine(w_pad=pad, h_pad=pad),
    )
    axes = drawn.add_subplot()
    axes.tick_params(length=0, pad=5)
    axes.tick_params("x", pad=8)
    return drawn, axes


def logarithmic(axis: Axis, ticks: int = 6) -> None:
    """Powers of ten on an axis with a logarithmic scale, as many as fit."""
    axis.set_major_locator(LogLocator(10, numticks=ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: power(round(_log10(value)))))


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else 0.0


def svg(drawn: Figure, name: str, description: str, titles: Mapping[str, Sequence[str]] | None = None) -> str:
    """The figure as an element of HTML.

    ``description`` is read out instead of it. ``titles`` show up under the pointer, by the gid of what they are for:
    one of all of it, or one of each of its markers. ``name`` makes its ids unlike those of other figures.
    """
    stream = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    drawn.savefig(stream, format="svg", metadata=nothing)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(stream.getvalue())
    for element in root.iter():
        _adapt(element, name, titles or {})
    for kept in ("width", "height", "version"):
        root.attrib.pop(kept, None)
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    root.set("role", "img")
    root.set("aria-label", printable(description))
    return ElementTree.tostring(root, encoding="unicode")


def _adapt(element: ElementTree.Element, name: str, titles: Mapping[str, Sequence[str]]) -> None:
    identity = element.get("id")
    if identity is not None and identity in titles:
        told = titles[identity]
        named = [element] if len(told) == 1 else list(element.iter(f"{{{_SVG}}}use"))
        for each, text in zip(named, told, strict=True):
            title = ElementTree.Element(f"{{{_SVG}}}title")
            title.text = printable(text)
            each.insert(0, title)
    referred = element.tag in (f"{{{_SVG}}}clipPath", f"{{{_SVG}}}path") and identity is not None
    if referred:
        element.set("id", f"{name}-{identity}")
    elif identity is not None:
        del element.attrib["id"]
    _gather_styles(element)
    for key, value in list(element.items()):
        if key == f"{{{_XLINK}}}href":
            element.set("href", value.replace("#", f"#{name}-", 1))
            del element.attrib[key]
        elif key == "clip-path":
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key == "style":
            element.set(key, _style(value))
        elif key == "transform" and value.startswith(("rotate(-0 ", "rotate(0 ")):
            del element.attrib[key]
    if element.text is not None and not element.text.strip():
        element.text = None
    if element.tail is not None and not element.tail.strip():
        element.tail = None


def _gather_styles(group: ElementTree.Element) -> None:
    """Say once what matplotlib says of each marker: there may be thousands."""
    markers = group.findall(f"{{{_SVG}}}use")
    styles = {each.get("style") for each in markers}
    if len(markers) > 1 and len(styles) == 1 and (style := styles.pop()) is not None and "style" not in group.attrib:
        group.set("style", style)
        for each in markers:
            del each.attrib["style"]


def _style(value: str) -> str:
    value = re.sub(r"'DejaVu Sans'[^;]*", "var(--font)", value)
    return re.sub("#[0-9a-f]{6}", lambda found: f"var(--{_VARIABLES.get(found[0], 'ink')})", value)
