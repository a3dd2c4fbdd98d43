"""How numbers are told: nothing that is not all looks like all."""

from __future__ import annotations

import math

import pytest

from oarlock_opt.report import _words

_THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (1e-5, "10⁻⁵"),
        (2.46e-6, f"2.5{_THIN}·{_THIN}10⁻⁶"),
        (0.2124, "0.212"),
        (12345.6, f"12{_THIN}346"),
        (3e7, f"3.0{_THIN}·{_THIN}10⁷"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "NaN"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert _words.number(value) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [(None, "–"), (1.0, "100%"), (0.99996, "99.9%"), (0.982, "98.2%"), (0.00004, "0.1%"), (0.0, "0%")],
)
def test_parts(part: float | None, text: str) -> None:
    assert _words.percent(part) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.456, "0.46 ms"), (3.21, "3.2 ms"), (42.4, "42.4 ms"), (1234.5, "1234 ms")]
)
def test_times(value: float | None, text: str) -> None:
    assert _words.milliseconds(value) == text.replace(" ", _THIN)


def test_cosines() -> None:
    assert [_words.cosine(each) for each in (None, 1.0, 0.9999984)] == ["–", "1.000000", "0.999998"]


def test_points() -> None:
    assert [_words.points(each) for each in (-0.0123, 0.0, 0.00001, -0.00001, 0.2)] == [
        "−1.2", "0.0", "0.0", "0.0", "+20.0",
    ]  # fmt: skip


def test_what_does_not_print_is_seen() -> None:
    assert _words.printable("a\x00b\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}gpj\udcff é 猫") == "a�b�[31m�gpj� é 猫"
    assert _words.printable(_words.number(2.5e-6)) == _words.number(2.5e-6)
