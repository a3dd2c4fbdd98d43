"""The file of the report: what it holds, and that nothing from outside gets into its markup."""

from __future__ import annotations

import copy
import itertools
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oarlock.errors import MissingPackageError
from oarlock_opt.errors import DestinationError
from oarlock_opt.report import check, write
from oarlock_opt.report._thumbnails import MOST
from tests.conftest import Run
from tests.opt.report.conftest import CHANGES, Findings, broken_preprocessing, leaving, nothing_ran, unread_pictures
from tests.opt.report.pictures import picture
from tests.schemas import validate

Change = Callable[[Findings], Findings]

_HOSTILE = (
    "</title></style><script>alert(1)</script>\"><img src=x onerror=alert(1)>'><svg onload=alert(1)>]]>&lt;&amp;<!--",
    "{{ 7 * 7 }}{% include 'style.css' %}$\\frac{$ _^ \\",
    "a\x00b\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}gpj.\udcff",
)
_VOID = {"meta", "link", "img", "br"}


class _Outline(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, tuple(given)))
        self.ids += [value for name, value in attrs if name == "id" and value is not None]
        for name, value in attrs:
            if name in ("href", "src", "xlink:href", "aria-labelledby", "clip-path"):
                assert value is not None
                self.references.append(f"#{value}" if name == "aria-labelledby" else value)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def _page(data: Findings, folder: Path, name: str = "report.html") -> str:
    write(data, folder / name, picture=picture)
    return (folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("change", [copy.deepcopy, *CHANGES])
def test_findings_are_of_the_schema_and_give_a_sound_page(change: Change, findings: Findings, tmp_path: Path) -> None:
    data = change(findings)
    validate(data, "verify")
    outline = _Outline(_page(data, tmp_path))
    assert len(outline.ids) == len(set(outline.ids))
    for reference in outline.references:
        found = re.fullmatch(r"(?:url\()?#([^)]+)\)?", reference)
        assert reference.startswith("data:") or (found and found[1] in outline.ids), reference
    assert "script" not in {tag for tag, _ in outline.elements}
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all("alt" in names for tag, names in outline.elements if tag == "img")
    assert all(set(names) & {"scope"} for tag, names in outline.elements if tag == "th")
    drawn = [names for tag, names in outline.elements if tag == "svg"]
    assert all("aria-label" in names or "aria-hidden" in names for names in drawn)
    tried = [each for each in data["variants"] if not each["refusal"]]
    # Which are wrong and how says more than the sentence that they are.
    wrong = any(not each["ok"] for each in tried)
    for told in (data["name"], *(each["sentence"] for each in tried), *(() if wrong else (data["sentence"],))):
        assert told in outline.text
    for refused in (each for each in data["variants"] if each["refusal"]):
        assert refused["id"] in outline.text
        assert refused["refusal"] in outline.text


def test_the_same_findings_give_the_same_bytes(findings: Findings, tmp_path: Path) -> None:
    first, second = (_page(leaving(findings), tmp_path, name) for name in ("first.html", "second.html"))
    assert first == second


def test_the_page_is_small(findings: Findings, tmp_path: Path) -> None:
    assert len(_page(leaving(findings), tmp_path).encode()) < 1_000_000


@pytest.mark.parametrize("hostile", _HOSTILE)
@pytest.mark.parametrize("change", [leaving, broken_preprocessing])
def test_nothing_from_outside_is_markup(hostile: str, change: Change, findings: Findings, tmp_path: Path) -> None:
    plain, data = change(findings), change(findings)

    def spoil(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: spoil(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [spoil(each, key) for each in value]
        # The name of a precision decides what is shown.
        return value + hostile if isinstance(value, str) and key != "precision" else value

    data = spoil(data)
    data["environment"] = {name + hostile: value for name, value in data["environment"].items()}
    page = tmp_path / "report.html"
    write(data, page, picture=lambda name: picture(name.replace(hostile, "")))
    expected, found = _Outline(_page(plain, tmp_path, "plain.html")), _Outline(page.read_text(encoding="utf-8"))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in expected.elements]
    assert [names for _, names in found.elements] == [names for _, names in expected.elements]
    assert "".join(each if each.isprintable() else "�" for each in hostile) in "".join(found.words)


def test_no_more_pictures_than_a_page_holds(findings: Findings, tmp_path: Path) -> None:
    data = copy.deepcopy(findings)
    one = data["variants"][1]["disagreements"][0]
    data["variants"][1]["disagreements"] = [{**one, "file": f"/home/somebody/set/{n}.png"} for n in range(MOST + 5)]
    asked = []

    def made(name: str) -> Any:
        asked.append(name)
        return None if name.endswith("/3.png") else np.zeros((40, 20, 3), np.uint8)

    write(data, tmp_path / "report.html", picture=made)
    outline = _Outline((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(asked) == MOST
    assert sum(tag == "img" for tag, _ in outline.elements) == MOST - 1
    assert outline.text.count("picture not shown") == 6
    assert "A page holds 30 pictures at most, and none that could no longer be read." in outline.text


def test_pictures_are_read_where_they_are(findings: Findings, tmp_path: Path, photographs: Path) -> None:
    data = copy.deepcopy(findings)
    one = data["variants"][1]["disagreements"][0]
    files = [str(photographs / "coffee.png"), str(tmp_path / "gone.png")]
    data["variants"][1]["disagreements"] = [{**one, "file": file} for file in files]
    write(data, tmp_path / "report.html")
    outline = _Outline((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert sum(tag == "img" for tag, _ in outline.elements) == 1


def test_what_cannot_be_written_is_said_and_leaves_the_old_page(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "report.html"
    page.write_text("old", encoding="utf-8")
    with pytest.raises(DestinationError, match="there is no folder"):
        write(findings, tmp_path / "nowhere" / "report.html")
    with pytest.raises(DestinationError, match="is a folder"):
        check(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'oarlock-opt\[report\]'"):
        write(findings, page)
    assert page.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_full_disk_is_said(findings: Findings, small_disk: Callable[[int], Path]) -> None:
    page = small_disk(8) / "report.html"
    with pytest.raises(DestinationError, match=r"report\.html: the report cannot be written \(No space left"):
        write(findings, page, picture=picture)
    assert not any(page.parent.iterdir())


def test_verdicts(findings: Findings, tmp_path: Path) -> None:
    assert "Not as the reference: " in _page(findings, tmp_path)
    assert "Not all could be verified: " in _page(unread_pictures(findings), tmp_path)
    assert "Nothing was verified: " in _page(nothing_ran(findings), tmp_path)
    del findings["variants"][1]
    findings["ok"] = True
    assert "<title>As the reference: " in _page(findings, tmp_path)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_that_of_wcag_aa(findings: Findings, tmp_path: Path) -> None:
    """Web Content Accessibility Guidelines 2.2, 1.4.3: text has 4.5 to 1 and more, on every ground it stands on."""
    schemes = re.findall(r":root \{([^}]*--muted[^}]*)\}", _page(findings, tmp_path))
    assert len(schemes) == 2
    grounds = {
        "ink": ("page", "card", "ok-soft", "bad-soft", "none-soft"),
        "muted": ("page", "card"),
        "accent": ("page", "card"),
        "ok": ("card", "ok-soft"),
        "bad": ("card", "bad-soft"),
    }
    for scheme in schemes:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", scheme))
        for text, below in grounds.items():
            for ground in below:
                light, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_the_command_writes_it(oarlock_cli: Run, lite0: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    oarlock_cli("verify", lite0, "--report", page)
    text = _Outline(page.read_text(encoding="utf-8")).text
    assert "As the reference" in text
    assert "it is for armv7, and this machine runs x86" in text
