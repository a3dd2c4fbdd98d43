"""Makes the pictures of the first screen that test_in_chromium.py compares with, and the one of docs/report.md.

Look at them before you commit them.

python -m tests.opt.report.make_screens
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from PIL import Image

from oarlock_opt.report import write
from tests.conftest import ROOT
from tests.opt.report.browser import SCREENS, Browser, Screen, open_browser
from tests.opt.report.pictures import picture

FOLDER = Path(__file__).with_name("screens")

_DOCS = ROOT / "docs" / "images" / "report.png"
_PART = 3


def small(screenshot: Image.Image) -> Image.Image:
    """What is compared: a third of the size, so that the edges of letters count little."""
    return screenshot.resize((screenshot.width // _PART, screenshot.height // _PART), Image.Resampling.BOX)


def main() -> None:
    findings = json.loads(Path(__file__).with_name("findings.json").read_text(encoding="utf-8"))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        page = Path(folder) / "report.html"
        write(findings, page, picture=picture)
        for screen in SCREENS:
            browser.show(page, screen)
            palette = small(browser.screenshot()).quantize(128, dither=Image.Dither.NONE)
            palette.save(FOLDER / f"{screen.name}.png", optimize=True)
        _for_the_docs(browser, page)


def _for_the_docs(browser: Browser, page: Path) -> None:
    """A desk and a phone beside each other, 150 kB at most."""
    taken = []
    for screen in (Screen("desk", 1080, 960), Screen("phone", 390, 960, "dark")):
        browser.show(page, screen)
        taken.append(browser.screenshot())
    both = Image.new("RGB", (sum(each.width for each in taken), taken[0].height))
    both.paste(taken[0], (0, 0))
    both.paste(taken[1], (taken[0].width, 0))
    _DOCS.parent.mkdir(exist_ok=True)
    both.quantize(256, dither=Image.Dither.NONE).save(_DOCS, optimize=True)


if __name__ == "__main__":
    main()
