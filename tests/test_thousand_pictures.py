"""oarlock predict over a folder of a thousand pictures of many sizes, some of them broken, with the real engine."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Figure

_COUNT, _BROKEN = 1000, 20

pytestmark = pytest.mark.full


@pytest.fixture
def folder(photographs: Path, tmp_path: Path) -> Path:
    dice = random.Random(1)
    sources = [Image.open(path).convert("RGB") for path in sorted(photographs.glob("*.jpg"))]
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(_COUNT):
        size = dice.randint(300, 1600), dice.randint(300, 1200)
        sources[number % len(sources)].resize(size).save(folder / f"{number:04}.jpg", quality=90)
    for turn, number in enumerate(sorted(dice.sample(range(_COUNT), _BROKEN))):
        path = folder / f"{number:04}.jpg"
        whole = path.read_bytes()
        path.write_bytes((b"", b"no picture", whole[:200], whole[: len(whole) // 2], bytes(5000))[turn % 5])
    return folder


def _resident(pid: int) -> int:
    """Bytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_a_thousand_pictures(lite0: Path, folder: Path, figure: Figure) -> None:
    command = [Path(sys.executable).with_name("oarlock"), "predict", lite0, folder, "--json"]
    lines, memory = [], {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            lines.append(json.loads(line))
            if len(lines) in (100, _COUNT - 10):
                memory[len(lines)] = _resident(process.pid)
        said = process.stderr.read()
    assert process.returncode == 1
    assert f"{_BROKEN} of {_COUNT} pictures could not be classified" in said
    assert [line["file"] for line in lines] == [str(folder / f"{number:04}.jpg") for number in range(_COUNT)]
    errors = [line for line in lines if "error" in line]
    assert len(errors) == _BROKEN
    assert sum("top" in line for line in lines) == _COUNT - _BROKEN
    assert all(line["error"]["message"].startswith(line["file"]) for line in errors)
    early, late = memory[100], memory[_COUNT - 10]
    figure("1,000 pictures: MB of memory after 100", early / 1e6)
    figure("1,000 pictures: MB of memory after 990", late / 1e6)
    assert late <= 1.1 * early


def test_verify_over_a_thousand_pictures(lite0: Path, lite0_source: Path, folder: Path, figure: Figure) -> None:
    command = [Path(sys.executable).with_name("oarlock"), "verify", lite0, "--json", "--images", folder]
    command += ["--reference", lite0_source, "--variant", "x86-fp32"]
    samples = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.append(process.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        while process.poll() is None:
            samples.append(_resident(process.pid))
            time.sleep(1)
        reader.join()
    data = json.loads(output[0])
    assert len(data["pictures"]["failed"]) == _BROKEN
    [variant] = [each for each in data["variants"] if each["id"] == "x86-fp32"]
    assert variant["pictures"]["end_to_end"]["count"] == _COUNT - _BROKEN
    assert variant["pictures"]["end_to_end"]["relative_error"]["largest"] <= 1e-5
    third = len(samples) // 3
    early, late = max(samples[third // 2 : third]), max(samples[2 * third : -2])
    figure("verify, resident memory in its last third / in its first", late / early)
    assert late <= 1.15 * early
