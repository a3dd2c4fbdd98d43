"""Paddle Lite's optimiser in its worker: right results, equal bytes, and every way in which it can die."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import oarlock_opt
from oarlock import nb, store
from oarlock.store import Engine
from oarlock_opt import errors
from oarlock_opt.importer import legacy, passes
from oarlock_opt.lite.targets import Recipe, Variant, select
from oarlock_opt.lite.worker import Optimized, optimize, worker_program
from oarlock_opt.source import open_source
from tests.conftest import SmallDisk
from tests.opt.conftest import drop_scale, rename_swish

Copy = Callable[..., Path]


@pytest.fixture(scope="session")
def lite(engine: Path) -> Engine:
    """The engine as the store describes it."""
    return store.find("x86")


@pytest.fixture
def repaired(copy: Copy) -> Callable[..., tuple[Path, Path]]:
    """Program and parameters of the classifier of digits, repaired and then changed."""

    def make(change: Callable[[Any], None] | None = None) -> tuple[Path, Path]:
        model = open_source(copy("digits"))
        passes.run(model.graph)
        files = legacy.write(model.graph, model.folder)
        assert files.params is not None
        if change is not None:
            program = legacy.read_program(files.program)
            for op in program.blocks[0].ops:
                change(op)
            files.program.write_bytes(program.SerializeToString())
        return files.program, files.params

    return make


def _variants(*targets: str) -> tuple[Variant, ...]:
    return select(targets, ["fp32"])[0]


def _optimize(files: tuple[Path, Path], lite: Engine, folder: Path, *targets: str, **options: Any) -> list[Optimized]:
    folder.mkdir()
    return optimize(*files, _variants(*(targets or ("x86",))), engine=lite, folder=folder, **options)


Repaired = Callable[..., tuple[Path, Path]]


def test_makes_every_variant(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    runs: list[Sequence[Variant]] = []
    ended: list[Sequence[Variant]] = []
    made = _optimize(
        repaired(), lite, tmp_path / "work", "armv7", "x86", "arm64",
        on_start=runs.append, on_end=lambda variants, seconds: ended.append(variants),
    )  # fmt: skip
    assert [it.variant.id for it in made] == ["x86-fp32", "arm64-fp32", "armv7-fp32"]
    assert made[1].path == made[2].path, "one run of the optimiser serves both"
    assert sorted(map(len, runs)) == sorted(map(len, ended)) == [1, 2]
    assert made[0].description["targets"] == ["host", "x86"]
    assert made[1].description["targets"] == ["arm", "host"]
    assert made[0].description == nb.describe(made[0].path)
    assert made[0].description["version"] == lite.version


def test_equal_bytes_wherever_the_files_lie(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    program, params = repaired()
    elsewhere = tmp_path / "a" / "much-longer" / "path"
    elsewhere.mkdir(parents=True)
    other = (elsewhere / "p", elsewhere / "w")
    other[0].write_bytes(program.read_bytes())
    other[1].write_bytes(params.read_bytes())
    first = _optimize((program, params), lite, tmp_path / "one", "x86", "arm64")
    second = _optimize(other, lite, tmp_path / "two", "x86", "arm64")
    for one, two in zip(first, second, strict=True):
        content = one.path.read_bytes()
        assert content == two.path.read_bytes()
        assert content[2:18] == b"v2.12".ljust(16, b"\0")
        assert str(tmp_path).encode() not in content


def test_weight_only_quantisation_shrinks_the_file(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    (plain,) = _variants("arm64")
    sizes = {}
    for bits in (0, 8, 16):
        folder = tmp_path / str(bits)
        folder.mkdir()
        variant = dataclasses.replace(plain, recipe=Recipe(plain.recipe.places, bits))
        (made,) = optimize(*repaired_once(repaired, tmp_path), [variant], engine=lite, folder=folder)
        sizes[bits] = made.path.stat().st_size
    assert sizes[8] < sizes[16] < sizes[0]


def repaired_once(repaired: Repaired, tmp_path: Path) -> tuple[Path, Path]:
    files = (tmp_path / "digits" / "model.pdmodel", tmp_path / "digits" / "model.pdiparams")
    return files if files[0].exists() else repaired()


# ---- Every way to die --------------------------------------------------------------------------------------------


def _fails(
    error: type[errors.OptimizerError], files: tuple[Path, Path], lite: Engine, folder: Path, **options: Any
) -> errors.OptimizerError:
    with pytest.raises(error) as caught:
        _optimize(files, lite, folder, **options)
    assert caught.value.code == error.default_code
    assert caught.value.message.endswith("."), "a message is a sentence"
    assert str(folder) not in caught.value.message, "the temporary folder is nobody's business"
    return caught.value


@pytest.mark.parametrize(
    ("op_type", "said", "advice"),
    [
        ("silu", "no Op found for silu", "has no operator silu"),
        ("erf", "No kernels found for erf", "cannot run the operator erf on this target"),
        ("mish", "No attributes called threshold found for mish", "lacks the attribute threshold"),
    ],
)
def test_an_abort_tells_what_paddle_lite_said(
    repaired: Repaired, lite: Engine, tmp_path: Path, op_type: str, said: str, advice: str
) -> None:
    files = repaired(rename_swish(op_type))
    error = _fails(errors.OptimizerAbortedError, files, lite, tmp_path / "work")
    assert error.message.startswith(f"x86-fp32: Paddle Lite 2.12's optimiser gave up: {said}. ")
    assert advice in error.message
    assert "[F" in error.output


def test_an_abort_without_a_text_tells_the_condition(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    def drop_filter(op: Any) -> None:
        if op.type == "conv2d":
            del op.inputs[0]

    error = _fails(errors.OptimizerAbortedError, repaired(drop_filter), lite, tmp_path / "work")
    assert "gave up: Check failed: it != inputs_.end(). " in error.message


def test_a_crash(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    error = _fails(errors.OptimizerCrashedError, repaired(drop_scale), lite, tmp_path / "work")
    assert "crashed (SIGSEGV)" in error.message
    assert not list(tmp_path.rglob("core*")), "no core file"


def test_the_time_limit(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    error = _fails(errors.OptimizerTimeoutError, repaired(), lite, tmp_path / "work", timeout=0.001)
    assert "was stopped after 0.001 s. Give it longer with --timeout" in error.message


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_from_outside(repaired: Repaired, lite: Engine, tmp_path: Path, number: signal.Signals) -> None:
    stopped = _script(tmp_path, 'kill -STOP $$; exec "$WORKER" "$@"')
    killer = threading.Thread(target=_kill_when_stopped, args=(stopped, number))
    killer.start()
    error = _fails(errors.OptimizerKilledError, repaired(), lite, tmp_path / "work", program=stopped)
    killer.join()
    assert f"was ended from outside ({number.name})" in error.message


def _kill_when_stopped(program: Path, number: signal.Signals) -> None:
    """Wait for a process of ours that runs ``program`` and has stopped, and send it a signal."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if str(program).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                    state = (folder / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
                    if state == "T":
                        os.kill(int(folder.name), number)
                        os.kill(int(folder.name), signal.SIGCONT)
                        return
            except (OSError, ProcessLookupError):
                continue
        time.sleep(0.01)


