"""The report as a browser shows it: complete without a network, nothing in its console, and looking as it should.

The pictures in screens/ are made by make_screens.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from oarlock_opt.report import write
from tests.opt.report.browser import SCREENS, Browser, Screen, open_browser
from tests.opt.report.conftest import CHANGES, Findings, leaving
from tests.opt.report.make_screens import FOLDER, small
from tests.opt.report.pictures import picture

_NARROW = Screen("narrow", 360, 740)

# Fonts and their smoothing differ between machines: a blurred picture may differ by so much of 255 on average, and no
# more than so much of the screen by more than a tenth of the range. A line that is missing is above both.
_MEAN, _PART_APART = 2.0, 0.02


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(findings: Findings, tmp_path: Path) -> Path:
    write(findings, tmp_path / "report.html", picture=picture)
    return tmp_path / "report.html"


def _box(browser: Browser, selector: str) -> dict[str, float]:
    box: dict[str, float] = browser.ask(f"return document.querySelector({selector!r}).getBoundingClientRect().toJSON()")
    return box


@pytest.mark.parametrize("change", [copy.deepcopy, *CHANGES])
def test_it_asks_for_nothing_and_says_nothing(
    change: Any, browser: Browser, findings: Findings, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    write(change(findings), page, picture=picture)
    for screen in (_NARROW, *SCREENS):
        browser.show(page, screen)
        assert browser.console() == []
        requests = browser.requests()
        assert page.resolve().as_uri() in requests
        assert [each for each in requests if each != page.resolve().as_uri() and not each.startswith("data:")] == []
        assert browser.ask("return document.documentElement.scrollWidth") <= screen.width
        assert browser.ask("return [...document.images].every(each => each.complete && each.naturalWidth > 0)")


def test_a_script_would_not_run(browser: Browser, page: Path) -> None:
    """The last line of defence: the policy in the page itself."""
    text = page.read_text(encoding="utf-8")
    planted = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\"></main>"
    assert "</main>" in text
    page.write_text(text.replace("</main>", planted), encoding="utf-8")
    browser.show(page, SCREENS[0])
    assert browser.ask("return document.title") == "Not as the reference: EfficientNet-Lite0"
    assert any("Content Security Policy" in each for each in browser.console())


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_the_first_screen(screen: Screen, browser: Browser, page: Path) -> None:
    browser.show(page, screen)
    title, verdict = _box(browser, "h1"), _box(browser, ".verdict")
    facts, variants = _box(browser, ".facts"), _box(browser, "#variants")
    # The verdict comes first, and is whole; then what was compared; the variants begin on the screen.
    assert 0 < title["top"] < title["bottom"] <= verdict["top"] < verdict["bottom"] <= facts["top"]
    assert facts["bottom"] < variants["top"] < screen.height
    assert verdict["bottom"] < screen.height / 2
    assert verdict["left"] >= 0
    assert verdict["right"] <= screen.width
    seen = browser.ask("return document.querySelector('.verdict').innerText")
    assert seen.split("\n")[0] == "Not as the reference"
    dark = browser.ask("return getComputedStyle(document.body).backgroundColor") == "rgb(16, 21, 27)"
    assert dark == (screen.scheme == "dark")
    rows = browser.ask(
        "return [...document.querySelectorAll('#variants ~ table tbody tr')].map(each => each.innerText)"
    )
    assert [row.split()[0] for row in rows] == ["x86-fp32", "x86-int8"]


@pytest.mark.parametrize("screen", [_NARROW, *SCREENS], ids=lambda screen: screen.name)
def test_text_has_its_place(screen: Screen, browser: Browser, findings: Findings, tmp_path: Path) -> None:
    """No text is cut off or too small to read, in charts as well, and charts stay where they belong."""
    page = tmp_path / "report.html"
    write(leaving(findings), page, picture=picture)
    browser.show(page, screen)
    shown = """return [...document.querySelectorAll('figure svg')]
        .filter(each => each.getBoundingClientRect().width > 0)
        .map(each => {
            const box = each.getBoundingClientRect(), own = each.closest('figure').getBoundingClientRect()
            const texts = [...each.querySelectorAll('text')].map(text => text.getBoundingClientRect())
            return {inside: box.left >= own.left - 1 && box.right <= own.right + 1,
                    apart: Math.max(...texts.map(text => Math.max(box.left - text.left, text.right - box.right))),
                    least: Math.min(...texts.map(text => text.height))}})"""
    charts = browser.ask(shown)
    assert len(charts) == 7  # the errors, scores and accuracy of two variants, and the layers of one
    for chart in charts:
        assert chart["inside"]
        assert chart["apart"] <= 4
        assert chart["least"] >= 9
    sizes = browser.ask(
        "return [...document.querySelectorAll('p, td, th, dt, dd, li, small, figcaption')]"
        ".map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 13


def test_operators_are_named_under_the_pointer(browser: Browser, findings: Findings, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    data = leaving(findings)
    write(data, page, picture=picture)
    browser.show(page, SCREENS[2])
    titles = browser.ask("return [...document.querySelectorAll('.drift .wide title')].map(each => each.textContent)")
    measured = [each for each in data["variants"][0]["layers"]["layers"] if each["error"] is not None]
    assert len(titles) == len(measured)
    for title, layer in zip(titles, measured, strict=True):
        assert title.startswith(f"{layer['index']}: {layer['op']} {layer['variable']}")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_it_looks_as_it_did(screen: Screen, browser: Browser, page: Path) -> None:
    browser.show(page, screen)
    found = small(browser.screenshot())
    with Image.open(FOLDER / f"{screen.name}.png") as kept:
        expected = kept.convert("RGB")
    assert found.size == expected.size
    pair = [np.asarray(each.filter(ImageFilter.GaussianBlur(2)), np.float64) for each in (found, expected)]
    difference = np.abs(pair[0] - pair[1]).max(axis=2)
    hint = "look at it, and if it is meant: python -m tests.opt.report.make_screens"
    assert difference.mean() <= _MEAN, hint
    assert (difference > 25.5).mean() <= _PART_APART, hint
