"""The check of what is built for boards, on libraries made here to break each of its rules."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ...conftest import ROOT

CHECK = ROOT / "arm_linux" / "check_binary.py"


def check(*arguments: str | Path) -> tuple[int, str, str]:
    done = subprocess.run([CHECK, *arguments], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def compile_library(folder: Path, code: str, *options: str) -> Path:
    source, library = folder / "it.c", folder / "it.so"
    source.write_text(code)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, *options], check=True)
    return library


def test_a_library_that_asks_for_little_passes(tmp_path: Path) -> None:
    library = compile_library(tmp_path, "#include <stdlib.h>\nvoid f(void) { abort(); }", "-s")
    status, output, complaints = check("--max-kb", "600", library)
    assert (status, complaints) == (0, "")
    assert "X86-64" in output
    assert "GLIBC_2.2.5; libc.so.6" in output


def test_a_newer_symbol_is_named(tmp_path: Path) -> None:
    # A definition of our own, so that the test does not depend on the age of this machine's glibc.
    (tmp_path / "new.map").write_text("GLIBC_2.34 { global: newer; };\n")
    new = tmp_path / "new.c"
    new.write_text("void newer(void) {}")
    provider = tmp_path / "libm.so.6"
    options = ["-Wl,-soname,libm.so.6", f"-Wl,--version-script={tmp_path / 'new.map'}"]
    subprocess.run(["cc", "-shared", "-fPIC", "-o", provider, new, *options], check=True)
    library = compile_library(tmp_path, "void newer(void);\nvoid f(void) { newer(); }", str(provider))
    status, _, complaints = check(library)
    assert status == 1
    assert "needs GLIBC_2.34, where the baseline has 2.31" in complaints
    assert check("--glibc", "2.36", library)[0] == 0


def test_a_library_that_boards_need_not_have_is_named(tmp_path: Path) -> None:
    other = compile_library(tmp_path, "void other(void) {}", "-Wl,-soname,libother.so.1").rename(
        tmp_path / "libother.so"
    )
    library = compile_library(tmp_path, "void other(void);\nvoid f(void) { other(); }", str(other))
    status, _, complaints = check(library)
    assert status == 1
    assert "needs libother.so.1, which boards need not have" in complaints


def test_size_means_stripped_size(tmp_path: Path) -> None:
    library = compile_library(tmp_path, "char big[100000] = {1};")
    assert "is not stripped" in check("--max-kb", "600", library)[2]
    subprocess.run(["strip", library], check=True)
    assert check("--max-kb", "600", library)[0] == 0
    status, _, complaints = check("--max-kb", "100", library)
    assert status == 1
    assert "expected at most 100 kB" in complaints


def test_the_processor_is_checked(tmp_path: Path) -> None:
    status, _, complaints = check("--machine", "AArch64", compile_library(tmp_path, "int x;"))
    assert status == 1
    assert "expected AArch64" in complaints


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF"])
def test_another_file_gets_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    status, _, complaints = check(path)
    assert status == 1
    assert f"{path}: is no program or library" in complaints
    assert check(tmp_path / "nowhere")[0] == 1