def test_too_little_memory(models: Path, lite: Engine, tmp_path: Path) -> None:
    """The address space holds the engine, but not 20 MB of parameters as well."""
    files = (models / "heavy" / "inference.pdmodel", models / "heavy" / "inference.pdiparams")
    limited = _script(tmp_path, 'ulimit -v 180000; exec "$WORKER" "$@"')
    error = _fails(errors.OptimizerMemoryError, files, lite, tmp_path / "work", program=limited)
    assert "ran out of memory (Error occurred in TargetWrapper::Malloc period: no enough for mallocing" in error.message


def test_too_little_memory_for_the_engine_itself(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    limited = _script(tmp_path, 'ulimit -v 30000; exec "$WORKER" "$@"')
    error = _fails(errors.OptimizerUnavailableError, repaired(), lite, tmp_path / "work", program=limited)
    assert "failed to map segment" in error.message


def test_an_output_folder_that_cannot_be_written(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    # The tests may run as root, to whom every folder is writable: this one vanishes instead.
    vanishing = _script(tmp_path, f'rmdir {tmp_path}/work/x86-fp32; exec "$WORKER" "$@"')
    error = _fails(errors.OptimizerOutputError, repaired(), lite, tmp_path / "work", program=vanishing)
    assert f"{tmp_path}: the optimised model could not be written" in error.message


@pytest.mark.parametrize("free", [0, 3000, 8000])
def test_a_full_disk(repaired: Repaired, lite: Engine, small_disk: SmallDisk, free: int) -> None:
    """The engine notices when a write fails, but not when closing the file does; both end in the same sentence."""
    disk = small_disk(2048)
    files = repaired()
    work = disk / "work"
    work.mkdir()
    room = os.statvfs(disk)
    # A page of the file system for the folder of the run, and `free` bytes for its file.
    (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - 4096 * (-(-free // 4096))))
    with pytest.raises(errors.OptimizerOutputError) as caught:
        optimize(*files, _variants("x86"), engine=lite, folder=work)
    assert f"{disk}: the optimised model could not be written, the disk is full." in caught.value.message


@pytest.mark.parametrize(
    ("library", "said"),
    [
        ("/nowhere/lite.so", "cannot open shared object file"),
        ("/proc/version", ""),
        ("libc.so.6", "liblite_pybind.so: cannot open shared object file"),
    ],
)
def test_an_engine_that_is_none(repaired: Repaired, lite: Engine, tmp_path: Path, library: str, said: str) -> None:
    broken = dataclasses.replace(lite, library=Path(library))
    error = _fails(errors.OptimizerUnavailableError, repaired(), broken, tmp_path / "work")
    assert error.message.startswith(f"{library}: cannot be used as Paddle Lite 2.12's full library for x86: ")
    assert said in error.message
    assert "`oarlock lite install`" in error.message


def test_an_engine_without_its_libraries(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    library = tmp_path / "lite" / "lite.so"
    (library.parent / "libs").mkdir(parents=True)
    for source in (lite.library, lite.library.parent / "libs" / "libiomp5.so"):
        copied = library.parent / source.relative_to(lite.library.parent)
        copied.write_bytes(source.read_bytes())
    error = _fails(
        errors.OptimizerUnavailableError, repaired(), dataclasses.replace(lite, library=library), tmp_path / "work"
    )
    assert f"{library}: cannot load libmklml_intel.so" in error.message


def test_an_engine_of_another_version(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    other = dataclasses.replace(lite, version="2.11")
    error = _fails(errors.OptimizerUnavailableError, repaired(), other, tmp_path / "work")
    assert f"{lite.library}: cannot be used" in error.message
    assert "it says that it is v2.12, expected v2.11" in error.message
    assert "`oarlock lite install --version 2.11`" in error.message


def test_an_engine_of_another_layout(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    other = dataclasses.replace(lite, version="2.14rc0")
    error = _fails(errors.OptimizerUnavailableError, repaired(), other, tmp_path / "work")
    assert "its ConfigBase has 480 bytes, expected 528" in error.message


def test_a_result_of_another_version(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    # The worker makes it with 2.12 whatever it is told.
    program = _script(tmp_path, 'exec "$WORKER" $(echo "$*" | sed "s/2[.]11/2.12/g")')
    other = dataclasses.replace(lite, version="2.11")
    error = _fails(errors.OptimizerUnavailableError, repaired(), other, tmp_path / "work", program=program)
    assert "wrote a model of Paddle Lite 2.12, expected 2.11" in error.message


def test_no_result(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    error = _fails(
        errors.OptimizerOutputError, repaired(), lite, tmp_path / "work", program=_script(tmp_path, "exit 0")
    )
    assert error.message == "x86-fp32: the optimiser ended without an error and without a file."


def test_a_result_that_is_none(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    for content in ("short", "long enough to hold a version but no NUL"):
        program = _script(tmp_path, f"printf '{content}' > {tmp_path}/work-{len(content)}/x86-fp32/model.nb")
        error = _fails(
            errors.OptimizerOutputError, repaired_once(repaired, tmp_path), lite, tmp_path / f"work-{len(content)}",
            program=program,
        )  # fmt: skip
        assert error.message.startswith("x86-fp32: what the optimiser has written is not sound")
        assert "model.nb: " in error.message


def test_a_failure_stops_the_others(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    program = _script(tmp_path, f'case "$*" in *x86-fp32*) exit 5;; esac; echo $$ > {tmp_path}/pid; exec sleep 60')
    start = time.monotonic()
    with pytest.raises(errors.OptimizerAbortedError, match="gave up: status 5"):
        _optimize(repaired(), lite, tmp_path / "work", "x86", "arm64", program=program)
    assert time.monotonic() - start < 30


def test_a_missing_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oarlock_opt, "__path__", ["/nowhere"])
    with pytest.raises(errors.OptimizerUnavailableError, match="the optimiser's worker is missing"):
        worker_program()


def test_a_worker_that_cannot_start(repaired: Repaired, lite: Engine, tmp_path: Path) -> None:
    program = tmp_path / "for-another-machine"
    program.write_bytes(b"\x7fELF and nothing more")
    program.chmod(0o755)
    error = _fails(errors.OptimizerUnavailableError, repaired(), lite, tmp_path / "work", program=program)
    assert error.message.startswith(f"{program}: cannot be started (Exec format error). It runs on Linux on x86-64")


def _script(folder: Path, text: str) -> Path:
    """A program that stands in for the worker, which it knows as $WORKER."""
    path = folder / "stand-in"
    path.write_text(f"#!/bin/sh\nWORKER={worker_program()}\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


# ---- The worker's program -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--engine: is missing"),
        (["--engine"], "--engine: has no value"),
        (["--wheel", "x"], "--wheel: no such option"),
        (["--places", "4/1"], "--places: '4/1', expected target/precision/layout"),
        (["--places", "4/1/x"], "--places: 'x' is no number"),
        (["--places", ""], "--places: '', expected"),
        (["--weight-bits", "4"], "--weight-bits: 4, expected 8 or 16"),
    ],
)
def test_the_workers_usage(arguments: list[str], said: str) -> None:
    done = subprocess.run([str(worker_program()), *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "usage: oarlock-lite-optimizer" in done.stderr
