"""oarlock-classify as a program: where it finds Paddle Lite, how it ends, what it says of the machine."""

from __future__ import annotations

import json
import platform
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import oarlock

from ..conftest import ROOT, SmallDisk
from ..py.helpers import Build
from ..schemas import validate
from .conftest import Program

# The core remembers no file that was changed a moment ago.
_SETTLED = 3.5


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    return path


def test_help_and_version(program: Program) -> None:
    text = program.run("--help").stdout
    assert text.startswith("Usage: oarlock-classify [OPTIONS] BUNDLE [PICTURE...]\n")
    assert max(map(len, text.splitlines())) <= 120
    assert program.run("-h").stdout == text
    assert program.run("--version").stdout == f"oarlock-classify {oarlock.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--unknown"], "no option is called --unknown"),
        (["b.oar", "p.png", "--top"], "--top needs a value"),
        (["b.oar", "--selftest", "--bench"], "--selftest and --bench exclude each other"),
        (["b.oar", "--selftest", "p.png"], "'p.png' is one argument too many"),
        (["b.oar", "p.png", "--runs", "3"], "--runs is for --bench"),
        (["b.oar", "p.png", "--threads", "1,2"], "--threads is '1,2', expected a whole number from 1 to 64"),
        (["b.oar", "--bench", "--threads", "1,0"], "--threads is '0', expected a whole number from 1 to 64"),
        (["b.oar", "--selftest", "--limit", "-1"], "--limit is '-1', expected a number above 0"),
        (["b.oar", "p.png", "--power", "most"], "--power is 'most', expected one of: high, low, full, none, rand-high"),
        (["b.oar", "--raw", "rgb:8x8"], "--raw takes its frames from one file, pipe or -"),
        (["b.oar", "--selftest", "--all", "--variant", "x86-fp32"], "--variant and --all exclude each other"),
    ],
)
def test_a_wrong_command_line_is_told_in_a_sentence(program: Program, arguments: list[str], sentence: str) -> None:
    done = program.run(*arguments, status=2)
    assert done.stdout == ""
    assert f"\nError: {sentence}" in done.stderr


def test_every_code_is_on_the_page_of_errors() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "arm_linux" / "src").rglob("*.cc")]
    codes = {code for source in sources for code in re.findall(r'"(OAR-[A-Z-]+)"', source)}
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []


# ---- The machine


def test_facts(program: Program, build: Build) -> None:
    facts = json.loads(program.run("--facts").stdout)
    validate(facts, "facts")
    assert facts["machine"] == platform.machine()
    assert facts["oarlock"] == oarlock.__version__
    assert 0 < facts["memory_available"] < 1 << 50
    assert facts["engine"]["version"] == "2.12"
    assert Path(facts["engine"]["path"]).samefile(Path(program.environment["OARLOCK_HOME"]) / "lite/2.12/x86/lite.so")
    flags = next(line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "flags" in line)
    assert ("avx2" in facts["features"]) == ("avx2" in flags.split())


def test_facts_without_an_engine(program: Program, tmp_path: Path) -> None:
    facts = json.loads(program.run("--facts", env={**program.environment, "OARLOCK_HOME": str(tmp_path)}).stdout)
    validate(facts, "facts")
    assert facts["engine"] is None
    assert facts["problem"]["code"] == "OAR-ENGINE-NOT-INSTALLED"


# ---- Where Paddle Lite is


@pytest.fixture
def copied(program: Program, tmp_path: Path) -> Program:
    """The program in a folder of its own, with an empty store."""
    folder = tmp_path / "board"
    folder.mkdir()
    for path in (program.path, *program.path.parent.glob("liboarlock_lite_*.so")):
        shutil.copy(path, folder)
    for path in program.path.parent.glob("liboarlock_python_symbols.so"):
        shutil.copy(path, folder)
    return Program(folder / program.path.name, tmp_path / "no-home")


@pytest.mark.parametrize("place", ["beside", "lib", "option", "folder", "archive", "variable"])
def test_the_engine_is_found(
    copied: Program, build: Build, bundle: Path, picture: Path, tmp_path: Path, place: str
) -> None:
    library = build.fake_engine.with_name("liboarlock_fake_light.so")
    name = "libpaddle_light_api_shared.so"
    board = copied.path.parent
    elsewhere = tmp_path / "elsewhere"
    target = {"beside": board, "lib": board / "lib", "archive": elsewhere / "cxx" / "lib"}.get(place, elsewhere)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(library, target / name)
    environment, options = copied.environment, []
    if place == "variable":
        environment = {**environment, "OARLOCK_ENGINE": str(elsewhere)}
    elif place == "option":
        options = ["--engine", elsewhere / name]
    elif place in ("folder", "archive"):
        options = ["--engine", elsewhere]
    # From another folder and by a name that is no path: what lies beside the program is found all the same.
    done = subprocess.run(
        ["nonsense", bundle, picture, "--json", *options],
        executable=copied.path,
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env=environment,
    )
    assert len(json.loads(done.stdout)["top"]) == 5


