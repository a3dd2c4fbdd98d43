"""oarlock-classify --raw and --camera: Python's answers, the newest frames of pipes, all frames of files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oarlock.frames import Frame, FrameFormat, Range
from oarlock.preprocess import Preprocessor, PreprocessSpec, ResizeExact

from ..py.helpers import SMALL, Build, fake_scores, make_bundle
from ..py.processes import wait_until
from ..schemas import validate
from .conftest import Program

_WIDTH, _HEIGHT = 33, 27
_BYTES = _WIDTH * _HEIGHT * 3


def _lines(text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        validate(line, "predict")
    return lines


def _random(count: int) -> bytes:
    return np.random.default_rng(count).integers(0, 256, count, np.uint8).tobytes()


@pytest.mark.parametrize(
    ("name", "format", "size", "usual"),
    [
        ("yuyv", "YUYV", 34 * 27 * 2, "limited"),
        ("nv21", "NV21", 33 * 27 + 2 * 17 * 14, "full"),
        ("nv12", "NV12", 33 * 27 + 2 * 17 * 14, "limited"),
        ("i420", "I420", 33 * 27 + 2 * 17 * 14, "limited"),
        ("rgb", "RGB", _BYTES, None),
        ("rgba", "RGBA", 33 * 27 * 4, None),
    ],
)
def test_answers_are_those_of_python(
    program: Program, bundle: Path, tmp_path: Path, name: str, format: FrameFormat, size: int, usual: Range | None
) -> None:
    data = _random(2 * size)
    file = tmp_path / "frames.raw"
    file.write_bytes(data)
    turns: list[tuple[str, int, bool]] = [("", 0, False), ("--rotate 90 --mirror", 90, True)]
    ranges: list[tuple[str, Range | None]] = [("", usual)]
    if usual is not None:
        ranges.append(("--yuv-range full", "full") if usual == "limited" else ("--yuv-range limited", "limited"))
    for options, range in ranges:
        for turn, rotation, mirror in turns:
            arguments = [*options.split(), *turn.split(), "--raw", f"{name}:{_WIDTH}x{_HEIGHT}", "--top", "10"]
            done = program.run(bundle, file, *arguments, "--json")
            answers = _lines(done.stdout)
            assert [it["file"] for it in answers] == [f"{file}#1", f"{file}#2"]
            assert ("is taken as" in done.stderr) == (usual is not None and not options)
            for index, answer in enumerate(answers):
                frame = Frame.from_buffer(
                    format, _WIDTH, _HEIGHT, data[index * size :], range=range, rotation=rotation, mirror=mirror
                )
                expected = _probabilities(fake_scores(Preprocessor(SMALL)(frame)[np.newaxis])[0])
                for it in answer["top"]:
                    assert it["score"] == pytest.approx(expected[it["class_id"]], rel=1e-5)


def _probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


def test_a_file_gives_every_frame_and_a_redirected_one_too(program: Program, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "frames.raw"
    file.write_bytes(_random(_BYTES * 200))
    raw = ("--raw", f"rgb:{_WIDTH}x{_HEIGHT}", "--json", "--top", "1")
    done = program.run(bundle, file, *raw)
    assert [it["file"] for it in _lines(done.stdout)] == [f"{file}#{number}" for number in range(1, 201)]
    assert done.stderr == "200 of 200 frames classified.\n"
    with file.open("rb") as stream:
        done = program.run(bundle, "-", *raw, stdin=stream)
    assert [it["file"] for it in _lines(done.stdout)] == [f"-#{number}" for number in range(1, 201)]


def test_a_frame_that_is_cut_off(program: Program, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "frames.raw"
    file.write_bytes(_random(_BYTES * 2 + 5))
    done = program.run(bundle, file, "--raw", f"rgb:{_WIDTH}x{_HEIGHT}", "--json", status=1)
    *answers, failure = done.stdout.splitlines()
    assert len(_lines("\n".join(answers))) == 2
    validate(json.loads(failure), "failure")
    assert json.loads(failure)["error"]["code"] == "OAR-TRUNCATED-IMAGE"
    assert done.stderr.splitlines() == [
        "2 of 2 frames classified.",
        f"Error: {file}: ends within frame 3, after 5 of its {_BYTES} bytes; expected whole frames: see whether format "
        "and size are those of --raw",
    ]


def test_formats_of_the_output(program: Program, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "frames.raw"
    file.write_bytes(_random(_BYTES))
    raw = (bundle, file, "--raw", f"rgb:{_WIDTH}x{_HEIGHT}", "--top", "2")
    assert program.run(*raw).stdout.startswith(f"{file}#1  (x86-fp32, ")
    heading, *rows = program.run(*raw, "--csv").stdout.splitlines()
    assert heading.startswith("file,variant,rank,")
    assert [row.split(",")[0] for row in rows] == [f"{file}#1"] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-", "--raw", "yuyv:640"), "--raw is 'yuyv:640', expected yuyv|nv21|nv12|i420|rgb|rgba:WIDTHxHEIGHT"),
        (("-", "--raw", "rgb:4x4", "--yuv-range", "full"), "--yuv-range is for frames of YUV"),
        (("--camera", "/dev/video0,h264"), "--camera is '/dev/video0,h264', expected DEVICE[,yuyv|mjpeg"),
    ],
)
def test_wrong_usage(program: Program, bundle: Path, arguments: tuple[str, ...], words: str) -> None:
    assert words in program.run(bundle, *arguments, status=2, stdin=subprocess.DEVNULL).stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nowhere.raw", "--raw", "rgb:4x4"), "OAR-NOT-FOUND"),
        (("-", "--raw", "rgb:4x4"), "OAR-BAD-IMAGE"),
        (("--camera", "/dev/video99"), "OAR-NOT-FOUND"),
        (("--camera", "/dev/null"), "OAR-IO"),
    ],
)
def test_sources_that_give_nothing(program: Program, bundle: Path, arguments: tuple[str, ...], code: str) -> None:
    done = program.run(bundle, *arguments, "--json", status=1, stdin=subprocess.DEVNULL)
    assert json.loads(done.stdout)["error"]["code"] == code


class _Stream:
    """The program at work on a pipe of frames."""

    def __init__(self, program: Program, bundle: Path, raw: str = f"rgb:{_WIDTH}x{_HEIGHT}") -> None:
        command = [program.path, bundle, "-", "--raw", raw, "--top", "1", "--json", "--yuv-range", "full"]
        if raw.startswith("rgb"):
            del command[-2:]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=program.environment, stdin=pipe, stdout=pipe, stderr=pipe)
        self.answers: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.append(json.loads(line))

    @property
    def frames(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def give(self, data: bytes) -> None:
        self.frames.write(data)
        self.frames.flush()

    def wait_for(self, answers: int) -> None:
        wait_until(lambda: len(self.answers) >= answers)

    def resident(self) -> int:
        """Bytes of memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def end(self, status: int = 0) -> list[str]:
        """Wait for the end: what was said on stderr, in lines."""
        assert self.process.stderr is not None
        errors = self.process.stderr.read().decode()
        assert self.process.wait(60) == status, errors
        self._reader.join()
        return errors.splitlines()

    def numbers(self) -> list[int]:
        return [int(it["file"].rpartition("#")[2]) for it in self.answers]


