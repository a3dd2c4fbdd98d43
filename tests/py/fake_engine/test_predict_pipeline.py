"""oarlock predict as a process of its own: a thousand pictures, standard input, Ctrl-C, a reader that goes away."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from skimage import data

from ...schemas import validate
from ..helpers import Build, make_bundle

_OARLOCK = str(Path(sys.executable).with_name("oarlock"))


def _predict(*arguments: str | Path, status: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run([_OARLOCK, "predict", *arguments], input=stdin, capture_output=True, timeout=120)
    result = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert result.returncode == status, result
    assert "Traceback" not in result.stderr
    return result


def _lines(text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        validate(line, "predict")
    return lines


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(data.chelsea()).save(tmp_path / "cat.jpg")
    return tmp_path / "cat.jpg"


@pytest.fixture
def many(tmp_path: Path, picture: Path) -> Path:
    """A folder of 3,000 names for one picture of a megapixel."""
    large = tmp_path / "large.jpg"
    Image.fromarray(data.chelsea()).resize((1200, 900)).save(large)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number:04}.jpg").symlink_to(large)
    return folder


def test_a_thousand_pictures_twenty_of_them_broken(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cat = Image.fromarray(data.chelsea()).resize((120, 80))
    suffixes = ("jpg", "png", "gif", "bmp", "webp", "tif")
    for number in range(1000):
        cat.save(folder / f"{number:04}.{suffixes[number % 6]}")
    files = sorted(folder.iterdir())
    broken = files[17::50]
    assert len(broken) == 20
    for number, file in enumerate(broken):
        content = file.read_bytes()
        file.write_bytes((b"", b"text", content[:-400], content[:40])[number % 4])
    result = _predict(bundle, folder, "--json", "--top", "1", status=1)
    lines = _lines(result.stdout)
    assert [line["file"] for line in lines] == [str(file) for file in files]
    errors = {line["file"]: line["error"] for line in lines if "error" in line}
    assert list(errors) == [str(file) for file in broken]
    for file, error in errors.items():
        assert error["message"].startswith(f"{file}: ")
    assert {error["code"] for error in errors.values()} == {"OAR-BAD-IMAGE", "OAR-TRUNCATED-IMAGE"}
    assert result.stderr == "Error: 20 of 1000 pictures could not be classified\n"


@pytest.mark.parametrize("workers", ["1", "8"])
def test_workers_change_nothing(bundle: Path, tmp_path: Path, picture: Path, workers: str) -> None:
    for number in range(40):
        Image.fromarray(data.chelsea()[number : number + 60]).save(tmp_path / f"{number:02}.png")
    pattern = f"{tmp_path}/[0-9]*.png"
    outputs = [_predict(bundle, pattern, "--csv", *options) for options in ((), ("--workers", workers))]
    rows = [[{**row, "ms": ""} for row in csv.DictReader(output.stdout.splitlines())] for output in outputs]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 40 * 5


class TestStandardInput:
    def test_a_picture(self, bundle: Path, picture: Path) -> None:
        [line] = _lines(_predict(bundle, "-", "--json", stdin=picture.read_bytes()).stdout)
        [same] = _lines(_predict(bundle, picture, "--json").stdout)
        assert line["file"] == "-"
        assert line["top"] == same["top"]

    @pytest.mark.parametrize(("content", "sentence"), [(b"", "is empty"), (b"text", "is not a picture")])
    def test_no_picture(self, bundle: Path, content: bytes, sentence: str) -> None:
        [line] = _lines(_predict(bundle, "-", "--json", stdin=content, status=1).stdout)
        assert line["error"]["message"].startswith(f"standard input: {sentence}")

    def test_a_list(self, bundle: Path, picture: Path) -> None:
        content = f"# two of three\n{picture}\nnowhere.jpg\n\n{picture}\n".encode()
        lines = _lines(_predict(bundle, "@-", "--json", stdin=content, status=1).stdout)
        assert [line["file"] for line in lines] == [str(picture), "nowhere.jpg", str(picture)]
        assert lines[1]["error"]["code"] == "OAR-NOT-FOUND"

    def test_closed(self, bundle: Path) -> None:
        command = f"{_OARLOCK} predict {bundle} - <&-"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: standard input: is closed\n")

    def test_answers_come_while_the_list_goes_on(self, bundle: Path, picture: Path) -> None:
        command = [_OARLOCK, "predict", str(bundle), "@-", "--json"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            for _ in range(3):
                child.stdin.write(f"{picture}\n")
                child.stdin.flush()
                assert json.loads(child.stdout.readline())["file"] == str(picture)
            child.stdin.close()
            assert child.stdout.read() == ""
        assert child.returncode == 0

    def test_ctrl_c_while_the_list_goes_on(self, bundle: Path, picture: Path) -> None:
        command = [_OARLOCK, "predict", str(bundle), "@-", "--json"]
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(command, text=True, **pipes) as child:
            child.stdin.write(f"{picture}\n")
            child.stdin.flush()
            child.stdout.readline()
            child.send_signal(signal.SIGINT)
            assert child.wait(20) == 130
            assert child.stderr.read() == "Interrupted after 1 picture.\n"


class TestTerminal:
    def test_ctrl_c(self, bundle: Path, many: Path, tmp_path: Path) -> None:
        """All that was done is printed, whole and in order; then the program ends at once."""
        with _Terminal([_OARLOCK, "predict", str(bundle), str(many), "--json"], tmp_path / "out") as terminal:
            terminal.wait_for(lambda: terminal.output.count(b"\n") >= 30)
            terminal.press(b"\x03")
            assert terminal.wait(20) == 130
        lines = _lines(terminal.output.decode())
        assert 30 <= len(lines) < 3000
        assert [Path(line["file"]).name for line in lines] == [f"{number:04}.jpg" for number in range(len(lines))]
        assert "Traceback" not in terminal.shown
        assert f"Interrupted after {len(lines)} pictures.\r\n" in terminal.shown

    def test_progress(self, bundle: Path, many: Path, tmp_path: Path) -> None:
        with _Terminal([_OARLOCK, "predict", str(bundle), str(many), "--json"], tmp_path / "out") as terminal:
            terminal.wait_for(
                lambda: re.search(r"\r\x1b\[K\d+/3000 pictures, [\d.]+ a second, \d+ s left", terminal.shown)
            )
            terminal.press(b"\x03")
            assert terminal.wait(20) == 130
        # The line is gone before the sentence comes.
        assert re.search(r"\r\x1b\[K(\^C)?Interrupted after \d+ pictures\.\r\n$", terminal.shown)

    def test_results_and_progress_on_one_terminal(self, bundle: Path, many: Path) -> None:
        with _Terminal([_OARLOCK, "predict", str(bundle), str(many), "--top", "1"], None) as terminal:
            terminal.wait_for(lambda: terminal.shown.count("/3000 pictures") >= 2)
            terminal.press(b"\x03")
            assert terminal.wait(20) == 130
        for line in terminal.shown.split("\r\n"):
            printed = line.rpartition("\x1b[K")[2]
            if printed.startswith("/"):
                assert re.fullmatch(r"/\S+/\d{4}\.jpg  \(x86-fp32, [\d.]+ ms\)", printed)

    def test_a_picture_on_a_terminal(self, bundle: Path) -> None:
        with _Terminal([_OARLOCK, "predict", str(bundle), "-"], None) as terminal:
            assert terminal.wait(20) == 2
        assert "- is a picture on standard input, which is a terminal here" in terminal.shown


def test_reader_that_goes_away(bundle: Path, many: Path) -> None:
    command = [_OARLOCK, "predict", str(bundle), str(many), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(20) == 1
        assert child.stderr.read() == b""


def test_limit_of_pixels(bundle: Path, picture: Path) -> None:
    [line] = _lines(_predict(bundle, picture, "--json", "--max-pixels", "1000", status=1).stdout)
    assert line["error"]["code"] == "OAR-IMAGE-TOO-LARGE"
    assert "has 451 x 300 pixels, expected at most 1000" in line["error"]["message"]


def test_model_whose_every_answer_fails(build: Build, tmp_path: Path, picture: Path) -> None:
    bundle = make_bundle(build, tmp_path / "x.oar", variants={"x86-fp32": ("--marker", "fake_throw_run")})
    result = _predict(bundle, picture, picture, "--json", status=1)
    assert [line["error"]["code"] for line in _lines(result.stdout)] == ["OAR-ENGINE-FAILED"] * 2
    assert result.stderr == "Error: 2 of 2 pictures could not be classified\n"


class _Terminal:
    """A command on a terminal of its own; stdout goes to a file, unless that is None."""

    def __init__(self, command: list[str], stdout: Path | None) -> None:
        self.shown = ""
        self._file = stdout
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\0\x78\0\0\0\0\0")  # 24 rows, 120 columns

        def attach() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        target = os.dup(slave) if stdout is None else os.open(stdout, os.O_WRONLY | os.O_CREAT)
        self._child = subprocess.Popen(command, stdin=slave, stdout=target, stderr=slave, preexec_fn=attach)
        os.close(slave)
        os.close(target)

    @property
    def output(self) -> bytes:
        """What came on stdout."""
        assert self._file is not None
        return self._file.read_bytes()

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, condition: Any, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.shown
            self._read()

    def wait(self, seconds: float) -> int:
        end = time.monotonic() + seconds
        while (status := self._child.poll()) is None:
            assert time.monotonic() < end, f"it hangs: {self.shown}"
            self._read()
        while self._read():
            pass
        return status

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.02)[0]:
            return False
        try:
            text = os.read(self._master, 1 << 16)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += text.decode(errors="replace")
        return bool(text)

    def __enter__(self) -> _Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._master)