def test_no_engine_says_where_it_was_looked_for(copied: Program, bundle: Path, picture: Path) -> None:
    done = copied.run(bundle, picture, "--json", status=1)
    failure = json.loads(done.stdout)
    validate(failure, "failure")
    assert failure["error"]["code"] == "OAR-ENGINE-NOT-INSTALLED"
    assert "libpaddle_light_api_shared.so" in failure["error"]["message"]
    assert "`oarlock lite install`" in failure["error"]["message"]


def test_a_folder_without_a_library(program: Program, bundle: Path, picture: Path, tmp_path: Path) -> None:
    done = program.run(bundle, picture, "--json", "--engine", tmp_path, status=1)
    assert json.loads(done.stdout)["error"]["code"] == "OAR-NOT-FOUND"


# ---- Its ends


@pytest.mark.parametrize(
    ("failure", "signal_name"),
    [("fake_abort_create", "SIGABRT"), ("fake_abort_run", "SIGABRT"), ("fake_crash_run", "SIGSEGV")],
)
def test_a_crash_of_the_engine_is_a_sentence(
    program: Program, bundle: Path, picture: Path, failure: str, signal_name: str
) -> None:
    environment = {**program.environment, "OARLOCK_FAKE_FAILURE": failure}
    done = program.run(bundle, picture, "--json", status=1, env=environment)
    told = json.loads(done.stdout)
    validate(told, "failure")
    assert told["error"]["code"] == "OAR-ENGINE-CRASHED"
    assert f"({signal_name})" in told["error"]["message"]
    assert f"Error: {told['error']['message']}\n" in done.stderr


def test_scores_that_are_no_numbers(program: Program, bundle: Path, picture: Path) -> None:
    environment = {**program.environment, "OARLOCK_FAKE_FAILURE": "fake_nan"}
    done = program.run(bundle, picture, "--json", status=1, env=environment)
    line = json.loads(done.stdout)
    validate(line, "predict")
    assert line["error"]["code"] == "OAR-NOT-FINITE"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_between_pictures(
    program: Program, bundle: Path, picture: Path, number: signal.Signals, status: int
) -> None:
    command = [program.path, bundle, *[picture.name] * 20_000, "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=picture.parent,
        env=program.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(number)
        lines = [first, *process.stdout]
        errors = process.stderr.read()
    for line in lines:
        validate(json.loads(line), "predict")
    assert process.returncode == status
    assert errors == f"Interrupted after {len(lines)} picture{'' if len(lines) == 1 else 's'}.\n"


@pytest.mark.parametrize("arguments", [["-"], ["--serve"]])
def test_a_signal_ends_the_wait_for_input(program: Program, bundle: Path, arguments: list[str]) -> None:
    command = [program.path, bundle, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=program.environment
    ) as process:
        while Path(f"/proc/{process.pid}/wchan").read_text(encoding="ascii") not in (
            "pipe_read",
            "anon_pipe_read",
            "0",
        ):
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_reader_that_goes_away_is_no_failure_to_talk_about(program: Program, bundle: Path, picture: Path) -> None:
    command = [program.path, bundle, *[picture] * 2000, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


def test_a_full_disk_is_told(program: Program, bundle: Path, picture: Path, small_disk: SmallDisk) -> None:
    with (small_disk(16) / "out").open("wb") as out:
        command = [program.path, bundle, *[picture] * 200, "--json"]
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, text=True, check=False, env=program.environment
        )
    assert done.returncode == 1
    assert done.stderr == "Error: standard output: cannot be written: No space left on device\n"


def test_what_was_checked_is_remembered_where_python_looks(
    program: Program, bundle: Path, picture: Path, tmp_path: Path
) -> None:
    time.sleep(_SETTLED)
    home = tmp_path / "cache" / "home"
    environment = {**program.environment, "OARLOCK_HOME": str(home)}
    engine = Path(program.environment["OARLOCK_HOME"]) / "lite/2.12/x86/lite.so"
    program.run(bundle, picture, "--engine", engine, env=environment)
    assert [path.name for path in home.iterdir()] == ["verified"]