def _flood(program: Program, bundle: Path, raw: str, size: int) -> None:
    """10,000 frames as fast as a pipe takes them: some are lost, the last is not, and memory stays as it is."""
    count = 10_000
    frames = [_random(size), bytes(range(1, 251)) * (size // 250 + 1)]
    frames[1] = frames[1][:size]
    with _Stream(program, bundle, raw) as stream:
        stream.give(frames[1])
        stream.wait_for(1)
        early = 0
        for number in range(2, count + 1):
            stream.give(frames[number % 2])
            if number == count // 10:
                early = stream.resident()
        wait_until(lambda: stream.numbers()[-1] == count)
        grown = stream.resident() - early
        stream.frames.close()
        [summary] = stream.end()
        numbers = stream.numbers()
    assert numbers == sorted(set(numbers))
    lost = count - len(numbers)
    words = f"; {lost} came meanwhile and were left out" if lost else ""
    assert summary == f"{len(numbers)} of {count} frames classified{words}."
    assert grown < 1 << 20


def test_ten_thousand_small_frames(program: Program, bundle: Path) -> None:
    _flood(program, bundle, f"rgb:{_WIDTH}x{_HEIGHT}", _BYTES)


@pytest.mark.full
def test_ten_thousand_frames_of_a_camera(program: Program, bundle: Path) -> None:
    _flood(program, bundle, "yuyv:640x480", 640 * 480 * 2)


@pytest.mark.full
def test_a_source_twice_too_fast(program: Program, build: Build, tmp_path: Path) -> None:
    """About half the frames are lost, here and there; memory stays as it is."""
    side = 1024  # The fake engine is quick: this takes it some milliseconds.
    bundle = make_bundle(
        build,
        tmp_path / "slow.oar",
        variants={"x86-fp32": ("--input", f"x:float32:-1,3,{side},{side}")},
        inputs=[{"name": "x", "shape": [-1, 3, side, side], "dtype": "float32"}],
        preprocess=PreprocessSpec(resize=ResizeExact(side, side), center_crop=None).to_json(),
    )
    frame = _random(_BYTES)
    with _Stream(program, bundle) as stream:
        begin = 0.0
        for count in range(11):
            stream.give(frame)
            stream.wait_for(count + 1)
            begin = begin or time.monotonic()
        period = (time.monotonic() - begin) / 10 / 2
        early = stream.resident()
        for _ in range(200):
            stream.give(frame)
            time.sleep(period)
        grown = stream.resident() - early
        stream.frames.close()
        stream.end()
        answered = len(stream.answers) - 11
    assert 40 < answered < 160
    assert max(np.diff(stream.numbers())) <= 10
    assert grown < 1 << 20


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(program: Program, bundle: Path, ending: signal.Signals) -> None:
    with _Stream(program, bundle) as stream:
        stream.give(_random(_BYTES))
        stream.wait_for(1)
        stream.give(bytes(7))  # The second frame has only begun.
        stream.process.send_signal(ending)
        assert stream.end(128 + ending) == ["1 of 1 frame classified."]


def test_a_reader_that_goes_away(program: Program, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "frames.raw"
    file.write_bytes(_random(_BYTES * 500))
    command = f"'{program.path}' '{bundle}' '{file}' --raw rgb:{_WIDTH}x{_HEIGHT} --json | head -1"
    done = subprocess.run(["bash", "-c", command], env=program.environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["file"] == f"{file}#1"
    assert "Error" not in done.stderr
