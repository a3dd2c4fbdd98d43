"""docs/install.md says what build.sh, the store and the doctor do."""

from __future__ import annotations

import re

from oarlock import _catalog, _installation, _tools
from oarlock._pypi import PinnedFile
from tests.conftest import ROOT

_PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
_BUILD_SH = (ROOT / "build.sh").read_text(encoding="utf-8")


def _packages(variable: str) -> list[str]:
    [line] = re.findall(rf'^{variable}="(.*)"$', _BUILD_SH, re.MULTILINE)
    return str(line).split()


def test_system_packages() -> None:
    [line] = re.findall(r"^apt-get install -y --no-install-recommends (.+)$", _PAGE, re.MULTILINE)
    assert line.split() == _packages("BUILD_PACKAGES")


def test_doctor_looks_for_every_system_package() -> None:
    looked_for = {it.package for it in _tools._TOOLS if hasattr(it, "package") and it.group == "build"}
    assert {*_packages("BUILD_PACKAGES"), *_packages("TEST_PACKAGES")} <= looked_for


def test_paddle_lite_by_hand() -> None:
    version = _catalog.DEFAULT_VERSION
    pinned = PinnedFile(version=version, pip_options=_installation._PIP_OPTIONS, **_catalog.WHEELS[version])
    assert pinned.command.replace("pip download", "pip download --dest offline") in _PAGE
    assert f"--archive offline/{pinned.filename}" in _PAGE


def test_links_lead_somewhere() -> None:
    anchors = {re.sub(r"[^a-z]+", "-", title.lower()) for title in re.findall(r"^## (.+)$", _PAGE, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)]+)\)", _PAGE)
    assert links
    assert set(links) <= anchors
