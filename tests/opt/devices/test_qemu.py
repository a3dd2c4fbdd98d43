"""The place qemu: what it says when something is missing, and the program for ARM with a stand-in for Paddle Lite.

No library of Paddle Lite for ARM can be downloaded by the tests. Where something is run, it is the fake engine of
native/fake, built for ARM, which has the library's name and interface, and a formula instead of kernels.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oarlock import Bundle
from oarlock.errors import InvalidArgumentError
from oarlock_opt.devices import counting
from oarlock_opt.devices.endings import program_error
from oarlock_opt.devices.qemu import CPUS, Qemu, likely_instructions
from oarlock_opt.devices.remote import RemoteRunner
from oarlock_opt.errors import DeviceProgramError, UnfitError
from tests.conftest import ROOT
from tests.opt.devices.conftest import oarlock
from tests.py.helpers import Build, make_bundle
from tests.schemas import validate

_PRESETS = {"arm64": "armv8", "armv7": "armv7hf"}


def _verify(bundle: Path, *arguments: str | Path, status: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(oarlock("verify", bundle, "--json", *arguments, status=status).stdout)
    validate(data, "verify")
    return data


def _refusal(bundle: Path, *arguments: str | Path) -> str:
    data = _verify(bundle, *arguments, "--variant", "arm64-fp32", status=1)
    return str(data["variants"][0]["refusal"])


def test_without_paddle_lite(home: Path, bundle: Path, arm_program: Path) -> None:
    assert _refusal(bundle, "--on", "qemu", "--programs", arm_program) == (
        "Paddle Lite 2.12 for arm64 is not installed: download "
        "inference_lite_lib.armlinux.armv8.gcc.with_extra.with_cv.tar.gz of release v2.12 "
        "(github.com/PaddlePaddle/Paddle-Lite/releases), and run `oarlock lite install --target arm64 --archive FILE`"
    )


def test_without_the_program(home: Path, bundle: Path) -> None:
    words = _refusal(bundle, "--on", "qemu")
    assert words == (
        f"{home}/programs/arm64: holds no oarlock-classify for arm64; build it with `./build.sh native armv8`, or name "
        "its folder with --programs"
    )


def test_with_another_program(home: Path, bundle: Path, tmp_path: Path) -> None:
    shutil.copyfile(sys.executable, tmp_path / "oarlock-classify")
    refusal = _refusal(bundle, "--on", "qemu", "--programs", tmp_path)
    assert refusal.startswith(f"{tmp_path}/oarlock-classify: is no program for arm64; build it with")


def test_without_qemu(home: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (
        _refusal(bundle, "--on", "qemu") == "qemu: qemu-aarch64 is not installed here: sudo apt-get install qemu-user"
    )


def test_processors(build: Build, tmp_path: Path, home: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"qemu:cortex-a99 is no processor, expected one of: cortex-a53, "):
        Qemu("cortex-a99")
    bundle = Bundle.open(
        make_bundle(build, tmp_path / "b.oar", variants={"armv7-fp32": ("--target", "arm"), "x86-fp32": ()})
    )
    armv7, x86 = bundle.variants if bundle.variants[0].target == "armv7" else reversed(bundle.variants)
    refusal = Qemu("cortex-a53").refusal(bundle, armv7)
    assert refusal == "it is for armv7, and cortex-a53 is not; there are cortex-a7, cortex-a15, max"
    assert Qemu().refusal(bundle, x86) == "it is for x86, and qemu is for arm64 and armv7"


def test_an_instruction_that_is_lacking() -> None:
    for status in (-4, 132):
        error = program_error("qemu:cortex-a53", status, "", instructions=likely_instructions("cortex-a53", "fp16"))
        assert isinstance(error, DeviceProgramError)
        assert error.message == (
            "qemu:cortex-a53: met an instruction that this processor lacks (SIGILL): a cortex-a53 has none for "
            "arithmetic in fp16 (ARMv8.2, asimdhp), which cortex-a76 and max have, and a board with a cortex-a53 "
            "would stop here"
        )
    assert "dot products of bytes" in likely_instructions("cortex-a72", "int8")
    assert "a newer qemu may" in likely_instructions("max", "fp32")


def _program(path: Path, *instructions: int) -> Path:
    """A static program for arm64, of those instructions alone."""
    code = struct.pack(f"<{len(instructions)}I", *instructions)
    base, start = 0x400000, 64 + 56
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, base + start, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, start + len(code), start + len(code), 0x1000)
    path.write_bytes(header + segment + code)
    path.chmod(0o755)
    return path


def test_the_emulator_meets_it(tmp_path: Path) -> None:
    """The first instruction is fadd v0.8h, v0.8h, v0.8h, arithmetic in fp16; the others end with status 7."""
    program = _program(tmp_path / "program", 0x4E401400, 0xD28000E0, 0xD2800BA8, 0xD4000001)
    emulator = shutil.which("qemu-aarch64")
    assert emulator is not None, "qemu is missing: apt-get install qemu-user"
    expected = {"cortex-a53": "lacks (SIGILL): a cortex-a53 has none for arithmetic in fp16", "max": "(exit status 7)"}
    for cpu, words in expected.items():
        clause = likely_instructions(cpu, "fp16")
        with pytest.raises(DeviceProgramError, match=re.escape(words)):
            RemoteRunner(
                [emulator, "-cpu", cpu, str(program)],
                ending=lambda status, output, clause=clause: program_error("qemu", status, output, instructions=clause),
            )


@pytest.mark.parametrize(
    ("status", "output", "kind", "words"),
    [
        (127, "x: error while loading shared libraries: libgomp.so.1: cannot open shared object file: No such",
         UnfitError, "libgomp.so.1 is missing; install it there, on Debian with: sudo apt-get install libgomp1"),
        (1, "x: /lib/libc.so.6: version `GLIBC_2.34' not found (required by x)", UnfitError, "needs GLIBC_2.34"),
        (126, "sh: 1: ./oarlock-classify: Exec format error", UnfitError, "for another kind of processor"),
        (126, "sh: 1: ./oarlock-classify: Permission denied", UnfitError, "forbids programs (noexec)"),
        (137, "Killed", DeviceProgramError, "as the system does when memory is short"),
        (-11, "qemu: uncaught target signal 11 (Segmentation fault) - core dumped", DeviceProgramError,
         "oarlock-classify crashed (SIGSEGV)"),
        (134, "[F 11/24  4:42:34.485 /a/b.cc Build:645] Check failed: op: no Op found for silu", DeviceProgramError,
         "gave up (SIGABRT), saying: no Op found for silu"),
        (None, "", DeviceProgramError, "talks nonsense"),
    ],
)  # fmt: skip
def test_endings(status: int | None, output: str, kind: type[Exception], words: str) -> None:
    error = program_error("pi", status, output)
    assert type(error) is kind
    assert words in error.message


@pytest.fixture(scope="session", params=("arm64", "armv7"))
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _cross_build(target: str) -> Path:
    preset = _PRESETS[target]
    folder = Path(os.environ.get(f"OARLOCK_TEST_{preset.upper()}", ROOT / "build" / preset))
    if not (folder / "native" / "fake" / "liboarlock_fake_light.so").is_file():
        pytest.skip(f"{folder} is no cross build with tests: ./build.sh native {preset}")
    return folder


@pytest.fixture(scope="session")
def arm_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for --programs with a file that has an ELF header for arm64, and is nothing else."""
    folder = tmp_path_factory.mktemp("arm")
    header = bytearray(64)
    header[:20] = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00"
    header[20] = 1
    header[52:54] = (64).to_bytes(2, "little")
    header[58:60] = (64).to_bytes(2, "little")
    (folder / "oarlock-classify").write_bytes(bytes(header))
    return folder


