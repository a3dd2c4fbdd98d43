"""docs/inspect.md: its sessions run as they stand, and print what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run

_PAGE = ROOT / "docs" / "inspect.md"
_ELLIPSIS = "…"


def _sessions() -> list[tuple[str, list[str]]]:
    """Every command with the lines that the page shows below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(
        r"^```console\n(.*?)^```", _PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    ):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def _pattern(shown: list[str]) -> str:
    """A line that is an ellipsis stands for any lines, one at the end of a line for the rest of it."""
    parts = []
    for line in shown:
        if line == _ELLIPSIS:
            parts.append(r"(?:.*\n)*?")
        elif line.endswith(_ELLIPSIS):
            parts.append(re.escape(line.removesuffix(_ELLIPSIS)) + r".*\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return "".join(parts)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


def test_sessions(workplace: Path, engine: Path) -> None:
    sessions = _sessions()
    assert len(sessions) == 7
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, shown in sessions:
        done = subprocess.run(
            ["bash", "-c", command], cwd=workplace, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == int("--diff" in command), f"{command}\n{done.stdout}\n{done.stderr}"
        assert re.fullmatch(_pattern(shown), done.stdout), f"{command}\n{done.stdout}"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", _PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (_PAGE.parent / link).exists()] == []


def test_options_are_all_on_the_page(oarlock_cli: Run) -> None:
    options = set(re.findall(r"--[a-z-]+", oarlock_cli("inspect", "--help").stdout)) - {"--help"}
    assert options == set(re.findall(r"--[a-z-]+", _PAGE.read_text(encoding="utf-8"))) & options
