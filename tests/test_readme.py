"""The README's session and its Python run as they stand, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

_TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """A folder with the pictures and the model that the session names."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "my_model").mkdir()
    command = [sys.executable, "-m", "tests.coverage.export", "mobilenet_v3_small", "pir", str(folder / "my_model")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (folder / "photographs").mkdir()
    for name in ("chelsea.png", "coffee.png", "rocket.jpg"):
        shutil.copy(photographs / name, folder)
        shutil.copy(photographs / name, folder / "photographs")
    return folder


def test_session_and_python(workplace: Path) -> None:
    session, python = _blocks("console")[0], _blocks("python")[0]
    commands = [line[2:] for line in session.splitlines() if line.startswith("$ ")]
    assert 5 <= len(commands) <= 10
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command], cwd=workplace, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout
    done = subprocess.run([sys.executable, "-c", python], cwd=workplace, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["tiger cat", "espresso"]


@pytest.mark.parametrize(
    "document",
    ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))],
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_names_only_commands_that_exist() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    named = {name for path in documents for name in re.findall(r"`(?:\./)?build\.sh (\w+)", path.read_text())}
    usage = subprocess.run([ROOT / "build.sh", "help"], capture_output=True, text=True, check=True).stdout
    assert named
    assert [name for name in named if not re.search(rf"^  {name}\b", usage, flags=re.MULTILINE)] == []