@pytest.fixture
def emulated(target: str, home: Path, bundle: Path) -> tuple[str, Path]:
    """A variant's id, for ARM, and the folder of programs; the store's Paddle Lite for it is the fake engine."""
    folder = _cross_build(target)
    source = folder / "native" / "fake" / "liboarlock_fake_light.so"
    library = home / "lite" / "2.12" / target / "libpaddle_light_api_shared.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(source.read_bytes())
    facts = {"sha256": hashlib.sha256(library.read_bytes()).hexdigest(), "size": library.stat().st_size}
    engine = {"target": target, "version": "2.12", "library": library.name, **facts, "origin": "fake", "pinned": False}
    (library.parent / "engine.json").write_text(json.dumps({"engine": engine, "files": {library.name: facts}}))
    manifest = bundle / "bundle.json"
    manifest.write_text(manifest.read_text().replace("arm64-fp32", f"{target}-fp32").replace('"arm64"', f'"{target}"'))
    (bundle / "arm64-fp32.nb").rename(bundle / f"{target}-fp32.nb")
    return f"{target}-fp32", folder


@pytest.fixture
def emulated_programs(emulated: tuple[str, Path], target: str, home: Path) -> Path:
    """The programs in the store's home, with the libraries of arm_linux/toolchain.sh."""
    _, folder = emulated
    (home / "toolchains").symlink_to(Path.home() / ".cache" / "oarlock" / "toolchains")
    install = ["cmake", "--install", folder, "--component", "classify", "--prefix", home / "programs" / target]
    subprocess.run(install, check=True, capture_output=True)
    return home / "programs"


@pytest.mark.full
def test_verify_with_a_stand_in(emulated: tuple[str, Path], emulated_programs: Path, bundle: Path, target: str) -> None:
    variant, _ = emulated
    host = _verify(bundle, "--variant", "x86-fp32")
    for cpu in CPUS[target]:
        data = _verify(bundle, "--on", f"qemu:{cpu}", "--variant", variant)
        assert data["environment"]["processor"].startswith(f"{cpu}, emulated on ")
        assert data["environment"]["machine"] == {"arm64": "aarch64", "armv7": "armv7l"}[target]
        assert data["variants"][0]["goldens"]["preprocessing"] == host["variants"][0]["goldens"]["preprocessing"]
        assert data["variants"][0]["goldens"]["engine"]["ok"]


@pytest.mark.full
def test_bench_counts_instructions(emulated: tuple[str, Path], emulated_programs: Path, bundle: Path) -> None:
    variant, _ = emulated
    arguments = ("bench", bundle, "--on", "qemu", "--variant", variant, "--json")
    first, second = (json.loads(oarlock(*arguments).stdout) for _ in range(2))
    validate(first, "bench")
    assert first["place"] == "qemu"
    [run] = first["runs"]
    assert run["p50_ms"] is None
    # One run of the fake engine: 192 numbers are summed up, sixteen at a time, for ten classes; and the way there.
    assert 10_000 < run["instructions"] < 5_000_000
    assert second["runs"][0]["instructions"] == pytest.approx(run["instructions"], rel=0.05)
    assert "the instructions of one run" in first["remarks"][0]


@pytest.mark.full
def test_bench_without_the_plugin(
    emulated: tuple[str, Path], emulated_programs: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant, _ = emulated
    none = tmp_path / "none.so"
    none.write_bytes(b"")
    for plugin in (None, none):
        monkeypatch.setattr(counting, "_plugin", lambda plugin=plugin: plugin)
        data = json.loads(oarlock("bench", bundle, "--on", "qemu", "--variant", variant, "--json").stdout)
        validate(data, "bench")
        assert data["runs"][0]["instructions"] is None
        assert "instructions could not be counted" in data["remarks"][0]
