"""The scripts for boards, here with the fake engine: what they print is what the classifier says."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ...conftest import ROOT
from ...py.helpers import SMALL, fake_scores

EXAMPLES = ROOT / "arm_linux" / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


@pytest.fixture
def environment(fake_home: Path) -> dict[str, str]:
    return {**os.environ, "OARLOCK_HOME": str(fake_home)}


def run(environment: dict[str, str], script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def expected(pixels: np.ndarray) -> str:
    """The line for a picture, by the formula of the fake engine."""
    from oarlock.preprocess import Preprocessor

    logits = fake_scores(Preprocessor(SMALL)(pixels)[np.newaxis])[0].astype(np.float64)
    best = int(logits.argmax())
    share = np.exp(logits[best]) / np.exp(logits).sum()
    return f"class {best}, thing\t{share:.3f}"


def random_pixels(seed: int, height: int = 30, width: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda it: it.name)
def test_each_is_short_and_has_help(script: Path, environment: dict[str, str]) -> None:
    assert len(script.read_text().splitlines()) < 80
    assert "usage:" in run(environment, script.name, "--help").stdout


def test_the_watcher_classifies_what_is_there(bundle: Path, environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in (1, 2):
        Image.fromarray(random_pixels(seed)).save(folder / f"{seed}.png")
    (folder / "3.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    done = run(environment, "watch_folder.py", bundle, folder, "--once", "--interval", "0.1")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"{seed}.png\t{expected(random_pixels(seed))}" for seed in (1, 2)]
    [complaint] = done.stderr.splitlines()
    assert complaint.startswith("3.png: ")


def test_the_watcher_waits_for_a_picture_to_be_whole(bundle: Path, environment: dict[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.fromarray(random_pixels(3, 300, 300)).save(picture)
    content = picture.read_bytes()
    folder = tmp_path / "pictures"
    folder.mkdir()
    command = [sys.executable, EXAMPLES / "watch_folder.py", bundle, folder, "--interval", "0.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as watcher:
        assert watcher.stdout is not None
        with (folder / "growing.png").open("wb") as file:
            for part in range(0, len(content), len(content) // 12):
                file.write(content[part : part + len(content) // 12])
                file.flush()
                time.sleep(0.1)
        assert watcher.stdout.readline().rstrip() == f"growing.png\t{expected(random_pixels(3, 300, 300))}"
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(timeout=30) == 130


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda it: it.name)
def test_a_mistake_gets_a_sentence(script: Path, environment: dict[str, str], tmp_path: Path) -> None:
    arguments = [tmp_path] if script.name == "watch_folder.py" else ["--source", "cv2:/nowhere.avi"]
    done = run(environment, script.name, tmp_path / "none.oar", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{script.name}: ")


def test_the_camera_loop_ends_with_the_newest_frame(bundle: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """A film stands for the camera: the last frame must be answered, whatever was lost before."""
    cv2 = pytest.importorskip("cv2")
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"FFV1"), 10, (40, 30))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no lossless films")
    for seed in range(200):
        writer.write(random_pixels(seed)[..., ::-1])
    writer.release()
    reader, frames = cv2.VideoCapture(str(film)), []
    while (read := reader.read())[0]:
        frames.append(expected(np.ascontiguousarray(read[1][..., ::-1])))
    done = run(environment, "camera.py", bundle, "--source", f"cv2:{film}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == frames[-1]
    remaining = iter(frames)  # What was answered is a part of the film in its order.
    assert all(line in remaining for line in lines)


def test_the_camera_of_a_raspberry_pi(bundle: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """With a stand-in for picamera2, a module that exists there alone; its fourth picture is somebody's Ctrl-C."""
    (tmp_path / "picamera2.py").write_text(
        "import numpy as np\n"
        "class Picamera2:\n"
        "    left = 3\n"
        "    def __enter__(self): return self\n"
        "    def __exit__(self, *_): print('closed')\n"
        "    def create_video_configuration(self, main, queue): return main\n"
        "    def configure(self, main): assert main == {'format': 'RGB888', 'size': (640, 480)}\n"
        "    def start(self): pass\n"
        "    def capture_array(self):\n"
        "        if self.left == 0: raise KeyboardInterrupt\n"
        "        self.left -= 1\n"
        "        rgb = np.random.default_rng(5).integers(0, 256, (30, 40, 3), dtype=np.uint8)\n"
        "        return rgb[..., ::-1]\n"
    )
    done = run({**environment, "PYTHONPATH": str(tmp_path)}, "camera.py", bundle)
    assert done.returncode == 130, done.stderr
    assert done.stdout.splitlines() == [*[expected(random_pixels(5))] * 3, "closed"]


def test_without_modules_the_program_is_the_camera(bundle: Path, environment: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "oarlock-classify"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:{environment['PATH']}"
    done = run({**environment, "PATH": path}, "camera.py", bundle, "--source", "/dev/video7")
    assert done.stdout.split() == ["--top", "1", "--camera", "/dev/video7", str(bundle)]
