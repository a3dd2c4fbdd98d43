"""Numbers and names as the page shows them."""

from __future__ import annotations

import math

__all__ = [
    "cosine",
    "counted",
    "megabytes",
    "milliseconds",
    "number",
    "percent",
    "points",
    "power",
    "printable",
    "ratio",
]

_NONE = "–"
_SPACE = "\N{NARROW NO-BREAK SPACE}"
_SPACES = f"{_SPACE}\N{NO-BREAK SPACE}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL, _GREAT = 1e-3, 1e5


def power(exponent: int) -> str:
    """10 to a power: "10⁻⁶"."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def number(value: float | None) -> str:
    """Two or three digits that count: "0.034", "1.2 · 10⁻⁶"."""
    if value is None:
        return _NONE
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0 or _SMALL <= abs(value) < _GREAT:
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}".replace(",", _SPACE)
    mantissa, exponent = f"{value:.1e}".split("e")
    tenth = power(int(exponent))
    return tenth if mantissa == "1.0" else f"{mantissa}{_SPACE}·{_SPACE}{tenth}"


def cosine(value: float | None) -> str:
    """Six digits: "0.999998"."""
    return _NONE if value is None else f"{value:.6f}"


def percent(part: float | None) -> str:
    """A part as "98.2%"; only what is all is "100%", and only what is nothing "0%"."""
    if part is None:
        return _NONE
    if part in (0, 1):
        return f"{part * 100:.0f}%"
    return f"{min(max(part * 100, 0.1), 99.9):.1f}%"


def points(difference: float) -> str:
    """A difference of parts in percentage points: "−0.8"."""
    text = f"{difference * 100:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def milliseconds(value: float | None) -> str:
    """A time: "12.3 ms"."""
    if value is None:
        return _NONE
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:.{digits}f}{_SPACE}ms"


def megabytes(size: int) -> str:
    """A size in bytes: "18.6 MB" (10**6 bytes)."""
    if size < 1_000_000:
        return f"{size / 1e3:.1f}{_SPACE}kB"
    return f"{size / 1e6:.1f}{_SPACE}MB"


def ratio(value: float) -> str:
    """How many times: "0.26 ×"."""
    return f"{value:.2f}{_SPACE}×"


def counted(many: int, noun: str) -> str:
    """How many of what: "1 picture", "3 pictures"."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"


def printable(text: object) -> str:
    """A name from outside as text that shows what it holds: what does not print is "�", direction marks too."""
    return "".join(each if each.isprintable() or each in _SPACES else "�" for each in str(text))
