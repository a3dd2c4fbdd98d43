"""Chromium without a window, which shows a page as a phone or a desk does.

Debian's packages chromium and chromium-driver, or any chromedriver on PATH with the browser it belongs to.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from selenium import webdriver

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--disable-lcd-text",
    "--disable-background-networking",
    "--disable-component-update",
)


@dataclass(frozen=True)
class Screen:
    """A screen by its size in CSS pixels, and the scheme of colours that its user likes."""

    name: str
    width: int
    height: int
    scheme: str = "light"

    @property
    def is_phone(self) -> bool:
        return self.width < 720


SCREENS = (
    Screen("phone-light", 390, 844),
    Screen("phone-dark", 390, 844, "dark"),
    Screen("desk-light", 1280, 800),
    Screen("desk-dark", 1280, 800, "dark"),
)


class Browser:
    """Shows one page at a time."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def show(self, page: Path, screen: Screen) -> None:
        """Load the page; what was logged before is forgotten."""
        driver = self._driver
        metrics = {"width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.is_phone}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": screen.scheme}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        for log in ("browser", "performance"):
            driver.get_log(log)
        driver.get(page.resolve().as_uri())

    def ask(self, script: str) -> Any:
        """The value that a script returns."""
        return self._driver.execute_script(script)

    def console(self) -> list[str]:
        """What the browser said since the page was shown: errors and warnings, refused requests as well."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address that was asked for since then."""
        messages = [json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance")]
        sent = [each for each in messages if each["method"] == "Network.requestWillBeSent"]
        return [each["params"]["request"]["url"] for each in sent]

    def screenshot(self) -> Image.Image:
        """The first screen, a pixel each CSS pixel."""
        taken = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")


@contextmanager
def open_browser() -> Iterator[Browser]:
    driver_program = shutil.which("chromedriver")
    assert driver_program, "chromedriver is missing; on Debian: apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_program))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
